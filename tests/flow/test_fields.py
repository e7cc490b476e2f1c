"""How fields are written: one row per type and spelling, on dataclasses that no step kind has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal

import pytest

from ivr.flow.issues import NOWHERE, Place
from ivr.flow.model import (
    STEP_KINDS,
    AnswerKind,
    Defaults,
    Key,
    Language,
    Name,
    Seconds,
    Sentence,
    Slot,
    StepName,
    Text,
    yaml_field,
)
from ivr.flow.reading.fields import Reading, fields_of, read, reader_of
from ivr.flow.reading.scalars import WRONG, Words
from ivr.flow.reading.source import MapNode, parse


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Zone:
    name: str

    @classmethod
    def from_text(cls, text: str) -> Zone:
        if "/" not in text:
            raise ValueError("expected a time zone such as Asia/Shanghai")
        return cls(text)


def value(annotation: Any, text: str, each: str = "") -> tuple[Any, list[str]]:
    """What a field of this type makes of `v: <text>`, and the issues."""
    node, issues = parse(f"v: {text}", "f.yaml")
    assert isinstance(node, MapNode)
    assert not issues
    reading = Reading(("zh", "en"))
    found = reader_of(annotation, each)(node.entries[0].value, reading)
    return found, [f"{issue.message} [{issue.rule}]" for issue in reading.issues]


@pytest.mark.parametrize(
    ("annotation", "text", "expected"),
    [
        (str, "010", "010"),
        (str, "no", "no"),
        (str, '""', ""),
        (str, "refund # a comment", "refund"),
        (int, "3", 3),
        (int, '"3"', 3),
        (int, "010", 10),
        (int, "-1", -1),
        (bool, "yes", True),
        (bool, "No", False),
        (bool, '"true"', True),
        (float, "0.5", 0.5),
        (Decimal, "128.50", Decimal("128.50")),
        (Seconds, "8", 8),
        (Seconds, '"8 s"', 8),
        (Seconds, "2 min", 120),
        (Seconds, "1 hour", 3600),
        (timedelta, "2 d", timedelta(days=2)),
        (time, "22:30", time(22, 30)),
        (time, "9:05", time(9, 5)),
        (date, "2026-11-25", date(2026, 11, 25)),
        (Key, '"*"', "*"),
        (Key, "0", "0"),
        (Name, "refund-2", "refund-2"),
        (StepName, "main # where it begins", "main"),
        (Language, "zh", "zh"),
        (Words, "'press # to end'", "press # to end"),
        (Colour, "red", Colour.RED),
        (Literal["a", "b"], "b", "b"),
        (Zone, "Asia/Shanghai", Zone("Asia/Shanghai")),
        (Sentence, "您好 {name}！", Sentence(("您好 ", Slot("name"), "！"))),
        (Sentence, "'{{a, b}} {b:digits}'", Sentence(("{a, b} ", Slot("b", "digits")))),
        (Text, "{zh: 您好, en: Hello}", Text({"zh": Sentence(("您好",)), "en": Sentence(("Hello",))})),
        (str | None, "", None),
        (int | None, "3", 3),
        (tuple[int, ...], "[1, 2]", (1, 2)),
        (tuple[int, ...], "1", (1,)),
        (tuple[int, ...], "", ()),
        (frozenset[str], "[a, b, a]", frozenset({"a", "b"})),
        (Mapping[str, int], "{a: 1}", {"a": 1}),
        (Mapping[str, tuple[str, ...]], "{a: b}", {"a": ("b",)}),
        (Mapping[str, int], "", {}),
    ],
)
def test_a_field_is_read_by_its_type(annotation: Any, text: str, expected: Any) -> None:
    assert value(annotation, text) == (expected, [])


@pytest.mark.parametrize(
    ("annotation", "text", "issue"),
    [
        (str, "", "expected a text, not nothing [wrong-type]"),
        (str, "[a]", "expected a text, not a list [wrong-type]"),
        (int, "1.5", 'expected a whole number such as 3, not "1.5" [wrong-type]'),
        (int, "١", 'expected a whole number such as 3, not "١" [wrong-type]'),
        (int, "1_000", 'expected a whole number such as 3, not "1_000" [wrong-type]'),
        (bool, "1", 'expected true or false, not "1" [wrong-type]'),
        (float, "1e999", 'expected a number such as 0.5, not "1e999" [wrong-type]'),
        (Decimal, ".nan", 'expected a number such as 0.5, not ".nan" [wrong-type]'),
        (Seconds, "soon", 'expected a time such as 8 (seconds), "8 s" or "5 min", not "soon" [wrong-type]'),
        (Seconds, "-3", 'expected a time such as 8 (seconds), "8 s" or "5 min", not "-3" [wrong-type]'),
        (timedelta, "99999999 d", '"99999999 d" is longer than ten years [wrong-type]'),
        (time, "25:00", 'expected a time of day such as 09:00, not "25:00" [wrong-type]'),
        (date, "2026-02-30", '"2026-02-30" is not a day of the calendar [wrong-type]'),
        (date, "25.11.2026", 'expected a date such as 2026-11-25, not "25.11.2026" [wrong-type]'),
        (Key, "10", '"10" is not a telephone key: 0-9, * or # [bad-key]'),
        (Key, "٣", '"٣" is not a telephone key: 0-9, * or # [bad-key]'),
        (Key, "#", '# begins a comment in YAML; write the key as "#" in quotes [unquoted-key]'),
        (Language, "fr", '"fr" is not a language of this hotline; it speaks zh, en [unknown-language]'),
        (Words, "press # to end", "text after # is a comment; put the sentence in quotes [cut-at-hash]"),
        (Colour, "rde", '"rde" is not allowed here; did you mean "red"? [not-one-of]'),
        (Literal["a", "b"], "x", '"x" is not allowed here; expected one of a, b [not-one-of]'),
        (Zone, "Shanghai", 'expected a time zone such as Asia/Shanghai, not "Shanghai" [wrong-type]'),
        (tuple[int, ...], "[1, x]", 'expected a whole number such as 3, not "x" [wrong-type]'),
        (Mapping[str, int], "[1]", "expected name: value pairs, not a list [wrong-type]"),
        (Sentence, "{refund}", "expected a sentence, not a mapping; a sentence that begins with { or [ needs quotes "
         "[wrong-type]"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_answered_in_plain_words(annotation: Any, text: str, issue: str) -> None:
    assert value(annotation, text) == (WRONG, [issue])


def test_a_closed_set_is_a_literal_and_each_names_the_keys_of_a_mapping() -> None:
    assert value(AnswerKind, "digits") == ("digits", [])
    assert value(AnswerKind, "pin")[0] is WRONG
    assert value(str, "anything", "queue") == ("anything", [])
    assert value(Mapping[str, str], '{"*": repeat}', "key") == ({"*": "repeat"}, [])
    assert value(Mapping[str, str], "{star: repeat}", "key")[0] is WRONG
    assert value(Mapping[str, str], "{fr: x}", "language")[0] is WRONG


def test_a_type_without_a_spelling_is_our_mistake() -> None:
    with pytest.raises(TypeError):
        reader_of(bytes)
    with pytest.raises(TypeError):
        reader_of(int | str)


# --- dataclasses ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Office:
    """Somewhere people answer."""

    short: ClassVar[str] = "city"

    city: str = yaml_field("where it is")
    floor: int = yaml_field("which floor", 0)
    place: Place = NOWHERE


@dataclass(frozen=True)
class Company:
    """A thing to read."""

    as_: Name = yaml_field("what it is called")
    offices: tuple[Office, ...] = yaml_field("where it is", ())
    head: Office | None = yaml_field("the most important one", None)
    language: Language | None = yaml_field("one language alone", None)
    greeting: Text | None = yaml_field("what it says", None)
    secret: str = "not written"


@dataclass(frozen=True)
class Greeting:
    """Words by language."""

    greeting: Text = yaml_field("what is said")
    names: Mapping[str, tuple[str, ...]] = yaml_field("what it is called", {}, each="language")


def company(text: str) -> tuple[Company | None, list[str]]:
    node, issues = parse(text, "f.yaml")
    assert not issues
    reading = Reading(("zh", "en"))
    return read(node, Company, reading), [str(issue) for issue in reading.issues]


def test_a_dataclass_is_read_with_all_that_is_in_it() -> None:
    found, issues = company("as: acme\noffices:\n- Shanghai\n- {city: Berlin, floor: 3}\nhead: Berlin\n")
    assert not issues
    assert found == Company(
        as_=Name("acme"),
        offices=(
            Office("Shanghai", place=Place("f.yaml", 3, 3, 8)),
            Office("Berlin", 3, place=Place("f.yaml", 4, 10, 6)),
        ),
        head=Office("Berlin", place=Place("f.yaml", 5, 7, 6)),
    )


def test_a_hotline_of_one_language_writes_its_words_alone() -> None:
    node, _ = parse("greeting: Hello\nnames: [hi, there]", "f.yaml")
    reading = Reading(("en",))
    found = read(node, Greeting, reading)
    assert found == Greeting(Text({"en": Sentence(("Hello",))}), {"en": ("hi", "there")})


def test_a_dataclass_with_a_language_has_its_texts_in_it() -> None:
    found, issues = company("{as: acme, language: en, greeting: Hello}")
    assert not issues
    assert found is not None
    assert found.greeting == Text({"en": Sentence(("Hello",))})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "f.yaml:1:1: expected company with as: but found nothing [wrong-type]"),
        ("[a]", "f.yaml:1:1: expected company with as: but found a list [wrong-type]"),
        ("{}", 'f.yaml:1:1: missing field "as" in company: what it is called [missing-field]'),
        ("{ass: acme}", 'f.yaml:1:2: unknown field "ass" in company; did you mean "as"? [unknown-field]'),
        (
            "{as: acme, secret: x}",
            'f.yaml:1:12: unknown field "secret" in company; it has as, offices, head, language, greeting '
            "[unknown-field]",
        ),
        (
            "{as: acme, offices: {floor: 1}}",
            'f.yaml:1:21: missing field "city" in office: where it is [missing-field]',
        ),
        ("{as: }", "f.yaml:1:2: expected a name, not nothing [wrong-type]"),
    ],
)
def test_a_wrong_dataclass_is_none_with_one_issue(text: str, expected: str) -> None:
    assert company(text) == (None, [expected])


def test_all_problems_come_at_once() -> None:
    found, issues = company("as: 9\nofices: x\nhead: {city: Rome, floor: up}\ngreeting: Hi\n")
    assert found is None
    assert len(issues) == 4


def test_nothing_to_read_gives_nothing() -> None:
    reading = Reading()
    assert read(None, Company, reading) is None
    assert not reading.issues


def test_only_documented_fields_are_written() -> None:
    assert list(fields_of(Company)) == ["as", "offices", "head", "language", "greeting"]


@pytest.mark.parametrize("owner", [*STEP_KINDS, Defaults], ids=lambda owner: owner.__name__)
def test_every_number_of_a_flow_has_a_span(owner: type[Any]) -> None:
    numbers = (int, Seconds, int | None, Seconds | None)
    assert not [shape.name for shape in fields_of(owner).values() if shape.annotation in numbers and not shape.span]
