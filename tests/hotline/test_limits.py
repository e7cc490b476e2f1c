"""Requests that a carrier would not send, and calls that would not end."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.app.build import Environment, build_app
from ivr.app.simulation import Simulation
from ivr.call.understanding import learning
from ivr.network import VirtualClock
from ivr.webhooks.settings import Unsafe
from tests.hotline.harness import ACCOUNT, CONFIG, FLOW, MONDAY, HotlineInTest, Watched, configured, opened, write
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    with opened(tmp_path, store_url) as hotline:
        yield hotline


def rows(hotline: HotlineInTest) -> list[str]:
    return [row.id for row in hotline.store.calls(1000)]


@pytest.mark.parametrize("turn", [0, 1, 3, 250])
def test_a_call_never_seen_is_asked_to_call_again_and_nothing_is_made_up(hotline: HotlineInTest, turn: int) -> None:
    reply = hotline.call().turn(turn, Digits="1")
    assert reply.status == 200
    assert "Please call again" in reply.words
    assert "请稍后再拨" in reply.words
    assert reply.verbs[-1] == "Hangup"
    assert rows(hotline) == []


def test_a_call_never_seen_is_let_out_of_a_queue_it_is_not_in(hotline: HotlineInTest) -> None:
    call = hotline.call()
    assert call.post(f"/voice/{call.sid}/hold/3", QueueTime="5", QueuePosition="1").verbs == ["Leave"]
    assert "Please call again" in call.post(f"/voice/{call.sid}/turns/3/poll").words
    assert rows(hotline) == []


@pytest.mark.parametrize(
    "path", ["/voice", "/voice/fallback", "/voice/status", "/floor/talks/TK0000000000000000000000"]
)
def test_another_account_is_refused_with_an_empty_body(hotline: HotlineInTest, path: str) -> None:
    reply = hotline.call(account=ACCOUNT.replace("2e", "3f")).post(path)
    assert (reply.status, reply.body) == (403, "")
    assert rows(hotline) == []


@pytest.mark.parametrize("ahead", [1, 2, 50, 9000])
def test_a_turn_from_the_future_does_nothing(hotline: HotlineInTest, ahead: int) -> None:
    call = hotline.call()
    turn = call.walk("2 2").turn
    reply = call.turn(turn + ahead, Digits="12345")
    assert (reply.status, reply.body) == (409, "")
    assert hotline.store.call(call.sid).turn == turn  # type: ignore[union-attr]
    assert call.press("12345").words.startswith("I have 1 2 3 4 5.")


def test_a_loop_without_the_caller_ends_with_a_person_and_a_sentence(tmp_path: Path) -> None:
    flow = FLOW.replace("start: language", "start: round").replace(
        "  language:",
        "  round: {say: {zh: 甲, en: A}, next: about}\n  about: {say: {zh: 乙, en: B}, next: round}\n  language:",
    )
    with opened(tmp_path) as hotline:
        # The checker refuses such flows; a set that got past it is bound here by hand.
        editions = hotline.app.hotline.editions
        editions._current, _ = editions._read({"flows/hotline.yaml": flow})
        editions._known[editions._current.flows.digest] = editions._current
        reply = hotline.call().ring()
        assert "Enqueue" in reply.verbs
        assert "要由人工客服处理" in reply.words
        assert reply.words.count("甲") + reply.words.count("乙") == 51, "the first step, and fifty after it"


def test_look_ups_that_go_round_end_with_an_apology_and_a_person(tmp_path: Path) -> None:
    with opened(tmp_path, wallet=Watched()) as hotline:
        editions = hotline.app.hotline.editions
        looping = FLOW.replace("on: {told: main}", "on: {told: fees}")
        editions._current, _ = editions._read({"flows/hotline.yaml": looping})
        editions._known[editions._current.flows.digest] = editions._current
        reply = hotline.call().walk("2 8")
        assert "sorry" in reply.words
        assert "Enqueue" in reply.verbs
        assert hotline.wallet.asked.count("terms") <= 60  # type: ignore[union-attr]


def test_after_two_hundred_turns_a_person_takes_over(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2")
    turns = 2
    while "Enqueue" not in call.reply.verbs:
        assert turns <= 200
        call.press("8")
        turns += 1
    assert turns == 201
    assert "only a person can go on" in call.reply.words


def test_a_call_of_an_hour_is_taken_over_by_a_person(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2")
    hotline.clock.advance(3601)
    assert "only a person can go on" in call.press("2").words
    assert "Enqueue" in call.reply.verbs


def test_silence_leads_to_a_person_within_a_minute(tmp_path: Path) -> None:
    write(tmp_path, {"hotline": FLOW})
    with Simulation(configured(tmp_path), clock=VirtualClock(MONDAY)) as town:
        call = town.dial("+8613800000001")
        for _ in range(3):
            call.silence()
        call.hears("正在为您转接人工客服")
        assert call.duration <= 60


def test_the_demo_wallet_is_refused_where_a_real_account_is_configured(tmp_path: Path) -> None:
    write(tmp_path, {"hotline": FLOW})
    environ = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "f" * 32, "WALLET_TOKEN": "w" * 20}
    online = CONFIG.replace("hotline: {", "hotline: {public_url: https://hotline.example, ")
    environment = Environment(sender=None, store_url="sqlite://")  # type: ignore[arg-type]
    with pytest.raises(Unsafe, match=r"back_office\.url"):
        build_app(configured(tmp_path, online, environ), environment)
    url = "wallet.back_office, url: https://w.example, token: {env: WALLET_TOKEN}}"
    real = online.replace("wallet.back_office}", url)
    build_app(configured(tmp_path, real, environ), environment).close()


def test_the_first_call_of_a_server_loads_nothing_while_it_keeps_the_store(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.hotline.harness import CONFIG, FLOW, opened\n"
        'hours = \'menu: {zh: "{hours:always}", en: "{hours:always}"}\'\n'
        "flow = FLOW.replace('menu:', hours, 1)\n"
        "config = CONFIG.replace('00:00-24:00', '09:00-18:00')\n"
        f"with opened(Path({str(tmp_path)!r}), flow=flow, config=config) as hotline:\n"
        "    hotline.app.hotline.warm_up()\n"
        "    known = set(sys.modules)\n"
        "    assert hotline.call().ring().words\n"
        "    print([name for name in sys.modules if name not in known and name.startswith(('babel', 'ivr'))])\n"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert ran.stdout == "[]\n"


class HeldUp:
    """In place of the lock of those who learn: whoever comes waits there until the test lets them on."""

    def __init__(self) -> None:
        self.came: set[int] = set()
        self.somebody = threading.Condition()
        self.go = threading.Event()
        self.let_on = True

    def __enter__(self) -> None:
        with self.somebody:
            self.came.add(threading.get_ident())
            self.somebody.notify_all()
        self.let_on &= self.go.wait(PATIENCE_SECONDS)

    def __exit__(self, *failure: object) -> None:
        pass


def test_nobody_waits_for_the_store_while_it_is_learnt_what_callers_want(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who speaks first after a start or an edit may do so before that is learnt, which takes a second or more."""
    held = HeldUp()
    monkeypatch.setattr(learning, "_LEARNING", held)
    with opened(tmp_path, f"sqlite:///{tmp_path}/ivr.db") as hotline:
        first, second = hotline.call(), hotline.call()
        first.ring()
        second.ring()
        speaks = threading.Thread(target=lambda: first.on(SpeechResult="my refund"))
        speaks.start()
        with held.somebody:
            assert held.somebody.wait_for(lambda: speaks.ident in held.came, PATIENCE_SECONDS)
        second.press("2")
        held.go.set()
        speaks.join(PATIENCE_SECONDS)
        assert held.let_on, "the second call waited for the first"
        rows = [hotline.store.call(call.sid) for call in (first, second)]
        assert [row and row.turn for row in rows] == [2, 2]


def test_of_all_who_ring_while_it_is_learnt_what_callers_want_the_first_begins_to_learn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread for each of them would be thousands after a start under load."""
    held = HeldUp()
    monkeypatch.setattr(learning, "_LEARNING", held)
    with opened(tmp_path) as hotline:
        before = set(threading.enumerate())
        for _ in range(5):
            hotline.call().ring()
        begun = [thread for thread in threading.enumerate() if thread not in before]
        held.go.set()
        for thread in begun:
            thread.join(PATIENCE_SECONDS)
    assert len(begun) == 1
