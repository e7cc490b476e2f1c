"""What the checker and the explorer know of a step, by its kind: a case for each.

What is the same for every step of a kind stands in its class in `ivr.flow.steps`; here stands what follows from the
words that its author has written.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, assert_never

from ivr.flow import model
from ivr.flow.issues import Place
from ivr.flow.model import HandlerSpec

VERIFIED = "(verified)"
"""Set like a value once the caller is identified. No value can have this name."""

KIND_OF_ANSWER: Mapping[model.AnswerKind, model.ValueKind] = {
    "digits": "digits", "phone": "phone", "account": "account", "amount": "money", "date": "date", "time": "time",
    "reference": "reference", "tail": "tail", "words": "words",
}  # fmt: skip
"""The kind of value that an answer is kept as. A yes or no is not kept."""


class Pace(IntEnum):
    """What has to happen before the call takes a way."""

    AT_ONCE = 0
    UNASKED = 1  # the caller could have done something, and did nothing
    BY_CALLER = 2  # the caller did something, or a person did


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a value by a step, besides the texts it says."""

    name: str
    place: Place
    slot_kind: model.ValueKind | Literal[""] = ""
    """The kind that is written in the sentence."""
    wanted: model.ValueKind | Literal[""] = ""
    """The kind that the place asks for."""
    needed: bool = False
    """Whether it must be set."""
    decides: bool = True
    """Whether the explorer tells calls apart in which it is set from those in which it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """What follows from the words of one step. The defaults are those of a step that does its work and goes on."""

    outcomes: tuple[str, ...] | None
    """All outcomes it can have, keys included; None where nobody can know: an unknown handler, any value."""
    pace: Pace = Pace.AT_ONCE
    paces: Mapping[str, Pace] = field(default_factory=dict)
    """The outcomes that are taken at another pace. A way by a key is always the caller's."""
    sets: Mapping[str, Mapping[str, model.ValueKind]] = field(default_factory=dict)
    """By outcome, the values that are surely set then, kinds by name."""
    uses: tuple[Use, ...] = ()
    """The values it looks at or hands over, besides those that it says."""
    keys: frozenset[str] | None = None
    """The keys that do something in it; None where it does not listen."""
    reads_world: bool = False
    """Whether entering it looks at the time, at notices or at who is there, so that circumstances change it."""

    def pace_of(self, outcome: str) -> Pace:
        return Pace.BY_CALLER if model.key_sign(outcome) else self.paces.get(outcome, self.pace)


def step_facts(
    step: model.AnyStep, handlers: Mapping[str, HandlerSpec], flows: Mapping[str, model.Flow]
) -> StepFacts:  # fmt: skip
    """`handlers` and `flows` are all there are, by name; the step may name others."""
    match step:
        case model.Say() | model.Play() | model.Hangup():
            return StepFacts(outcomes=step.outcomes)
        case model.Notices():
            area = (Use(name=step.area, place=place_of(step, "area")),) if step.area else ()
            return StepFacts(outcomes=step.outcomes, uses=area, reads_world=True)
        case model.Menu():
            keys = tuple(dict.fromkeys((*(choice.key for choice in step.choices), *step.keys)))
            return StepFacts(
                outcomes=(*map(model.key_outcome, keys), *step.outcomes), pace=Pace.BY_CALLER,
                paces={"exhausted": Pace.UNASKED}, keys=frozenset(keys),
            )  # fmt: skip
        case model.Ask():
            return _of_question(step)
        case model.Survey():
            return StepFacts(
                outcomes=_with_keys(step), paces={"next": Pace.UNASKED},
                keys=frozenset((*map(str, range(1, step.scale + 1)), *step.keys)),
            )  # fmt: skip
        case model.Identify():
            return StepFacts(
                outcomes=_with_keys(step),
                paces={"unverified": Pace.UNASKED},  # at once otherwise: one who is verified passes unasked
                sets={"verified": _OF_VERIFIED},
                # It decides whether the account is asked for; to tell such calls apart makes twice as many to explore.
                uses=(Use(name=step.stated, place=place_of(step, "stated"), decides=False),) if step.stated else (),
                keys=frozenset(("*", "#", *step.keys)),
            )
        case model.Hours():
            sets = {outcome: _OF_OPEN if outcome == "open" else _OF_CLOSED for outcome in step.outcomes}
            return StepFacts(outcomes=step.outcomes, sets=sets, reads_world=True)
        case model.Choose():
            looked_at = () if step.choose == model.NOW else (Use(name=step.choose, place=place_of(step, "choose")),)
            return StepFacts(outcomes=None, uses=looked_at)
        case model.Handle():
            return _of_handler(step, handlers.get(step.handle))
        case model.Run():
            return StepFacts(outcomes=flows[step.run].outcomes if step.run in flows else None, pace=Pace.BY_CALLER)
        case model.Ticket():
            about = (
                Use(name=name, place=place_of(step, f"about.{index}"), decides=False)
                for index, name in enumerate(step.about)
            )
            sets = {"next": {step.into: "reference", "answer_by": "date"}}
            uses = (*about, *_handed_over(step.days, "number", decides=False))
            return StepFacts(outcomes=step.outcomes, sets=sets, uses=uses)
        case model.Sms():
            to = Use(name=step.to.strip("{}"), place=place_of(step, "to"), wanted="phone")
            return StepFacts(outcomes=step.outcomes, uses=(to,) if step.to.startswith("{") else ())
        case model.Queue():
            by_caller = dict.fromkeys(("answered", "left", "timeout"), Pace.BY_CALLER)
            working = frozenset(filter(None, (step.leave, *step.keys)))
            return StepFacts(outcomes=_with_keys(step), paces=by_caller, keys=working, reads_world=True)
        case model.Transfer():
            return StepFacts(outcomes=step.outcomes, paces={"answered": Pace.BY_CALLER})
        case model.Callback():
            return StepFacts(
                outcomes=step.outcomes, sets={"booked": {"callback_at": "datetime"}},
                uses=(*_handed_over(step.number, "phone"), *_handed_over(step.at, "time")), reads_world=True,
            )  # fmt: skip
        case model.Voicemail():
            return StepFacts(
                outcomes=_with_keys(step), pace=Pace.BY_CALLER, paces={"empty": Pace.UNASKED},
                sets={"recorded": {step.into: "words"}}, keys=frozenset(("#", *step.keys)),
            )  # fmt: skip
        case _:
            assert_never(step)


def place_of(owner: model.Step | model.Flow, path: str) -> Place:
    """The place of a field, or else of what it belongs to: `on.open`, then `on`, then the step itself."""
    while path:
        if path in owner.places:
            return owner.places[path]
        path = path.rpartition(".")[0]
    return owner.place


_OF_OPEN: Mapping[str, model.ValueKind] = {"next_opening": "datetime"}
_OF_CLOSED: Mapping[str, model.ValueKind] = {"next_opening": "datetime", "closed_for": "words"}
_OF_WAITING = frozenset(("position",))
_OF_VERIFIED: Mapping[str, model.ValueKind] = {
    "customer": "name", "account": "account", "registered_phone": "phone", VERIFIED: "words",
}  # fmt: skip


def given_to(step: model.Step, text: model.Text) -> Container[str]:
    """The values that a step sets itself before it says one of its texts: nothing before it needs to set them."""
    if isinstance(step, model.Queue) and text is step.hold:
        return _OF_WAITING
    return _OF_CLOSED if isinstance(step, model.Ask) and text is step.closed else ()


def _with_keys(step: model.Ask | model.Identify | model.Survey | model.Queue | model.Voicemail) -> tuple[str, ...]:
    return (*step.outcomes, *map(model.key_outcome, step.keys))


def _of_question(step: model.Ask) -> StepFacts:
    if step.as_ == "yes-no":
        outcomes = ("yes", "no", "exhausted", *map(model.key_outcome, step.keys))
        keys = {"1", "2", *step.keys}
    else:
        outcomes = _with_keys(step)
        keys = set(step.keys) | ({"*"} if step.as_ in ("amount", "account", "phone") else set())
        keys |= set("0123456789") if step.least <= 1 else set()
        keys |= {"#"} if step.least != step.most else set()
    kept = KIND_OF_ANSWER.get(step.as_)
    return StepFacts(
        outcomes=outcomes, pace=Pace.BY_CALLER, paces={"exhausted": Pace.UNASKED},
        sets={"next": {step.into or step.name: kept}} if kept else {}, keys=frozenset(keys),
    )  # fmt: skip


def _of_handler(step: model.Handle, declared: HandlerSpec | None) -> StepFacts:
    spec = declared or HandlerSpec(step.handle)
    uses: list[Use] = []
    for name, sentence in step.with_.items():
        needed = name not in spec.optional
        uses += _handed_over(sentence, spec.takes.get(name, ""), needed=needed, decides=needed)
    outcomes = tuple(dict.fromkeys((*spec.outcomes, *step.outcomes))) if declared else None
    return StepFacts(outcomes=outcomes, sets=spec.outcomes, uses=tuple(uses))


def _handed_over(
    sentence: model.Sentence | None,
    wanted: model.ValueKind | Literal[""],
    *,
    needed: bool = False,
    decides: bool = True,
) -> Iterator[Use]:
    """A `{value}` alone is handed over as it is and may be missing; among words it is spoken."""
    match sentence.parts if sentence else ():
        case (model.Slot() as slot,):
            yield Use(
                name=slot.name, place=slot.place, slot_kind=slot.kind, wanted=wanted, needed=needed, decides=decides
            )
        case parts:
            slots = (part for part in parts if isinstance(part, model.Slot))
            yield from (Use(name=slot.name, place=slot.place, slot_kind=slot.kind, needed=True) for slot in slots)
