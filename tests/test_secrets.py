"""A PIN, a one-time code and a card number live for one request. Afterwards they are nowhere that can be searched."""

from __future__ import annotations

import base64
import io
import logging
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from ivr.call.events import Check, Digits, Event, Spoken
from ivr.hotline import journal
from ivr.webhooks import logs
from tests.hotline.harness import ALICE, CONFIG, TOKEN, Faults, Killed, Watched, configured, kept, opened
from tests.stores import BOTH, postgres_url, store_url

__all__ = ["BOTH", "postgres_url", "store_url"]

PIN, WRONG_PIN, CODE, WRONG_CODE = "739184", "918273", "385716", "607842"
SECRETS = (PIN, WRONG_PIN, CODE, WRONG_CODE)


class _Plain(logging.Formatter):
    """As other formatters write, but for the text of an error: what a wallet puts into that is not ours to know."""

    def formatException(self, ei: object) -> str:
        return ""


@pytest.fixture
def written() -> io.StringIO:
    """Everything that is logged from here on, at DEBUG: our own lines, and what other formatters make of them."""
    sink = io.StringIO()
    plain = logging.StreamHandler(sink)
    plain.setFormatter(_Plain("%(name)s %(message)s %(args)s"))
    logs.configure(logging.DEBUG, sink)
    logging.getLogger().addHandler(plain)
    return sink


def wallet(before: object = lambda what: None) -> Watched:
    made = Watched(before)  # type: ignore[arg-type]
    made.give({"account": ALICE, "pin": PIN})
    return made


def leaks(text: bytes) -> list[str]:
    """The secrets in this text, as they are and in the usual dresses."""
    return [
        secret
        for secret in SECRETS
        for dress in (secret.encode(), secret.encode().hex().encode(), base64.b64encode(secret.encode()))
        if dress in text
    ]


def test_no_secret_is_in_any_file_table_or_log(tmp_path: Path, store_url: str, written: io.StringIO) -> None:
    with opened(tmp_path, store_url, wallet=wallet(), new_code=lambda digits: CODE) as hotline:
        call = hotline.call(number="")
        call.walk(f"2 1 {ALICE} {WRONG_CODE} {CODE}")
        assert "128.50" in call.reply.words, "the secrets were really used"
        assert leaks(kept(hotline)) == [], "not while the code waits to be texted either"
        hotline.deliver()
        assert any(CODE in body for _, body in hotline.sender.texts)
        call.hang_up()
        call = hotline.call(number="")
        call.walk(f"2 1 {ALICE} * {WRONG_PIN} {PIN}")
        assert "128.50" in call.reply.words
        call.fallback()
        call.press("0")
        call.hang_up()
        hotline.app.hotline.tidy()
        assert leaks(kept(hotline)) == []
        assert leaks(repr(hotline.store.turns(call.sid)).encode()) == []
        assert leaks(repr(hotline.app).encode()) == []
    assert leaks(b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())) == []
    assert "turn" in written.getvalue()
    assert leaks(written.getvalue().encode()) == []


@pytest.mark.parametrize("what", ["customer", "pin", "refund"])
def test_no_secret_is_in_what_a_fault_leaves_behind(tmp_path: Path, what: str, written: io.StringIO) -> None:
    def before(asked: str) -> None:
        if asked == what:
            raise ValueError(f"{PIN} was wrong, and so was {CODE}")

    with opened(tmp_path, wallet=wallet(before), new_code=lambda digits: CODE) as hotline:
        for keys in (f"2 1 {ALICE} * {PIN}", f"1 1 {ALICE} {CODE}"):
            call = hotline.call()
            call.walk(keys)
            call.hang_up()
        assert leaks(kept(hotline)) == []
    assert "ValueError" in written.getvalue(), "the fault itself is logged"
    assert leaks(written.getvalue().encode()) == []


@pytest.mark.parametrize("secret", [PIN, CODE])
def test_no_secret_is_left_by_a_store_that_fails_anywhere(tmp_path: Path, secret: str, written: io.StringIO) -> None:
    with opened(tmp_path, wallet=wallet(), new_code=lambda digits: CODE) as hotline:
        faults = Faults(hotline.store)
        number = accesses = 1
        while number <= accesses:
            hotline.clock.advance(7200)
            call = hotline.call()
            call.walk(f"2 1 {ALICE}" + (" *" if secret == PIN else ""))
            faults.reset(lambda n, where, at=number: n == at and where == "commit")
            call.press(secret)
            accesses = faults.count
            faults.reset(lambda n, where: False)
            call.hang_up()
            number += 1
        assert leaks(kept(hotline)) == []
    assert leaks(written.getvalue().encode()) == []


def test_a_secret_dies_with_the_worker_that_held_it(tmp_path: Path, written: io.StringIO) -> None:
    def before(asked: str) -> None:
        if asked == "pin":
            raise Killed

    with opened(tmp_path, wallet=wallet(before)) as hotline:
        call = hotline.call()
        call.walk(f"2 1 {ALICE} *")
        with pytest.raises(Killed):
            call.press(PIN)
        assert leaks(kept(hotline)) == []
        hotline.clock.advance(10)
        assert call.fallback().words == "Your PIN."
        assert leaks(kept(hotline)) == []
    assert leaks(written.getvalue().encode()) == []


def test_a_slow_check_keeps_no_secret_while_it_is_waited_for(tmp_path: Path, written: io.StringIO) -> None:
    slow = Watched(faults={"pin": "slow 6 s"})
    slow.give({"account": ALICE, "pin": PIN})
    with opened(tmp_path, wallet=slow) as hotline:
        call = hotline.call()
        call.walk(f"2 1 {ALICE} * {PIN}")
        assert call.reply.action.endswith("/poll")
        assert leaks(kept(hotline)) == []
        hotline.clock.advance(7)
        assert "128.50" in call.on().words
        assert leaks(kept(hotline)) == []
    assert leaks(written.getvalue().encode()) == []


def test_the_tokens_of_the_configuration_are_in_no_repr(tmp_path: Path) -> None:
    environ = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": TOKEN}
    config = configured(tmp_path, CONFIG.replace("hotline: {", "hotline: {public_url: https://a.example, "), environ)
    assert config.auth_tokens == (TOKEN,)
    assert TOKEN not in repr(config)


@pytest.mark.parametrize("thing", [Digits(PIN), Spoken(PIN), Check("p", PIN, "pin", "pin", PIN)], ids=repr)
def test_what_was_keyed_in_or_said_is_in_no_repr(thing: object) -> None:
    assert PIN not in repr(thing)


def test_the_journal_keeps_no_account_and_no_secret_of_a_check() -> None:
    text = journal.to_json([Check("customer", ALICE, "pin", "pin", PIN)])
    assert PIN not in text
    assert ALICE not in text
    assert '"method":"pin"' in text


def test_every_field_of_an_event_that_could_be_secret_is_known_to_the_journal() -> None:
    """A new event with a field of such a name has to be thought about here, and left out by `_plain`."""
    suspect = {
        (kind, field.name)
        for kind in get_args(Event)
        for field in fields(kind)
        if any(word in field.name for word in ("secret", "pin", "password", "token", "cvv"))
    }
    assert suspect == {(Check, "secret")}
