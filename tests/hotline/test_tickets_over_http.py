"""Tickets go to the system the configuration names, over real HTTP, from a call to the receiver."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.hotline.harness import ALICE, ALICE_PIN, CONFIG, MONDAY, HotlineInTest, Watched, opened
from tests.hotline.rest_api import serving

TO_A_TICKET = f"2 1 {ALICE} * {ALICE_PIN}"


def house(tmp_path: Path, tickets: str = "") -> AbstractContextManager[HotlineInTest]:
    wallet = Watched()
    wallet.give({"account": ALICE, "refund": {"status": "approved", "expected_on": "2026-11-02"}})
    return opened(tmp_path, config=CONFIG + tickets, wallet=wallet, environ={"TICKETS_TOKEN": "t0ken"})


def waiting(hotline: HotlineInTest) -> list[str]:
    return [row.kind for row in hotline.outbox() if row.kind == "ticket"]


def test_a_ticket_of_a_call_reaches_the_system_that_is_configured(tmp_path: Path) -> None:
    with serving(MONDAY) as api:
        there = f"tickets: {{url: '{api.url}/tickets', token: {{env: TICKETS_TOKEN}}}}"
        with house(tmp_path, there) as hotline:
            call = hotline.call()
            call.walk(TO_A_TICKET)
            ticket = hotline.store.tickets(call_id=call.sid)[0]
            assert api.bodies == [], "nothing leaves before the outbox is let out"
            hotline.deliver()
            hotline.deliver()
        assert [body["reference"] for body in api.bodies] == [ticket.reference]
        assert api.bodies[0]["topic"] == ticket.topic
        assert api.headers[-1]["authorization"] == "Bearer t0ken"


def test_a_system_that_is_away_gets_the_ticket_when_it_is_back(tmp_path: Path) -> None:
    with serving(MONDAY) as api:
        api.failures.append(503)
        with house(tmp_path, f"tickets: {{url: '{api.url}/tickets'}}") as hotline:
            hotline.call().walk(TO_A_TICKET)
            hotline.deliver()
            assert waiting(hotline) == ["ticket"]
            hotline.clock.advance(60)
            hotline.deliver()
            assert waiting(hotline) == []
        assert len(api.bodies) == 1
        assert "authorization" not in api.headers[-1]


def test_without_an_address_tickets_stay_here(tmp_path: Path) -> None:
    with house(tmp_path) as hotline:
        call = hotline.call()
        call.walk(TO_A_TICKET)
        assert waiting(hotline) == ["ticket"]
        hotline.deliver()
        assert waiting(hotline) == []
        assert len(hotline.store.tickets(call_id=call.sid)) == 1
