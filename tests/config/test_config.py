"""The configuration: what a broken one is told, what the shipped one says, and that no secret is ever shown."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ivr.call.calendar import opening
from ivr.config import Config, Settings, config_schema, load_config, read_config, redacted
from ivr.flow.issues import Issue, as_text
from ivr.flow.model import HandlerSpec
from ivr.flow.reading.fields import fields_of
from ivr.flow.reading.source import ListNode, MapNode, Node, Scalar, parse

ROOT = Path(__file__).parent.parent.parent
BROKEN = sorted(Path(__file__).parent.glob("*.yaml"))
TODAY = date(2026, 11, 22)
SID = "AC" + "0" * 32
CANARY = "5ecre7-canary-5ecre7"


def config(text: str, **environ: str) -> Config:
    found, issues = read_config(text, "config.yaml", folder=Path("/srv/hotline"), today=TODAY, environ=environ)
    assert found is not None, "\n".join(map(str, issues))
    return found


def rules(text: str, **environ: str) -> list[str]:
    _, issues = read_config(text, "config.yaml", folder=Path(), today=TODAY, environ=environ)
    return [issue.rule for issue in issues]


# --- broken files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_told_as_written_beside_it(path: Path, request: pytest.FixtureRequest) -> None:
    text = path.read_text(encoding="utf-8")
    environ = dict(re.findall(r"^# env: (\w+)=(.*)$", text, re.MULTILINE))
    found, issues = read_config(text, path.name, folder=path.parent, today=TODAY, environ=environ)
    told = "".join(f"{issue}\n" for issue in issues)
    expected = path.with_suffix(".out")
    if request.config.getoption("--update", default=False):
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")
    assert (found is None) is any(issue.is_error for issue in issues)
    assert CANARY not in told


@pytest.mark.parametrize(
    ("host", "wrong"),
    [("169.254.169.254", True), ("2852039166", True), ("0xa9fea9fe", True), ("[fe80::1]", True),
     ("[::ffff:169.254.169.254]", True), ("metadata.google.internal", True), ("10.0.0.1", False), ("[fd00::1]", False),
     ("tickets.example.com", False)],
)  # fmt: skip
def test_tickets_go_to_no_address_where_a_cloud_hands_out_keys(host: str, wrong: bool) -> None:
    assert ("bad-url" in rules(f'tickets: {{url: "https://{host}/new"}}')) is wrong


def test_a_file_that_is_not_there_is_an_issue() -> None:
    found, issues = load_config(ROOT / "nowhere.yaml", today=TODAY, environ={})
    assert (found, [issue.rule for issue in issues]) == (None, ["unreadable"])


# --- the shipped file ---------------------------------------------------------------------------------------


def shipped() -> tuple[Config | None, list[Issue]]:
    return load_config(ROOT / "config.yaml", today=date(2026, 1, 1), environ={})


def test_the_shipped_file_has_no_problem_and_says_the_defaults() -> None:
    """But for what makes it the hotline of a wallet: handlers, back office, accounts, name, and days for tickets."""
    found, issues = shipped()
    assert issues == []
    assert found is not None
    assert (found.hotline.handlers, found.back_office.module) == (("ivr.wallet.handlers",), "ivr.wallet.back_office")
    found = dataclasses.replace(
        found,
        languages_named=False,
        hotline=dataclasses.replace(found.hotline, handlers=()),
        back_office=dataclasses.replace(found.back_office, module=""),
        message_opening={},
        policies={name: dataclasses.replace(policy, account_digits=6) for name, policy in found.policies.items()},
        tickets=dataclasses.replace(found.tickets, calendar=""),
    )
    empty, _ = read_config("", "config.yaml", folder=ROOT, today=date(2026, 1, 1), environ={})
    assert found == empty


def sections(cls: type[Any], name: str = "") -> Iterator[tuple[str, str]]:
    """Every key of the model with the top-level section it stands in."""
    for key, shape in fields_of(cls).items():
        inner = [shape.annotation, *getattr(shape.annotation, "__args__", ())]
        yield name or key, key
        for each in inner:
            if dataclasses.is_dataclass(each) and each.__name__ not in ("Setting", "Secret", "Text"):
                yield from sections(each, name or key)  # type: ignore[arg-type]


@pytest.mark.parametrize(("section", "key"), sorted(set(sections(Settings))))
def test_every_key_stands_in_the_shipped_file_with_words_beside_it(section: str, key: str) -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    block = re.search(rf"^{section}:.*?(?=^\S|\Z)", re.sub(r"^#(?=  )", " ", text, flags=re.MULTILINE), re.M | re.S)
    assert block, section
    assert re.search(rf"(^|[\s{{#]){key}:", block[0]), f"{section}.{key} is not shown"


@pytest.mark.parametrize(("section", "key"), sorted(set(sections(Settings))))
def test_every_key_is_documented_in_the_model(section: str, key: str) -> None:
    docs = [shape.doc for name, shape in _all_shapes(Settings) if name == key]
    assert docs
    assert all(len(doc.split()) >= 2 for doc in docs), docs


def _all_shapes(cls: type[Any]) -> Iterator[tuple[str, Any]]:
    for key, shape in fields_of(cls).items():
        yield key, shape
        for each in [shape.annotation, *getattr(shape.annotation, "__args__", ())]:
            if dataclasses.is_dataclass(each) and fields_of(each):  # type: ignore[arg-type]
                yield from _all_shapes(each)  # type: ignore[arg-type]


def test_the_examples_in_comments_can_be_used() -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    known = r"zh|en|say|voice|listen|old_auth_token|sat, sun|\d{4}-\d\d-\d\d|li|name|phone|queues|languages|role"
    used = re.sub(
        rf"^( *)#( +)(?=(?:{known}): ?)", lambda m: m[1] + (m[2] + " " if m[2] != " " else ""), text, flags=re.M
    )
    used = used.replace("voices: {}", "voices:").replace("days: {} ", "days:    ").replace("agents: {}", "agents:")
    assert used != text
    found = config(used, TWILIO_OLD_AUTH_TOKEN="old")
    assert found.voices["zh"].say == "cmn-CN"
    assert found.calendars["support"].days[date(2027, 1, 15)].name == {"zh": "公司年会", "en": "our company day"}
    assert found.calendars["support"].weekly[5] == found.calendars["support"].weekly[6] != ()
    assert (found.agents["li"].queues, found.agents["li"].languages) == (("support",), ("zh", "en"))


def test_voices_written_in_part_keep_the_rest_of_the_language() -> None:
    voice = config("voices: {en: {voice: Polly.Matthew-Neural}}").voices["en"]
    assert (voice.voice, voice.say) == ("Polly.Matthew-Neural", "en-US")


# --- what it means ------------------------------------------------------------------------------------------


def test_an_empty_file_answers_from_nine_to_six() -> None:
    found = config("")
    answer = opening(found.calendars["support"], datetime(2026, 11, 23, 1, tzinfo=UTC))
    assert answer.state == "open"
    assert found.queue_calendars["support"] is found.calendars["support"]
    assert "security" not in found.queue_calendars


def test_nobody_is_warned_of_a_calendar_that_nobody_wrote() -> None:
    """In November the holidays of the next year are not known."""
    assert read_config("", "config.yaml", folder=ROOT, today=date(2026, 11, 22), environ={})[1] == []


def test_a_calendar_without_a_zone_hangs_where_the_hotline_is() -> None:
    found = config("hotline: {time_zone: Europe/Berlin}\ncalendars: {support: {weekly: {mon: 09:00-10:00}}}")
    assert found.calendars["support"].time_zone == "Europe/Berlin"


def test_hours_and_days_become_a_calendar() -> None:
    text = """
    calendars:
      support:
        weekly: {mon-thu: [09:00-12:00, 13:00-18:00], fri: 09:00-12:00, "sat, sun": closed}
        days: {2026-11-23: 10:00-11:00, 2026-11-24: {name: {zh: 年会, en: party}}}
        worked_weekend_hours: 10:00-16:00
    """
    calendar = config(text).calendars["support"]
    assert [len(spans) for spans in calendar.weekly] == [2, 2, 2, 2, 1, 0, 0]
    assert str(calendar.days[date(2026, 11, 23)].spans[0]) == "10:00-11:00"
    assert (calendar.days[date(2026, 11, 24)].spans, calendar.days[date(2026, 11, 24)].name["en"]) == ((), "party")
    assert str((calendar.worked_weekend_hours or ())[0]) == "10:00-16:00"


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("mon", [0]),
        ("Mon-Fri", [0, 1, 2, 3, 4]),
        ("sat-sun", [5, 6]),
        ("fri-mon", [0, 4, 5, 6]),
        ("monday, wed", [0, 2]),
    ],
)
def test_weekdays(key: str, days: list[int]) -> None:
    calendar = config(f"calendars: {{support: {{weekly: {{'{key}': 09:00-10:00}}}}}}\nqueues: {{}}").calendars[
        "support"
    ]
    assert [day for day, spans in enumerate(calendar.weekly) if spans] == days


def test_one_language_needs_texts_in_one_language() -> None:
    found = config("hotline: {languages: [en]}\nmessages: {opening: {en: Hello!}}")
    assert (found.message_opening, tuple(found.voices)) == ({"en": "Hello!"}, ("en",))


def test_a_text_message_begins_with_its_opening() -> None:
    found = config('messages: {opening: {zh: 【云钱包】, en: "CloudWallet:"}}')
    assert found.text_message("您的编号是300123。", "zh") == "【云钱包】您的编号是300123。"
    assert found.text_message("Your number is 300123.", "en") == "CloudWallet: Your number is 300123."


def test_flows_find_their_names_in_the_catalogue() -> None:
    refund = HandlerSpec("refund")
    catalogue = config("numbers: {destinations: {branch: '+8675512345678'}}").catalogue({"refund": refund})
    assert catalogue.handlers == {"refund": refund}
    assert catalogue.calendars == {"support"}
    assert catalogue.policies == {"customer"}
    assert catalogue.queues == {"support", "senior", "security"}
    assert catalogue.destinations == {"branch"}
    assert catalogue.languages == ("zh", "en")


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("sqlite:///data/ivr.db", "sqlite:////srv/hotline/data/ivr.db"),
        ("sqlite:////var/ivr.db", "sqlite:////var/ivr.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql://db/ivr", "postgresql://db/ivr"),
    ],
)
def test_a_database_file_stands_beside_the_configuration(written: str, url: str) -> None:
    assert config(f"store: {{url: '{written}'}}").store_url == url


# --- secrets ------------------------------------------------------------------------------------------------

ON_TWILIO = {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": CANARY}
PUBLIC = "hotline: {public_url: https://hotline.example.com, number: '+8675512345678'}\n"
OPENING = 'messages: {opening: {zh: 【牙科】, en: "Dental:"}}\n'


def test_secrets_come_from_the_environment_and_are_never_shown() -> None:
    text = PUBLIC + (
        "twilio: {old_auth_token: {env: OLD}}\nstore: {url: {env: DATABASE_URL}}\n"
        "back_office: {module: mine, url: https://wallet.example.com, token: {env: WALLET_TOKEN}}"
    )
    url = f"postgresql://ivr:{CANARY}@db/ivr"
    found = config(text, **ON_TWILIO, OLD=CANARY + "-old", DATABASE_URL=url, WALLET_TOKEN=CANARY)
    assert found.on_twilio
    assert found.auth_tokens == (CANARY, CANARY + "-old")
    assert found.store_url == url
    assert found.back_office.token is not None
    assert found.back_office.token.value == CANARY
    assert found.messages_from == "+8675512345678"
    assert CANARY not in repr(found)


def test_without_an_account_the_simulated_network_is_used() -> None:
    found = config("")
    assert (found.on_twilio, found.auth_tokens) == (False, ())


def test_an_account_without_a_public_address_is_refused() -> None:
    assert rules(OPENING, **ON_TWILIO) == ["half-configured", "half-configured"]
    assert rules(PUBLIC + OPENING, **ON_TWILIO) == []


def test_calendars_of_ones_own_need_no_queues_of_ones_own() -> None:
    found = config("calendars: {practice: {weekly: {mon: 09:00-12:00}}}")
    assert {queue.calendar for queue in found.queues.values()} == {""}
    assert config("").queues["support"].calendar == "support"
    assert rules("queues: {front: {calendar: practice}}") == ["unknown-calendar"]


@pytest.mark.parametrize(
    ("written", "zone", "allowed"),
    [
        ("country: US", "America/New_York", ("+1",)),
        ("country: JP", "Asia/Tokyo", ("+81",)),
        ("country: DE", "Europe/Berlin", ("+49",)),
        ("country: US, time_zone: America/Chicago", "America/Chicago", ("+1",)),
        ("country: CN", "Asia/Shanghai", ("+86", "+447700900")),
    ],
)
def test_a_country_brings_its_time_zone_and_its_numbers(written: str, zone: str, allowed: tuple[str, ...]) -> None:
    found = config(f"hotline: {{{written}}}")
    assert (found.hotline.time_zone, found.numbers.allowed) == (zone, allowed)
    both = config(f"hotline: {{{written}}}\nnumbers: {{allowed: '+852'}}")
    assert both.numbers.allowed == ("+852",)


def test_text_messages_to_real_people_say_who_writes() -> None:
    assert rules(PUBLIC, **ON_TWILIO) == ["half-configured"]
    assert rules(PUBLIC) == []


@pytest.mark.parametrize(
    "where", ["twilio: {auth_token: %s}", "back_office: {url: 'https://w.example.com', token: %s}"]
)
@pytest.mark.parametrize("value", [CANARY, f"'{CANARY}'", f"{{env: {CANARY}}}", f"[{CANARY}]", f"{{text: {CANARY}}}"])
def test_a_secret_in_the_file_is_refused_without_repeating_it(where: str, value: str) -> None:
    found, issues = read_config(where % value, "c.yaml", folder=Path(), today=TODAY, environ={})
    assert found is None
    assert CANARY not in repr(issues)


def test_the_place_of_a_secret_is_that_of_its_key() -> None:
    _, issues = read_config(f"twilio:\n  auth_token: {CANARY}", "c.yaml", folder=Path(), today=TODAY, environ={})
    assert [(issue.rule, issue.place.line, issue.place.column) for issue in issues] == [("secret-in-file", 2, 3)]


WRITTEN = [
    f"twilio:\n  auth_token: {CANARY}\n",
    f"twilio: {{acount_sid: x, auth_token: {CANARY}, old_auth_token: '{CANARY}'}}",
    f"twilio:\n  auth_token:\n    - {CANARY}\n",
    f"twilio:\n  auth_token: {{env: {CANARY}}}\n",
    f"twilio:\n  auth_token: {{text: {CANARY}}}\n",
    f"twilio: {{auth_token: {CANARY}\nback_office: {{}}",
    f"wallet:\n\ttoken: {CANARY}\n",
    f"store: {{url: 'postgresql://ivr:{CANARY}@db/ivr'}}",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_secret_is_redacted_where_source_lines_are_shown(text: str) -> None:
    _, issues = read_config(text, "c.yaml", folder=Path(), today=TODAY, environ={})
    shown = redacted(text)
    assert issues
    assert CANARY not in as_text(issues, {"c.yaml": shown})
    assert [len(line) for line in shown.split("\n")] == [len(line) for line in text.split("\n")]


def test_a_configuration_without_secrets_is_shown_as_it_is() -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    assert redacted(text).replace("•", "") in (text, text.replace("password", ""))


def test_every_rule_is_met_by_a_broken_file() -> None:
    """A rule without a pair of files is a rule that nobody has seen."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ivr" / "config").glob("*.py"))
    named: set[str] = set(re.findall(r'(?:Issue|_error)\(\s*"([a-z-]+)"', source))
    told = "".join(path.with_suffix(".out").read_text(encoding="utf-8") for path in BROKEN)
    elsewhere = {"unreadable", "bad-slot"}  # the latter in files of words: tests/config/test_languages.py
    assert named - set(re.findall(r"\[([a-z-]+)\]$", told, re.MULTILINE)) == elsewhere


# --- for editors --------------------------------------------------------------------------------------------


def plain(node: Node | None) -> Any:
    """A document as an editor sees it, every word as text."""
    match node:
        case MapNode(entries=entries):
            return {entry.key.text: plain(entry.value) for entry in entries}
        case ListNode(items=items):
            return [plain(item) for item in items]
        case Scalar(is_empty=False, text=text):
            return text
        case _:
            return None


def test_the_schema_takes_the_shipped_file_and_refuses_a_slip_of_the_pen() -> None:
    validator = Draft202012Validator(config_schema(("zh", "en")))
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    assert list(validator.iter_errors(plain(parse(text, "config.yaml")[0]))) == []
    for slip in ("hotlin: {}", "queues: {support: {size: 3}}", "twilio: {auth_token: abc}", "limits: {turns: many}"):
        assert list(validator.iter_errors(plain(parse(slip, "config.yaml")[0]))), slip
