"""Flows are edited while people call: a call keeps what it began with, new calls get what is new and good."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.app.build import handlers_of
from ivr.flow.issues import BrokenDocument
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.hotline.editions import Editions
from ivr.store import EditionRow
from ivr.webhooks.logs import OneLine
from tests.hotline.harness import CONFIG, FLOW, Faults, HotlineInTest, ManualClock, opened, write
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    write(tmp_path, {"hotline": FLOW})
    with opened(tmp_path, store_url) as hotline:
        yield hotline


def edit(hotline: HotlineInTest, old: str, new: str) -> None:
    assert old in FLOW
    write(hotline.folder, {"hotline": FLOW.replace(old, new)})


def test_a_new_call_uses_the_edit_and_a_running_one_what_it_began_with(hotline: HotlineInTest) -> None:
    running, later = hotline.call(), hotline.call()
    running.walk("2")
    edit(hotline, "en: Please choose.", "en: What can we do for you?")
    assert later.walk("2").words.startswith("What can we do for you?")
    assert running.silence().words.startswith("I heard nothing. Please choose.")


def test_a_call_goes_on_in_a_step_that_was_removed(hotline: HotlineInTest) -> None:
    running = hotline.call()
    running.walk("2 2")
    assert running.reply.words == "Your order number."
    gone = """  number:
    ask: {zh: 请输入订单号。, en: Your order number.}
    as: digits
    least: 4
    most: 8
    into: order
    confirm: true
    next: complaint
  complaint: {ticket: complaint, about: [order], next: text}
"""
    changed = FLOW.replace(gone, "  complaint: {ticket: complaint, next: text}\n").replace(
        "next: number}", "next: complaint}"
    )
    write(hotline.folder, {"hotline": changed})
    assert "Your reference is" in hotline.call().walk("2 2").words
    assert "1 2 3 4" in running.press("1234").words
    assert "Your reference is" in running.press("1").words
    assert {ticket.about for ticket in hotline.store.tickets()} == {"{}", '{"order": ["digits", "1234"]}'}


def test_a_call_goes_on_in_a_step_that_was_renamed(hotline: HotlineInTest) -> None:
    running = hotline.call()
    running.walk("2 2")
    write(hotline.folder, {"hotline": FLOW.replace("number:", "order_no:").replace("next: number}", "next: order_no}")})
    assert hotline.call().walk("2 2").words == "Your order number."
    running.press("1234")
    assert "Your reference is" in running.press("1").words


BROKEN = [
    (
        "a recording that is not there",
        "{say: {zh: 已冻结。, en: It is frozen.}",
        "{play: {zh: media/none.mp3}, text: {zh: 已冻结。, en: It is frozen.}",
        "bad-recording",
    ),
    ("a step that does not exist", "next: stars}", "next: starz}", "unknown-step"),
    ("no YAML", "steps:", "steps: [", ""),
    ("a file cut in the middle", FLOW[FLOW.index("ue", FLOW.index("confirm: tr")) :], "", "wrong-type"),
    ("nothing at all", FLOW, "", ""),
]


@pytest.mark.parametrize(("what", "old", "new", "rule"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_edit_keeps_the_last_good_flows_and_says_where_it_is_wrong(
    hotline: HotlineInTest, what: str, old: str, new: str, rule: str
) -> None:
    running = hotline.call()
    running.walk("2")
    edit(hotline, old, new)
    assert hotline.call().walk("2").words.startswith("Please choose.")
    assert running.press("2").words == "Your order number."
    problem = hotline.app.hotline.ready()["flows"]
    assert problem.startswith(f"{hotline.folder}/flows/hotline.yaml:"), problem
    assert rule in problem
    with pytest.raises(BrokenDocument), opened(hotline.folder, hotline.url):
        pass
    with opened(hotline.folder, hotline.url, goes_on=True) as worker:  # takes the place of one that died
        assert worker.call().walk("2").words.startswith("Please choose.")
        assert worker.app.hotline.ready() == {"flows": problem}
    edit(hotline, "Please choose.", "Choose now.")
    assert hotline.app.hotline.ready() == {}
    assert hotline.call().walk("2").words.startswith("Choose now.")


def test_a_broken_edit_leaves_one_line_in_the_log(hotline: HotlineInTest, caplog: pytest.LogCaptureFixture) -> None:
    edit(hotline, "next: complaint", "next: complain")
    for _ in range(3):
        hotline.call().walk("2")
    (line,) = [
        json.loads(OneLine().format(record)) for record in caplog.records if record.name == "ivr.hotline.editions"
    ]
    assert (line["level"], Path(line["file"]).name) == ("warning", "hotline.yaml")
    assert FLOW.replace("complaint", "complain").splitlines()[line["line"] - 1].strip().startswith("next: complain")
    assert line["why"].endswith("[unknown-step]")


def test_readiness_waits_for_a_look_at_the_folder_that_is_under_way(
    hotline: HotlineInTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, go_on = threading.Event(), threading.Event()
    refresh = Editions.refresh

    def slow(editions: Editions) -> bool:
        looking.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return refresh(editions)

    edit(hotline, "steps:", "steps: [")
    monkeypatch.setattr(Editions, "refresh", slow)
    with ThreadPoolExecutor(2) as pool:
        rung = pool.submit(hotline.call().walk, "2")
        assert looking.wait(PATIENCE_SECONDS)
        ready = pool.submit(hotline.app.hotline.ready)
        go_on.set()
        assert "flows" in ready.result(10)
        assert rung.result(10).words.startswith("Please choose.")


def test_a_folder_that_is_gone_keeps_the_last_good_flows(hotline: HotlineInTest) -> None:
    (hotline.folder / "flows" / "hotline.yaml").unlink()
    (hotline.folder / "flows").rmdir()
    assert hotline.call().walk("2").words.startswith("Please choose.")
    assert "flows" in hotline.app.hotline.ready()


def test_files_of_one_edit_go_in_together_or_not_at_all(hotline: HotlineInTest) -> None:
    more = "flow: extra\nstart: a\noutcomes: [done]\nsteps:\n  a: {say: {zh: 甲, en: Extra}, next: done}\n"
    write(hotline.folder, {"hotline": FLOW.replace("next: stars}", "next: extra_step}")})
    assert hotline.call().walk("2 6").words.startswith("How was it?"), "half of an edit changes nothing"
    write(
        hotline.folder,
        {
            "extra": more,
            "hotline": FLOW.replace(
                "  stars: {survey", "  extra_step: {run: extra, on: {done: stars}}\n  stars: {survey"
            ).replace("next: stars}", "next: extra_step}"),
        },
    )
    assert hotline.call().walk("2 6").words.startswith("Extra How was it?")


def test_a_call_pinned_to_an_old_edition_goes_on_after_a_restart(tmp_path: Path, store_url: str) -> None:
    clock = ManualClock()
    with opened(tmp_path, store_url, clock=clock) as hotline:
        running = hotline.call()
        running.walk("2 2")
        edit(hotline, "Your reference is", "Write down")
        hotline.call().ring()
    with opened(tmp_path, store_url, clock=clock) as hotline:
        running.client = hotline.call().client
        running.press("1234")
        assert "Your reference is" in running.press("1").words
        newer = hotline.call()
        newer.walk("2 2 1234")
        assert "Write down" in newer.press("1").words


def test_a_pinned_edition_is_not_checked_against_a_newer_configuration(tmp_path: Path) -> None:
    clock = ManualClock()
    flow = FLOW.replace("queue: support", "queue: senior")
    config = CONFIG.replace("queues: {", 'queues: {senior: {agents: ["+8613900000003"]}, ')
    with opened(tmp_path, flow=flow, clock=clock, config=config) as hotline:
        running = hotline.call()
        running.walk("2 2")
    write(tmp_path, {"hotline": FLOW})
    with opened(tmp_path, clock=clock) as hotline:
        running.client = hotline.call().client
        assert "1 2 3 4" in running.press("1234").words


def test_twenty_calls_and_five_edits_finish_on_their_own_edition(hotline: HotlineInTest) -> None:
    calls = [hotline.call() for _ in range(20)]
    for index, call in enumerate(calls):
        if index % 4 == 0:
            edit(hotline, "Please choose.", f"Edition {index}.")
        assert f"Edition {index - index % 4}." in call.walk("2").words
    for index, call in enumerate(calls):
        assert f"Edition {index - index % 4}." in call.silence().words
        call.press("2")
        call.press("1234")
        assert "Your reference is" in call.press("1").words


def test_editions_that_no_live_call_needs_are_forgotten(hotline: HotlineInTest) -> None:
    first = hotline.call()
    first.walk("2")
    old = hotline.app.hotline.editions.current.flows.digest
    edit(hotline, "Please choose.", "Choose.")
    hotline.call().ring()
    hotline.app.hotline.tidy()
    assert old in hotline.app.hotline.editions._known
    first.hang_up()
    hotline.app.hotline.tidy()
    assert old not in hotline.app.hotline.editions._known
    assert first.post("/voice/fallback", ErrorCode="1").verbs == ["Hangup"]


def test_an_edit_that_could_not_be_kept_is_published_at_the_next_look(hotline: HotlineInTest) -> None:
    edit(hotline, "Please choose.", "Choose.")
    faults = Faults(hotline.store)
    faults.when = lambda number, where: number == 1
    assert "Please choose." in hotline.call().walk("2").words
    faults.when = lambda number, where: False
    assert hotline.call().walk("2").words.startswith("Choose.")


def publish(hotline: HotlineInTest, words: str, *, starts: float = 0, until: float | None = None) -> None:
    """Publishes the flows with these words before the menu, from so many seconds from now on."""
    write(hotline.folder, {"hotline": FLOW.replace("en: Please choose.", f"en: {words}")})
    config = hotline.app.config
    sources, _ = flow_sources(hotline.folder / "flows")
    flows, issues = read_flows(sources, config.hotline.start, config.hotline.languages, handlers_of(config))
    assert flows is not None, issues
    now = hotline.clock()
    end = now + timedelta(seconds=until) if until else None
    row = EditionRow(0, flows.digest, "li", "why", now, now + timedelta(seconds=starts), end)
    hotline.store.editions.publish(row, {name: text.decode() for name, text in sources.items()})


def greeting(hotline: HotlineInTest) -> str:
    """What a new call hears at the menu, two seconds from now."""
    hotline.clock.advance(2)
    return hotline.call().walk("2").words


def test_once_something_is_published_edits_in_the_folder_are_not_heard(hotline: HotlineInTest) -> None:
    publish(hotline, "This is published.")
    edit(hotline, "en: Please choose.", "en: This is being worked on.")
    assert "This is published." in greeting(hotline)


def test_a_broken_folder_does_not_matter_to_what_is_published(hotline: HotlineInTest) -> None:
    publish(hotline, "This is published.")
    write(hotline.folder, {"hotline": "flow: [broken"})
    assert "This is published." in greeting(hotline)
    assert "flows" not in hotline.app.hotline.ready()


def test_a_running_call_keeps_its_edition_while_another_is_published(hotline: HotlineInTest) -> None:
    publish(hotline, "The first.")
    hotline.clock.advance(2)
    running = hotline.call()
    running.walk("2")
    publish(hotline, "The second.")
    assert "The second." in greeting(hotline)
    assert "The first." in running.silence().words


def test_an_edition_comes_into_force_and_ends_by_itself(hotline: HotlineInTest) -> None:
    publish(hotline, "As usual.")
    publish(hotline, "Happy new year.", starts=100, until=200)
    heard = []
    for seconds in (0, 95, 50):  # each greeting is heard two seconds later
        hotline.clock.advance(seconds)
        heard.append(greeting(hotline))
    assert [next(words for words in ("As usual.", "Happy new year.") if words in one) for one in heard] == [
        "As usual.", "As usual.", "Happy new year.",
    ]  # fmt: skip
    hotline.clock.advance(100)
    assert "As usual." in greeting(hotline)


def test_the_folder_is_heard_again_after_a_rollback_to_it(hotline: HotlineInTest) -> None:
    publish(hotline, "This is published.")
    hotline.store.editions.publish(EditionRow(0, "", "li", "why", hotline.clock(), hotline.clock()), {})
    edit(hotline, "en: Please choose.", "en: The folder again.")
    assert "The folder again." in greeting(hotline)


def test_an_edition_that_this_server_cannot_use_leaves_the_last_good_one(hotline: HotlineInTest) -> None:
    publish(hotline, "This is good.")
    assert "This is good." in greeting(hotline)
    now = hotline.clock()
    broken = {"flows/hotline.yaml": FLOW.replace("handle: fees", "handle: of_another_release")}
    assert broken["flows/hotline.yaml"] != FLOW
    hotline.store.editions.publish(EditionRow(0, "of another release", "li", "why", now, now), broken)
    assert "This is good." in greeting(hotline)
    assert "of_another_release" in hotline.app.hotline.ready()["flows"]


def test_a_server_begins_with_what_is_published(tmp_path: Path, store_url: str) -> None:
    with opened(tmp_path, store_url) as first:
        publish(first, "This is published.")
        url = first.url
    write(tmp_path, {"hotline": FLOW})
    with opened(tmp_path, url) as second:
        assert "This is published." in second.call().walk("2").words
