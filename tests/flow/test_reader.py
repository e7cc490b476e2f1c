"""Finished flows: what steps inherit, where they lead, and what folders may hold. Broken files: test_reading_rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.flow.issues import Issue, Place
from ivr.flow.model import (
    Ask,
    Choose,
    FlowSet,
    Handle,
    HandlerSpec,
    Hangup,
    Identify,
    Menu,
    Prompting,
    Sentence,
    Slot,
    Text,
    key_outcome,
)
from ivr.flow.reading import reader
from ivr.flow.reading.reader import _read_file, flow_sources, read_flows
from ivr.flow.reading.source import MAX_ISSUES
from tests.flow.reading import load_flows

GOOD = Path(__file__).parent / "good"
HANDLERS = {"refund": HandlerSpec("refund", outcomes={"approved": {}, "not_found": {}})}
MINIMAL = "flow: hotline\nstart: bye\nsteps:\n  bye:\n    hangup:\n"


@pytest.fixture(scope="module")
def hotline() -> FlowSet:
    flows, issues = load_flows(GOOD, "hotline", ("zh", "en"), HANDLERS)
    assert not issues
    assert flows is not None
    return flows


def rules(issues: list[Issue]) -> list[str]:
    return [issue.rule for issue in issues]


def read(text: str) -> FlowSet:
    flows, issues = read_flows({"hotline.yaml": text}, "hotline", ("zh", "en"))
    assert not issues
    assert flows is not None
    return flows


def to(hotline: FlowSet, state: str) -> dict[str, str]:
    return {outcome: way.next for outcome, way in hotline.step(state).ways.items()}


def prompting(hotline: FlowSet, state: str) -> Prompting:
    step = hotline.step(state)
    assert isinstance(step, Prompting)
    return step


# --- ways out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "ways"),
    [
        ("hotline.greeting", {"next": "language"}),
        (
            "hotline.language",
            {"key_1": "notice", "key_2": "notice", "key_0": "agent", "key_9": "security", "exhausted": "agent"},
        ),
        ("hotline.opening_hours", {"open": "main", "closed": "after_hours", "holiday": "bye"}),
        (
            "hotline.main",
            {
                "key_1": "who", "key_9": "refunds", "key_hash": "language", "key_0": "main", "exhausted": "agent",
            },
        ),
        ("hotline.sure", {"yes": "tier", "no": "who", "key_0": "agent", "key_9": "security", "exhausted": "agent"}),
        ("hotline.tier", {"gold": "agent", "1": "agent", "else": "ticket"}),
        ("hotline.bye", {}),
        ("refund.number", {"next": "look_up", "key_0": "hotline.agent", "exhausted": "agent"}),
        ("refund.look_up", {"approved": "done", "not_found": "number", "unavailable": "agent"}),
    ],
)  # fmt: skip
def test_every_way_out_is_filled_in(hotline: FlowSet, state: str, ways: dict[str, str]) -> None:
    assert to(hotline, state) == ways


def test_a_default_holds_only_for_outcomes_that_the_step_has(hotline: FlowSet) -> None:
    assert "unavailable" in to(hotline, "hotline.who")
    assert "unavailable" not in to(hotline, "hotline.call_back")
    assert "not_found" not in to(hotline, "refund.number")


def test_without_its_handler_a_step_inherits_only_what_all_handlers_have() -> None:
    flows, issues = load_flows(GOOD, "hotline", ("zh", "en"))
    assert not issues
    assert flows is not None
    assert to(flows, "refund.look_up") == {"approved": "done", "unavailable": "agent"}


def test_a_way_out_of_the_first_flow_is_not_inherited_where_its_name_is_unknown() -> None:
    first = "flow: hotline\nstart: bye\ndefaults: {exhausted: bye}\nsteps:\n  bye:\n    hangup:\n"
    menu = "    menu:\n    choices:\n    - {key: 1, label: {zh: 一, en: one}, next: end}\n"
    other = "flow: other\nstart: choose\noutcomes: [end]\nsteps:\n  choose:\n" + menu
    flows, issues = read_flows({"a": first, "b": other}, "hotline", ("zh", "en"))
    assert not issues
    assert flows is not None
    assert to(flows, "other.choose") == {"key_1": "end"}


def test_a_way_out_may_say_something(hotline: FlowSet) -> None:
    way = hotline.step("hotline.main").ways["exhausted"]
    assert way.say is not None
    assert way.say.sentences["en"] == Sentence(("I will connect you.",))


# --- what is inherited ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "tries", "wait"),
    [("hotline.main", 3, 8), ("hotline.language", 2, 8), ("hotline.who", 2, 8), ("refund.number", 4, 8)],
)
def test_numbers_come_from_the_step_then_its_flow_then_the_first_flow(
    hotline: FlowSet, state: str, tries: int, wait: int
) -> None:
    step = prompting(hotline, state)
    assert (step.tries, step.wait) == (tries, wait)


def test_words_come_from_the_step_then_its_flow_then_the_first_flow(hotline: FlowSet) -> None:
    def silence(state: str) -> list[str]:
        return [text.sentences["en"].source for text in prompting(hotline, state).silence]

    assert silence("hotline.main") == ["Press a key."]
    assert silence("hotline.language") == silence("refund.number") == ["I did not hear a choice."]
    assert len(prompting(hotline, "refund.number").wrong) == 2


@pytest.mark.parametrize(
    ("state", "keys"),
    [
        ("hotline.language", {"0": "agent", "*": "repeat", "9": "security"}),
        ("hotline.main", {"0": "main", "*": "repeat", "7": "back"}),
        ("refund.number", {"0": "hotline.agent", "*": "repeat", "9": "back"}),
    ],
)
def test_keys_are_merged_and_a_choice_takes_its_key(hotline: FlowSet, state: str, keys: dict[str, str]) -> None:
    assert prompting(hotline, state).keys == keys


def test_a_flow_keeps_the_keys_it_wrote(hotline: FlowSet) -> None:
    assert hotline.flows["refund"].keys == {"9": "back"}


@pytest.mark.parametrize(("key", "outcome"), [("1", "key_1"), ("0", "key_0"), ("*", "key_star"), ("#", "key_hash")])
def test_keys_have_outcomes(key: str, outcome: str) -> None:
    assert key_outcome(key) == outcome


# --- fields and places ------------------------------------------------------------------------------------------


def test_values_stay_as_typed_and_are_read_by_their_field(hotline: FlowSet) -> None:
    look_up, number, main, bye = map(hotline.step, ("refund.look_up", "refund.number", "hotline.main", "hotline.bye"))
    assert isinstance(look_up, Handle)
    assert look_up.with_["channel"] == Sentence(("010",))
    assert look_up.with_["reference"] == Sentence((Slot("refund_reference"),))
    assert isinstance(number, Ask)
    assert (number.as_, number.into, number.confirm) == ("reference", "refund_reference", True)
    assert isinstance(main, Menu)
    assert main.speech is False
    assert main.choices[1].also == {"zh": ("退钱",), "en": ("money back",)}
    assert isinstance(bye, Hangup)
    assert bye.hangup is None
    assert isinstance(hotline.step("hotline.tier"), Choose)


def test_the_label_of_a_language_choice_is_in_that_language(hotline: FlowSet) -> None:
    step = hotline.step("hotline.language")
    assert isinstance(step, Menu)
    assert [dict(choice.label.sentences) for choice in step.choices if choice.label] == [
        {"zh": Sentence(("普通话服务",))},
        {"en": Sentence(("service in English",))},
    ]


def test_steps_know_where_their_fields_are_written(hotline: FlowSet) -> None:
    file = str(GOOD / "refund.yaml")
    step = hotline.step("refund.look_up")
    assert step.place == Place(file, 15, 3, 7)
    assert step.places["with.reference"] == Place(file, 17, 23, 20)
    assert step.places["on.approved"].line == 20
    assert hotline.flows["refund"].places["keys.9"] == Place(file, 4, 13, 4)
    start = str(GOOD / "hotline.yaml")
    assert hotline.step("refund.number").ways["key_0"].place == Place(start, 5, 13, 5)
    assert isinstance(hotline.step("hotline.who"), Identify)
    assert prompting(hotline, "refund.number").places["keys.0"] == Place(start, 5, 13, 5)


def test_a_slot_knows_its_column(hotline: FlowSet) -> None:
    say = hotline.step("refund.look_up").ways["approved"].say
    assert isinstance(say, Text)
    assert [(slot.name, slot.place.column) for slot in say.sentences["zh"].slots] == [
        ("amount", 24),
        ("expected_on", 34),
    ]


# --- several files ----------------------------------------------------------------------------------------------


def test_two_files_with_one_flow_are_named_both() -> None:
    flows, issues = read_flows({"a.yaml": MINIMAL, "b.yaml": MINIMAL}, "hotline", ("zh",))
    assert flows is None
    assert [str(issue) for issue in issues] == [
        'b.yaml:1:7: a flow "hotline" stands in a.yaml too, line 1; rename one [duplicate-flow]'
    ]


def test_a_broken_file_does_not_hide_the_problems_of_others() -> None:
    flows, issues = read_flows({"a.yaml": "flow: [", "b.yaml": MINIMAL + "  two: x\n"}, "hotline", ("zh",))
    assert flows is None
    assert [(issue.place.file, issue.rule) for issue in issues] == [("a.yaml", "yaml-syntax"), ("b.yaml", "wrong-type")]


def test_a_missing_first_flow_is_not_told_while_a_file_cannot_be_read() -> None:
    _, issues = read_flows({"hotline.yaml": "flow: ["}, "hotline", ("zh",))
    assert rules(issues) == ["yaml-syntax"]


def test_where_one_language_is_spoken_a_text_is_a_sentence() -> None:
    text = "flow: hotline\nstart: bye\nsteps:\n  bye:\n    hangup: Goodbye.\n"
    flows, issues = read_flows({"a": text}, "hotline", ("en",))
    assert not issues
    assert flows is not None
    assert flows.step("hotline.bye") == Hangup(name="bye", hangup=Text({"en": Sentence(("Goodbye.",))}))


def test_a_warning_does_not_stop_the_flows() -> None:
    text = "flow: hotline\nstart: bye\nsteps:\n  bye:\n    hangup: '{{ name }}'\n"
    flows, issues = read_flows({"a": text}, "hotline", ("en",))
    assert flows is not None
    assert [issue.is_error for issue in issues] == [False]


# --- the digest -------------------------------------------------------------------------------------------------


def test_the_digest_is_of_names_and_words_and_not_of_the_folder() -> None:
    def digest(**files: str) -> str:
        flows, _ = read_flows({f"{name}.yaml": text for name, text in files.items()}, "hotline", ("zh",))
        assert flows is not None
        return flows.digest

    other = MINIMAL.replace("hotline", "other")
    here = read_flows({"here/a.yaml": MINIMAL}, "hotline", ("zh",))[0]
    assert here is not None
    assert here.digest == digest(a=MINIMAL)
    assert len({digest(a=MINIMAL), digest(b=MINIMAL), digest(a=MINIMAL + "\n"), digest(a=MINIMAL, b=other)}) == 4


# --- folders ----------------------------------------------------------------------------------------------------


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "notes.txt", ".hidden.yaml"):
        (tmp_path / name).write_text(MINIMAL)
    sources, issues = flow_sources(tmp_path)
    assert [Path(file).name for file in sources] == ["a.yaml", "b.yaml"]
    assert not issues


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("password: 1234")
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "a.yaml").write_text(MINIMAL)
    (flows / "b.yaml").symlink_to("../secret.yaml")
    (flows / "c.yaml").symlink_to("c.yaml")
    (flows / "same.yaml").symlink_to("a.yaml")
    sources, issues = flow_sources(flows)
    assert [Path(file).name for file in sources] == ["a.yaml", "same.yaml"]
    assert rules(issues) == ["outside", "unreadable"]
    assert load_flows(flows, "hotline", ("zh",))[0] is None


def test_what_is_no_file_of_flows_is_said(tmp_path: Path) -> None:
    assert rules(flow_sources(tmp_path / "nowhere")[1]) == ["unreadable"]
    assert rules(flow_sources(tmp_path)[1]) == ["no-flows"]
    assert rules(load_flows(tmp_path, "hotline", ("zh",))[1]) == ["no-flows"]
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "wrong.yml").write_text(MINIMAL)
    assert rules(flow_sources(tmp_path)[1]) == ["unreadable", "unreadable"]


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("#" * 3_000_000)
    sources, _ = flow_sources(tmp_path)
    assert [len(text) for text in sources.values()] == [reader.MAX_BYTES + 1]
    assert rules(load_flows(tmp_path, "hotline", ("zh",))[1]) == ["too-large"]


# --- a new step kind --------------------------------------------------------------------------------------------


def test_a_new_step_kind_needs_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    from ivr.flow.model import Seconds, Step, yaml_field
    from ivr.flow.reading import drafts

    @dataclass(frozen=True, kw_only=True)
    class Pause(Step):
        """Says nothing for a while."""

        kind = "pause"
        outcomes = ("next", "cut_short")
        pause: Seconds = yaml_field("how long")

    monkeypatch.setattr(Pause, "__module__", "ivr.flow.model")
    monkeypatch.setitem(drafts._KINDS, "pause", Pause)
    flows = read(MINIMAL + "  wait: {pause: 3 s, next: bye, on: {cut_short: wait}}\n")
    step = flows.step("hotline.wait")
    assert isinstance(step, Pause)
    assert step.pause == 3
    assert to(flows, "hotline.wait") == {"next": "bye", "cut_short": "wait"}


# --- a great deal of it -----------------------------------------------------------------------------------------

CROWDS = {
    "slots": "    hangup: {zh: '" + "{1}" * 80_000 + "', en: x}\n",
    "fields": "    hangup:\n" + "".join(f"    f{number}: 1\n" for number in range(18_000)),
    "steps": "    hangup:\n" + "".join(f"  s{number}: {{sya: 1}}\n" for number in range(11_000)),
    "languages": "    hangup: {" + ", ".join(f"l{number}: x" for number in range(18_000)) + "}\n",
}


@pytest.mark.parametrize("crowd", CROWDS)
def test_of_very_many_problems_the_first_are_told(crowd: str) -> None:
    text = MINIMAL.replace("    hangup:\n", CROWDS[crowd])
    assert len(text) < reader.MAX_BYTES
    flows, issues = read_flows({"a": text}, "hotline", ("zh", "en"))
    assert flows is None
    assert len(issues) == MAX_ISSUES + 1
    assert rules(issues).count("too-many-problems") == 1


@pytest.mark.slow
def test_ten_thousand_steps_are_read() -> None:
    step = "  s{0}:\n    say: {{zh: 您好, en: Hello}}\n    next: s{1}\n"
    files = {
        f"f{file}": f"flow: f{file}\nstart: s0\nsteps:\n" + "".join(step.format(n, (n + 1) % 1000) for n in range(1000))
        for file in range(10)
    }
    flows, issues = read_flows(files, "f0", ("zh", "en"))
    assert not issues
    assert flows is not None
    assert sum(len(flow.steps) for flow in flows.flows.values()) == 10_000


@pytest.mark.parametrize(
    "step",
    [
        "{say: Thank you, and goodbye., next: bye}",
        "{menu: Hello, dear caller., choices: [{key: 1, label: the end, next: bye}], exhausted: bye}",
        "{menu: Hello., choices: [{key: 1, label: the end, of it all, next: bye}], exhausted: bye}",
        "{queue: q, say: One moment, please., on: {answered: bye, left: bye}}",
        "{hangup: Thank you, goodbye.}",
    ],
)
def test_a_comma_that_cuts_a_sentence_of_the_one_language_is_told(step: str) -> None:
    text = f"flow: hotline\nstart: a\nsteps:\n  a: {step}\n  bye: {{hangup: Bye.}}\n"
    _, issues = read_flows({"hotline.yaml": text}, "hotline", ("en",))
    assert [issue.rule for issue in issues] == ["cut-at-comma"]


def test_a_misspelt_field_behind_a_sentence_is_no_cut_sentence() -> None:
    text = "flow: hotline\nstart: a\nsteps:\n  a: {say: Hello., nxt: }\n"
    _, issues = read_flows({"hotline.yaml": text}, "hotline", ("en",))
    assert [issue.rule for issue in issues] == ["unknown-field"]


def test_of_many_files_only_the_one_that_changed_is_read_again() -> None:
    part = "flow: {name}\nstart: bye\nsteps:\n  bye: {{hangup: }}\n"
    sources = {f"{name}.yaml": part.format(name=name) for name in ("hotline", *(f"part{n}" for n in range(300)))}
    read_flows(sources, "hotline", ("zh", "en"))
    before = _read_file.cache_info().misses
    read_flows(sources | {"part7.yaml": sources["part7.yaml"] + "# more\n"}, "hotline", ("zh", "en"))
    assert _read_file.cache_info().misses == before + 1
