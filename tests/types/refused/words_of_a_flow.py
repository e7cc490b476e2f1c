"""Words that no flow and no configuration has."""

from typing import ClassVar

from ivr.config.settings import QueueSettings
from ivr.flow.model import Ask, HandlerSpec, Name, Sentence, Slot, Step, StepKind, Text, Ticket

QUESTION = Text({"en": Sentence(("Your number?",))})

Slot("amount", "moeny")  # refused: arg-type
Slot("amount", "money")
Ask(name="number", ask=QUESTION, as_="dgits")  # refused: arg-type
Ticket(name="open", ticket=Name("refund"), priority="higher")  # refused: arg-type
QueueSettings(priority="highest")  # refused: arg-type
HandlerSpec("refund", takes={"reference": "number of a case"})  # refused: dict-item


class Pause(Step):
    kind: ClassVar[StepKind] = "pause"  # refused: assignment
    group = "speaks"  # refused: assignment
