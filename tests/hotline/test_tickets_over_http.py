"""Tickets go to the system the configuration names, over real HTTP, from a call to the receiver."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.hotline.harness import ALICE, ALICE_PIN, CONFIG, MONDAY, Desk, Watched, opened
from tests.hotline.rest_api import serving

TO_A_TICKET = f"2 1 {ALICE} * {ALICE_PIN}"


def house(tmp_path: Path, tickets: str = "") -> AbstractContextManager[Desk]:
    wallet = Watched()
    wallet.give({"account": ALICE, "refund": {"status": "approved", "expected_on": "2026-11-02"}})
    return opened(tmp_path, config=CONFIG + tickets, wallet=wallet, environ={"TICKETS_TOKEN": "t0ken"})


def waiting(desk: Desk) -> list[str]:
    return [row.kind for row in desk.outbox() if row.kind == "ticket"]


def test_a_ticket_of_a_call_reaches_the_system_that_is_configured(tmp_path: Path) -> None:
    with serving(MONDAY) as api:
        there = f"tickets: {{url: '{api.url}/tickets', token: {{env: TICKETS_TOKEN}}}}"
        with house(tmp_path, there) as desk:
            call = desk.call()
            call.walk(TO_A_TICKET)
            ticket = desk.store.tickets(call_id=call.sid)[0]
            assert api.bodies == [], "nothing leaves before the outbox is let out"
            desk.deliver()
            desk.deliver()
        assert [body["reference"] for body in api.bodies] == [ticket.reference]
        assert api.bodies[0]["topic"] == ticket.topic
        assert api.headers[-1]["authorization"] == "Bearer t0ken"


def test_a_system_that_is_away_gets_the_ticket_when_it_is_back(tmp_path: Path) -> None:
    with serving(MONDAY) as api:
        api.failures.append(503)
        with house(tmp_path, f"tickets: {{url: '{api.url}/tickets'}}") as desk:
            desk.call().walk(TO_A_TICKET)
            desk.deliver()
            assert waiting(desk) == ["ticket"]
            desk.clock.advance(60)
            desk.deliver()
            assert waiting(desk) == []
        assert len(api.bodies) == 1
        assert "authorization" not in api.headers[-1]


def test_without_an_address_tickets_stay_here(tmp_path: Path) -> None:
    with house(tmp_path) as desk:
        call = desk.call()
        call.walk(TO_A_TICKET)
        assert waiting(desk) == ["ticket"]
        desk.deliver()
        assert waiting(desk) == []
        assert len(desk.store.tickets(call_id=call.sid)) == 1
