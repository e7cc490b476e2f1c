"""The routes of the floor: what is believed, what reaches the telephones' desk, and what is heard when that fails."""

from dataclasses import dataclass, field
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from ivr.agents.webhooks import NotTheirs
from ivr.webhooks.app import create_app
from ivr.webhooks.settings import WebhookSettings
from ivr.webhooks.twiml import TwimlWriter

from .carrier import ACCOUNT, ANSWER, CALL, PUBLIC, TOKEN, Line, LocalClient, Remembers
from .sounds import VOICES

TALK = "TK" + "0a" * 11
AGENT = f"/floor/talks/{TALK}"
CUSTOMER = f"{AGENT}/customer"
ROOM = f"/voice/{CALL}/room/{TALK}"
SPOKEN = [
    (AGENT, ("picked_up", TALK, CALL, "+8613900139000")),
    (f"{AGENT}/keyed", ("keyed", TALK, CALL, "1")),
    (f"{AGENT}/room", ("in_room", TALK, CALL)),
    (f"{AGENT}/left?room=TK1", ("left_room", TALK, CALL, "TK1", "in-progress")),
    (CUSTOMER, ("customer_picked_up", TALK, CALL, "+8613900139000")),
    (f"{CUSTOMER}/hold", ("customer_picked_up", TALK, CALL, "+8613900139000")),
    (f"{CUSTOMER}/keyed", ("customer_keyed", TALK, CALL, "1")),
    (f"{CUSTOMER}/left?room=TK1", ("customer_left", TALK, CALL, "TK1", "in-progress")),
    (ROOM, ("caller_comes", CALL, TALK)),
    (f"{ROOM}/hold", ("caller_comes", CALL, TALK)),
    (f"{ROOM}/over?room=TK1", ("caller_left", CALL, TALK, "TK1", "in-progress")),
]
TOLD = [
    (f"{AGENT}/over", ("agent_over", TALK, CALL, "in-progress")),
    (f"{CUSTOMER}/over", ("customer_over", TALK, CALL, "in-progress")),
]
PATHS = [path for path, _ in (*SPOKEN, *TOLD)]


@dataclass
class Telephones:
    """Answers all alike, but nothing to what is only told, and keeps what it was asked; `fails` is raised instead."""

    asked: list[tuple[object, ...]] = field(default_factory=list)
    fails: Exception | None = None

    def __getattr__(self, name: str) -> object:
        def answer(*told: object) -> str | None:
            self.asked.append((name, *told))
            if self.fails is not None:
                raise self.fails
            return None if name.endswith("_over") else ANSWER

        return answer


def dial(phones: Telephones) -> Line:
    told = WebhookSettings(PUBLIC, ACCOUNT, (TOKEN,))
    app = create_app(Remembers(), TwimlWriter(PUBLIC, VOICES), told, phones)  # type: ignore[arg-type]
    return Line(Remembers(), LocalClient(app))


@pytest.mark.parametrize(("path", "asked"), SPOKEN)
def test_each_address_asks_what_it_is_for(path: str, asked: tuple[object, ...]) -> None:
    phones = Telephones()
    answer = dial(phones).post(path, To="+8613900139000", Direction="outbound-api", Digits="1")
    assert (answer.status_code, answer.text, answer.content_type) == (200, ANSWER, "text/xml; charset=utf-8")
    assert phones.asked == [asked]


@pytest.mark.parametrize(("path", "asked"), TOLD)
def test_the_end_of_a_call_is_taken_note_of(path: str, asked: tuple[object, ...]) -> None:
    phones = Telephones()
    answer = dial(phones).post(path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert phones.asked == [asked]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_asked_without_the_carrier_s_signature(path: str) -> None:
    phones = Telephones()
    line = dial(phones)
    for answer in (line.post(path, token="another"), line.send(path, urlencode({"CallSid": CALL}), "")):
        assert (answer.status_code, answer.data) == (403, b"")
    assert line.post(path, AccountSid="AC" + "99" * 16).status_code == 403
    assert line.client.get(path).status_code == 405
    assert phones.asked == []


@pytest.mark.parametrize("path", PATHS)
def test_a_telephone_that_asks_about_another_s_talk_is_refused(path: str) -> None:
    phones = Telephones(fails=NotTheirs())
    answer = dial(phones).post(path)
    assert (answer.status_code, answer.data) == (403, b"")


@pytest.mark.parametrize("path", [path for path, _ in SPOKEN])
def test_a_fault_of_ours_is_heard_as_an_apology(path: str) -> None:
    answer = dial(Telephones(fails=RuntimeError("canary"))).post(path)
    document = ET.fromstring(answer.text)
    assert answer.status_code == 200
    assert "canary" not in answer.text
    last = document[-1]
    if path.startswith("/voice"):
        assert last.text == f"{PUBLIC}/voice/fallback?faults=1", "a caller has somewhere to go back to"
    else:
        assert last.tag == "Hangup", "nobody at an agent's telephone becomes a caller"
    assert len(document) > 1


@pytest.mark.parametrize("path", [path for path, _ in TOLD])
def test_a_report_that_is_lost_is_told_again_by_the_carrier(path: str) -> None:
    answer = dial(Telephones(fails=RuntimeError())).post(path)
    assert (answer.status_code, answer.data) == (500, b"")


@pytest.mark.parametrize(
    "path",
    ["/floor/talks/1", "/floor/talks/TK0A", f"/floor/talks/{TALK}/x", f"/voice/{CALL}/room/x", "/agents/support"],
)
def test_another_address_is_nobody_s(path: str) -> None:
    assert dial(Telephones()).post(path).status_code == 404


def test_a_caller_s_address_is_that_of_the_call() -> None:
    phones = Telephones()
    assert dial(phones).post(ROOM, CallSid="CA" + "77" * 16).status_code == 400
    assert phones.asked == []
