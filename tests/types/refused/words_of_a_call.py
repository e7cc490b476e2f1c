"""Words that no event, input or session of a call has."""

from dataclasses import replace
from datetime import date

from ivr.call.answers import understand
from ivr.call.events import Check, Ended, Entered, LimitReached, QueueEnded, TicketOpened, TransferEnded, TryUsed
from ivr.call.identity import Policy
from ivr.call.session import Session
from ivr.call.turn import TurnContext
from ivr.call.values import Value

QueueEnded("anwsered")  # refused: arg-type
QueueEnded("answered")
TransferEnded("no-answer")  # refused: arg-type
TryUsed("hotline.main", "nomach", 1, 3)  # refused: arg-type
LimitReached("hours")  # refused: arg-type
Ended("hang-up")  # refused: arg-type
Check("customer", "62220001", factor="pni")  # refused: arg-type
Policy("customer", factors=("code", "password"))  # refused: arg-type


def end(session: Session) -> Session:
    return replace(session, ended="hungup")  # refused: arg-type


def count(context: TurnContext) -> str:
    context.note({"trys": "1"})  # refused: dict-item
    return context.noted("trys")  # refused: arg-type


def is_over(session: Session) -> bool:
    return session.ended == "callr"  # refused: comparison-overlap


Value("wrods", "yes")  # refused: arg-type
Entered("hotline.main", "meun")  # refused: arg-type
TicketOpened("300123", "refund", "higher")  # refused: arg-type
understand("colour", "1", language="en", today=date(2026, 11, 23))  # refused: arg-type
