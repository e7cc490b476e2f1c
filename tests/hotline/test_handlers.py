"""Declaring handlers, running them, and what is said to whoever breaks a declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ivr.call.events import LookedUp
from ivr.call.values import Money, Value
from ivr.flow.model import VALUE_KINDS
from ivr.hotline import handlers
from ivr.hotline.back_office import Progress, late
from ivr.hotline.handlers import (
    Answer,
    Case,
    Found,
    HandlerMistake,
    NotIdentified,
    found,
    handler,
    load_handlers,
    run,
    to_python,
    to_value,
)
from ivr.wallet.demo import HOME, DemoWallet
from tests.shipped import HANDLERS

NOW = datetime(2026, 11, 22, 2, 40, tzinfo=UTC)


class NoTickets:
    def progress(self, reference: str) -> Progress | None:
        return None

    def latest(self, account: str, about: str = "") -> Progress | None:
        return None

    def hurry(self, reference: str, key: str) -> bool:
        return False


def case(account: str = "62220001") -> Case:
    return Case(
        call_id="CA1", key="CA1/1", account=account, factor="code", caller="", language="zh", now=NOW,
        zone=HOME, back_office=DemoWallet(NOW), tickets=NoTickets(),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """`parcel`; what a test registers is gone after it."""
    monkeypatch.setattr(handlers, "_declared", {name: dict(known) for name, known in handlers._declared.items()})
    takes = {"number": "reference", "on": "date"}
    handler("parcel", takes=takes, optional={"on"}, outcomes={"there": {"on": "date"}})(parcel)


def asked(name: str, case: Case, given: Mapping[str, Value]) -> Answer:
    """Runs a handler that was declared in this file."""
    return run(load_handlers([__name__])[name], case, given)


def parcel(case: Case, number: str, on: date | None = None) -> Found:
    """Where a parcel is."""
    return found("there", on=on or case.today)


def test_a_handler_is_one_decorated_function() -> None:
    spec = load_handlers([__name__])["parcel"].spec
    assert (dict(spec.takes), spec.optional) == ({"number": "reference", "on": "date"}, {"on"})
    assert spec.outcomes == {"there": {"on": "date"}}
    assert (spec.doc, spec.identified) == ("Where a parcel is.", True)


def test_given_values_arrive_in_the_types_declared_and_leave_as_values() -> None:
    given = {"number": Value("digits", "300123"), "on": Value("date", "2026-11-25")}
    assert asked("parcel", case(), given).looked_up == LookedUp("there", {"on": Value("date", "2026-11-25")})


def test_today_is_the_day_of_the_caller() -> None:
    late_in_london = Case(
        call_id="", key="", account="1", factor="", caller="", language="zh", zone=HOME, back_office=DemoWallet(NOW),
        tickets=NoTickets(), now=datetime(2026, 11, 22, 17, 0, tzinfo=UTC),
    )  # fmt: skip
    assert (
        asked("parcel", late_in_london, {"number": Value("reference", "1")}).looked_up.values["on"].text == "2026-11-23"
    )


def test_a_handler_does_not_run_for_a_caller_who_is_not_verified() -> None:
    with pytest.raises(NotIdentified):
        asked("parcel", case(account=""), {"number": Value("reference", "1")})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, 'was not given "number"'),
        ({"number": Value("reference", "1"), "colour": Value("words", "red")}, 'does not take "colour"'),
        ({"number": Value("reference", "1"), "on": Value("words", "soon")}, 'takes "on" as date'),
    ],
)
def test_wrong_input_is_named_without_its_content(given: dict[str, Value], says: str) -> None:
    with pytest.raises(HandlerMistake, match=says) as caught:
        asked("parcel", case(), given)
    assert "soon" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (found("ther", on=NOW.date()), 'no outcome "ther"; did you mean "there"?'),
        (found("unavailable"), 'no outcome "unavailable"'),
        (found("there"), 'lacks "on"'),
        (found("there", on=NOW.date(), colour="red"), 'does not declare "colour"'),
        (found("there", on="2026-11-25"), '"on": expected a date, not str'),
        (found("there", on=NOW), '"on": expected a date, not datetime'),
        (None, "gave back NoneType"),
    ],
)
def test_a_broken_promise_is_an_error_at_once(answer: Any, says: str) -> None:
    @handler("broken", outcomes={"there": {"on": "date"}})
    def broken(case: Case) -> Found:
        """Does not do as it says."""
        found_so: Found = answer
        return found_so

    with pytest.raises(HandlerMistake, match=says.replace("?", r"\?")):
        asked("broken", case(), {})


def register(**declared: Any) -> Callable[[], object]:
    def act() -> object:
        arguments = {"outcomes": {"told": {}}, **declared}
        name = arguments.pop("name", "fresh")
        function = arguments.pop("function", lambda case: found("told"))
        function.__doc__ = arguments.pop("doc", "A sentence.")
        return handler(name, **arguments)(function)

    return act


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (register(name="parcel"), "the name is taken by parcel"),
        (register(name="Re-fund"), '"Re-fund" must be lower-case words'),
        (register(outcomes={"not found": {}}), '"not found" must be lower-case words'),
        (register(outcomes={"told": {"amount": "mony"}}), 'no kind of value; did you mean "money"?'),
        (register(takes={"day": "day"}), '"day" is no kind of value'),
        (register(outcomes={}), "needs at least one outcome"),
        (register(outcomes={"unavailable": {}}), "belongs to every handler"),
        (register(doc=""), "needs a docstring"),
        (register(within_seconds=9), "at most 8"),
        (register(takes={"day": "date"}), "its parameters must be"),
        (register(function=lambda: found("told")), "its parameters must be"),
        (register(takes={"day": "date"}, function=lambda case, day=None: None), "default exactly if it is optional"),
        (
            register(takes={"day": "date"}, optional={"day"}, function=lambda case, day: None),
            "default exactly if it is optional",
        ),
        (register(optional={"day"}), '"day" is optional but not taken'),
    ],
)
def test_a_declaration_that_can_not_hold_is_refused_when_it_is_made(act: Callable[[], object], says: str) -> None:
    with pytest.raises(HandlerMistake, match=says.replace("?", r"\?")):
        act()


def test_a_name_belongs_to_one_module_of_a_hotline(tmp_path: Path) -> None:
    (tmp_path / "my_refunds_for_a_test.py").write_text(
        "from ivr.hotline.handlers import found, handler\n"
        '@handler("refund", outcomes={"told": {}})\n'
        "def refund(case):\n"
        '    """Where a refund is."""\n'
        '    return found("told")\n'
    )
    assert list(load_handlers(["my_refunds_for_a_test"], beside=tmp_path)) == ["refund"]
    with pytest.raises(HandlerMistake, match=r'"refund" in my_ref.*: the name is taken by ivr.wallet.handlers.refund'):
        load_handlers(["ivr.wallet.handlers", "my_refunds_for_a_test"])


def test_a_hotline_that_names_no_modules_has_no_handlers() -> None:
    assert load_handlers([]) == {}


def test_modules_beside_the_configuration_are_found(tmp_path: Path) -> None:
    (tmp_path / "my_topics_for_a_test.py").write_text(
        "from ivr.hotline.handlers import found, handler\n"
        '@handler("weather", outcomes={"told": {"sky": "words"}}, identified=False)\n'
        "def weather(case):\n"
        '    """What the sky looks like."""\n'
        '    return found("told", sky="blue")\n'
    )
    weather = load_handlers(["my_topics_for_a_test"], beside=tmp_path)["weather"]
    assert run(weather, case(""), {}).looked_up.values == {"sky": Value("words", "blue")}


def test_a_module_that_can_not_be_imported_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "bad_topics_for_a_test.py").write_text("1 / 0\n")
    with pytest.raises(HandlerMistake, match='"bad_topics_for_a_test" can not be imported: division by zero'):
        load_handlers(["bad_topics_for_a_test"], beside=tmp_path)
    with pytest.raises(HandlerMistake, match='"no_such_topics" can not be imported'):
        load_handlers(["no_such_topics"])


def test_seconds_that_a_wallet_would_have_taken_are_added_up_per_run() -> None:
    @handler("slow", outcomes={"told": {}})
    def slow(case: Case) -> Found:
        """Takes its time."""
        late(5)
        late(7)
        return found("told")

    assert [asked("slow", case(), {}).delay_seconds for _ in range(2)] == [12, 12]
    assert asked("parcel", case(), {"number": Value("reference", "1")}).delay_seconds == 0


BOTH_WAYS = [
    ("words", "我要退款", "我要退款"),
    ("name", "Star Market", "Star Market"),
    ("digits", "010", "010"),
    ("phone", "+8613800138000", "+8613800138000"),
    ("account", "62220001", "62220001"),
    ("reference", "300123", "300123"),
    ("tail", "0048", "0048"),
    ("number", "0.1", Decimal("0.1")),
    ("money", "128.50 CNY", Money(Decimal("128.50"), "CNY")),
    ("date", "2026-11-25", date(2026, 11, 25)),
    ("time", "18:00", time(18)),
    ("datetime", "2026-11-25T18:00:00+08:00", datetime(2026, 11, 25, 10, tzinfo=UTC)),
    ("duration", "90", timedelta(seconds=90)),
]


@pytest.mark.parametrize(("kind", "text", "thing"), BOTH_WAYS)
def test_every_kind_goes_both_ways(kind: str, text: str, thing: object) -> None:
    assert to_python(Value(kind, text), kind) == thing
    assert to_value(thing, kind, HOME) == Value(kind, text)


def test_the_table_of_kinds_is_complete() -> None:
    assert {kind for kind, _, _ in BOTH_WAYS} == set(VALUE_KINDS)


@pytest.mark.parametrize(
    ("kind", "thing"),
    [("money", "1 CNY"), ("number", True), ("number", 0.1), ("datetime", datetime(2026, 1, 1)), ("words", 3)],  # noqa: DTZ001
)
def test_the_wrong_type_is_refused(kind: str, thing: object) -> None:
    with pytest.raises(TypeError):
        to_value(thing, kind, HOME)


def test_a_value_of_one_name_is_of_one_kind_in_every_handler() -> None:
    kinds: dict[str, set[str]] = {}
    for spec in HANDLERS.values():
        for values in (spec.spec.takes, *spec.spec.outcomes.values()):
            for name, kind in values.items():
                kinds.setdefault(name, set()).add(kind)
    assert {name for name, several in kinds.items() if len(several) > 1} == set()
