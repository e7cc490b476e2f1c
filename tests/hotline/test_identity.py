"""Identification over calls, callers and workers: how often it may be tried, and how little it tells."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.call.events import Check
from ivr.call.identity import Policy
from ivr.flow.issues import BrokenDocument
from ivr.hotline.identity import MOST_IN_A_ROW, Identification, TextedCodes, unlock
from ivr.store import Store
from ivr.wallet.model import Customer
from tests.hotline.harness import (
    ALICE,
    ALICE_PHONE,
    ALICE_PIN,
    CALLER,
    FLOW,
    MONDAY,
    STRANGER,
    Faults,
    HotlineInTest,
    Killed,
    ManualClock,
    PostedCall,
    Reply,
    Watched,
    kept,
    opened,
)  # fmt: skip

WRONG = "000000"


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    with opened(tmp_path, store_url, wallet=Watched(), new_code=lambda digits: "246810") as hotline:
        yield hotline


def wallet_of(hotline: HotlineInTest) -> Watched:
    assert isinstance(hotline.wallet, Watched)
    return hotline.wallet


def by_pin(hotline: HotlineInTest, account: str, *pins: str, number: str = "+8613800000001") -> PostedCall:
    """A call in which these PINs are tried, one after another. After the second the account is asked for again."""
    call = hotline.call(number)
    call.walk_patiently("2 1")
    for attempt, pin in enumerate(pins):
        if attempt != 1:
            call.press(account)
            call.look_up()
            call.press("*")
        call.press(pin)
        call.look_up()
    return call


@pytest.mark.parametrize("stranger", ["", "+8613800000001"], ids=["withheld", "one number"])
def test_strangers_cannot_lock_an_owner_out_of_the_registered_phone(hotline: HotlineInTest, stranger: str) -> None:
    for _ in range(5):
        by_pin(hotline, ALICE, WRONG, WRONG, number=stranger)
    assert "Enqueue" in by_pin(hotline, ALICE, ALICE_PIN, number="+8613800000002").reply.verbs, (
        "strangers are locked out"
    )
    assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN, number=ALICE_PHONE).reply.words


def test_the_owner_is_told_once_a_day_that_strangers_have_tried(hotline: HotlineInTest) -> None:
    for _ in range(5):
        by_pin(hotline, ALICE, WRONG, WRONG)
        by_pin(hotline, "63330001", WRONG, WRONG, number="+8613800000003")
    told = [row.payload for row in hotline.outbox() if "identified as you" in str(row.payload.get("body"))]
    assert [payload["to"] for payload in told] == [ALICE_PHONE]


def test_strangers_who_ask_for_codes_take_none_from_the_owner(hotline: HotlineInTest) -> None:
    for _ in range(6):
        hotline.call().walk_patiently(f"2 1 {ALICE}")
    call = hotline.call(ALICE_PHONE)
    call.walk_patiently(f"2 1 {ALICE}")
    assert "128.50" in call.press("246810").words
    assert sum(row.kind == "sms" for row in hotline.outbox()) == 3 + 1


def test_a_stranger_whose_codes_nobody_keys_in_has_no_more_of_them_texted(hotline: HotlineInTest) -> None:
    """goal 7: one caller could have every customer texted, three times an hour."""
    for number in range(10):
        hotline.call().walk_patiently(f"2 1 6333{number:04d}")
    for caller in (CALLER, "+8613800000002"):
        hotline.call(caller).walk_patiently(f"2 1 {ALICE}")
        assert sum(row.kind == "sms" for row in hotline.outbox()) == (caller != CALLER)


def test_codes_that_are_keyed_in_are_texted_again(store: Store) -> None:
    clock, wallet, policy = ManualClock(), Watched(), Policy("customer", codes_per_hour=20)
    codes = TextedCodes(store, lambda digits: "246810", lambda body, language: body)
    identification = Identification(store, codes, wallet, clock)
    asks = Check(policy="customer", account=ALICE, factor="", method="code", secret="")
    for number in range(15):
        outcomes = [
            identification.check(policy, check, call_id=f"CA{number}", caller=CALLER, language="en").outcome
            for check in (asks, replace(asks, factor="code", secret="246810"))
        ]
        assert outcomes == ["asked", "verified"]


def test_the_registered_phone_has_no_more_tries_than_another(hotline: HotlineInTest) -> None:
    for _ in range(3):
        by_pin(hotline, ALICE, WRONG, WRONG, number=ALICE_PHONE)
    assert wallet_of(hotline).asked.count("pin") == 5


@pytest.mark.slow
def test_spraying_a_hundred_accounts_without_a_number_is_held_off(
    hotline: HotlineInTest, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(100):
        by_pin(hotline, f"6333{number:04d}", WRONG, number="")
    assert wallet_of(hotline).asked.count("pin") == 30
    assert "guessing held off" in caplog.text
    assert hotline.store.meters.levels(hotline.clock())["wrong_answers"] == {"": 30}
    assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN, number=ALICE_PHONE).reply.words


@pytest.mark.slow
def test_spraying_from_many_numbers_is_held_off_but_for_the_phones_of_accounts(hotline: HotlineInTest) -> None:
    for number in range(250):
        by_pin(hotline, f"6333{number:04d}", WRONG, number=f"+8613900{number:06d}")
    assert wallet_of(hotline).asked.count("pin") == 200
    assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN, number=ALICE_PHONE).reply.words


def test_an_account_that_was_locked_three_times_in_a_day_stays_locked_for_strangers(hotline: HotlineInTest) -> None:
    for caller in range(30):
        by_pin(hotline, ALICE, WRONG, number=f"+861390000{caller:04d}")
        hotline.clock.advance(360)
    assert wallet_of(hotline).asked.count("pin") == 15
    hotline.clock.advance(24 * 3600)
    assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN).reply.words


def test_an_account_that_is_unlocked_may_be_tried_at_once(hotline: HotlineInTest) -> None:
    for _ in range(3):
        by_pin(hotline, ALICE, WRONG, WRONG)
    assert "Enqueue" in by_pin(hotline, ALICE, ALICE_PIN, number="+8613800000002").reply.verbs
    unlock(hotline.store, ALICE)
    assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN, number="+8613800000002").reply.words


def test_three_wrong_answers_in_a_call_bring_a_person(hotline: HotlineInTest) -> None:
    reply = by_pin(hotline, ALICE, WRONG, WRONG, WRONG).reply
    assert "That does not match." not in reply.words
    assert "Enqueue" in reply.verbs
    assert wallet_of(hotline).asked.count("pin") == 3


def test_a_first_wrong_answer_costs_neither_the_account_nor_another_code(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk_patiently(f"2 1 {ALICE}")
    assert "That does not match." in call.press(WRONG).words
    assert "128.50" in call.press("246810").words


def test_a_late_code_or_pin_is_never_taken_for_an_account(hotline: HotlineInTest) -> None:
    call = by_pin(hotline, ALICE, WRONG, WRONG)
    checked = list(wallet_of(hotline).asked)
    assert "Your account number." in call.press(ALICE_PIN).words
    assert wallet_of(hotline).asked == checked
    assert "The code we texted." in call.press(ALICE).words


@pytest.mark.parametrize("keys", ["4111111111111111", "41111111111111111227"])
def test_a_card_keyed_in_as_an_account_is_kept_nowhere(hotline: HotlineInTest, keys: str) -> None:
    call = hotline.call()
    call.walk_patiently("2 1")
    assert "Your account number." in call.press(keys).words
    assert wallet_of(hotline).asked == []
    everything = kept(hotline)
    assert call.sid.encode() in everything
    assert keys.encode() not in everything


@pytest.mark.parametrize("words", ["2 2 0 0 0 1", "my PIN is 220001", "two two zero zero zero one"])
def test_a_pin_that_is_said_is_refused_and_kept_nowhere(hotline: HotlineInTest, words: str) -> None:
    call = hotline.call()
    call.walk_patiently(f"2 1 {ALICE} *")
    checked = list(wallet_of(hotline).asked)
    assert "Please use the keys of your phone." in call.on(SpeechResult=words).words
    assert wallet_of(hotline).asked == checked
    everything = kept(hotline)
    assert call.sid.encode() in everything
    assert words.encode() not in everything
    assert ALICE_PIN.encode() not in everything.replace(ALICE.encode(), b"")


class BrokenNames(Watched):
    """A back office that answers with what no text may hold: half a surrogate pair and control characters."""

    def find_customer(self, who: str) -> Customer | None:
        found = super().find_customer(who)
        return found and replace(found, names={"zh": "\ud800李\x07", "en": "\ud800Li\x00\x1b[2J"})


def test_no_name_from_the_back_office_fails_a_turn(tmp_path: Path, store_url: str) -> None:
    with opened(tmp_path, store_url, wallet=BrokenNames()) as hotline:
        call = by_pin(hotline, ALICE, ALICE_PIN)
        assert "128.50" in call.reply.words
        row = hotline.app.store.call(call.sid)
        assert row is not None
        assert '["name","Li[2J"]' in row.session


def test_five_wrong_answers_in_a_row_lock_an_account_over_calls_and_callers(hotline: HotlineInTest) -> None:
    by_pin(hotline, ALICE, WRONG, WRONG, WRONG, number="+8613800000011")
    by_pin(hotline, ALICE, WRONG, WRONG, number="+8613800000012")
    sixth = by_pin(hotline, ALICE, ALICE_PIN, number="+8613800000013").reply
    assert sixth.words.startswith("A person will help you.")
    assert wallet_of(hotline).asked.count("pin") == 5, "even the right PIN is not looked at"
    assert by_pin(hotline, ALICE_PHONE[3:], ALICE_PIN).reply.words.startswith("A person will help you."), "by phone too"


def test_a_lock_is_told_of_an_unknown_account_in_the_same_words(hotline: HotlineInTest) -> None:
    by_pin(hotline, STRANGER, WRONG, WRONG, WRONG, number="+8613800000011")
    by_pin(hotline, STRANGER, WRONG, WRONG, number="+8613800000012")
    assert by_pin(hotline, STRANGER, WRONG, number="+8613800000013").reply.words.startswith("A person will help you.")


def test_a_lock_lasts_half_an_hour(hotline: HotlineInTest) -> None:
    for _ in range(5):
        by_pin(hotline, ALICE, WRONG, number="")
    hotline.clock.advance(29 * 60)
    assert "A person will help you." in by_pin(hotline, ALICE, ALICE_PIN).reply.words
    hotline.clock.advance(60)
    assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN).reply.words


def test_a_right_answer_ends_the_row_of_wrong_ones(hotline: HotlineInTest) -> None:
    for _ in range(3):
        by_pin(hotline, ALICE, WRONG, WRONG, number="")
        assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN, number="").reply.words


def test_ten_wrong_answers_an_hour_lock_a_calling_number_for_every_account(hotline: HotlineInTest) -> None:
    for index in range(10):
        by_pin(hotline, f"699900{index:02}", WRONG)
    assert "A person will help you." in by_pin(hotline, ALICE, ALICE_PIN).reply.words
    assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN, number="+8613800000099").reply.words
    hotline.clock.advance(3600)
    assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN).reply.words


def test_right_answers_do_not_count_against_a_calling_number_nor_help_it(hotline: HotlineInTest) -> None:
    for _ in range(12):
        assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN).reply.words
    for index in range(10):
        by_pin(hotline, f"699900{index:02}", WRONG)
        if index == 5:
            by_pin(hotline, ALICE, ALICE_PIN)
    assert "A person will help you." in by_pin(hotline, ALICE, ALICE_PIN).reply.words


def test_a_locked_calling_number_can_lock_nobody_s_account(hotline: HotlineInTest) -> None:
    for index in range(10):
        by_pin(hotline, f"699900{index:02}", WRONG)
    for _ in range(6):
        by_pin(hotline, ALICE, WRONG)
    assert "128.50" in by_pin(hotline, ALICE, ALICE_PIN, number="+8613800000099").reply.words


def test_fifty_wrong_answers_without_a_right_one_leave_it_to_people(store: Store) -> None:
    clock, wallet = ManualClock(), Watched()
    identification = Identification(store, TextedCodes(store, str, lambda body, language: body), wallet, clock)
    wrong = Check(policy="customer", account=ALICE, factor="pin", method="pin", secret=WRONG)

    def outcome(check: Check) -> str:
        return identification.check(Policy("customer"), check, call_id="CA1", caller="", language="en").outcome

    for index in range(MOST_IN_A_ROW):
        assert outcome(wrong) == "wrong"
        if index % 5 == 4:
            clock.advance(24 * 3600)
    assert outcome(replace(wrong, secret=ALICE_PIN)) == "locked"
    assert wallet.asked.count("pin") == MOST_IN_A_ROW


@pytest.mark.slow
@pytest.mark.trust(goal=1)
def test_a_thousand_guesses_at_once_reach_the_wallet_five_times(store: Store) -> None:
    wallet = Watched()
    codes = TextedCodes(store, lambda digits: WRONG, lambda body, language: body)
    identification = Identification(store, codes, wallet, lambda: MONDAY)
    guess = Check(policy="customer", account=ALICE, factor="pin", method="pin", secret="999999")
    barrier = threading.Barrier(8)

    def guesses(worker: int) -> list[str]:
        barrier.wait()
        return [
            identification.check(
                Policy("customer"), guess, call_id=f"CA{worker}-{index}", caller=f"+86138{worker:03}{index:05}",
                language="en",
            ).outcome
            for index in range(125)
        ]  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        outcomes = [outcome for many in pool.map(guesses, range(8)) for outcome in many]
    assert wallet.asked.count("pin") == 5
    assert (outcomes.count("wrong"), outcomes.count("locked")) == (5, 995)


def test_an_attempt_is_counted_before_it_is_checked(tmp_path: Path) -> None:
    def before(what: str) -> None:
        if what == "pin":
            raise Killed

    with opened(tmp_path, wallet=Watched(before)) as hotline:
        for _ in range(7):
            call = hotline.call(number="")
            call.walk_patiently(f"2 1 {ALICE} *")
            try:
                call.press(ALICE_PIN)
            except Killed:
                continue
        assert wallet_of(hotline).asked.count("pin") == 5


def test_a_try_that_could_not_be_counted_is_not_checked(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk_patiently(f"2 1 {ALICE} *")
    faults = Faults(hotline.store)
    for number in range(2, 6):
        faults.reset(lambda n, where, at=number: n == at and where == "commit")
        call.press(ALICE_PIN)
        if wallet_of(hotline).asked.count("pin"):
            break
        call = hotline.call()
        faults.reset(lambda n, where: False)
        call.walk_patiently(f"2 1 {ALICE} *")
    assert number > 2, "the first accesses are the counters', and the wallet was not asked when they failed"


# --- what it tells ----------------------------------------------------------------------------------------------


def heard(call: PostedCall, keys: str) -> list[str]:
    """Every document of a call, its own address aside."""
    return [_plain(call.ring(), call), *(_plain(call.press(key), call) for key in keys.split())]


def _plain(reply: Reply, call: PostedCall) -> str:
    return reply.body.replace(call.sid, "CA")


ACCOUNTS = {"unknown": STRANGER, "locked": "62220003", "another": "62220007", "unknown phone": "13900001234"}


@pytest.mark.parametrize("method", ["", "* "], ids=["code", "pin"])
def test_known_and_unknown_accounts_hear_the_same_documents_in_as_many_turns(
    tmp_path: Path, method: str, subtests: pytest.Subtests
) -> None:
    with opened(tmp_path, wallet=Watched()) as hotline:
        for language in "12":
            documents = {}
            for index, (kind, account) in enumerate({"known": ALICE, **ACCOUNTS}.items()):
                call = hotline.call(f"+86138000{language}00{index}0")
                documents[kind] = heard(call, f"{language} 1 " + f"{account} {method}{WRONG} " * 3)
                call.hang_up()
                hotline.clock.advance(2)
            for kind in ACCOUNTS:
                with subtests.test(f"{kind} {language}"):
                    assert documents[kind] == documents["known"]
            hotline.clock.advance(3600)


def test_callers_who_ring_from_the_registered_phone_hear_nothing_else(hotline: HotlineInTest) -> None:
    keys = f"2 1 {ALICE} {WRONG} {ALICE} * {WRONG}"
    assert heard(hotline.call(ALICE_PHONE), keys) == heard(hotline.call("+8613800000033"), keys)


@pytest.mark.parametrize("stir", ["TN-Validation-Passed-A", "TN-Validation-Failed-A", "No-TN-Validation", ""])
def test_no_attestation_of_the_carrier_spares_the_pin(hotline: HotlineInTest, stir: str) -> None:
    call = hotline.call(ALICE_PHONE)
    call.post("/voice", StirVerstat=stir)
    call.walk_patiently(f"2 1 {ALICE} *")
    assert "That does not match." in call.press(WRONG).words


def test_a_verified_caller_is_not_asked_again_in_the_same_call(hotline: HotlineInTest) -> None:
    call = by_pin(hotline, ALICE, ALICE_PIN)
    assert "128.50" in call.reply.words
    assert "128.50" in call.press("1").words
    assert by_pin(hotline, ALICE).reply.words == "Your account number.", "the next call is asked anew"


def test_keys_pressed_over_the_menus_do_not_become_digits_of_a_pin(hotline: HotlineInTest) -> None:
    call = hotline.call()
    reply = call.walk_patiently(f"2 1 {ALICE} *")
    gather = next(reply.root.iter("Gather"))
    assert next(reply.root.iter("Say")) not in list(gather), "the words of the PIN question cannot be keyed over"


# --- codes ------------------------------------------------------------------------------------------------------


def code_call(hotline: HotlineInTest, account: str = ALICE, number: str = "+8613800000001") -> PostedCall:
    call = hotline.call(number)
    call.walk_patiently(f"2 1 {account}")
    hotline.deliver()
    return call


def test_a_code_goes_to_the_registered_phone_alone_and_is_accepted_once(hotline: HotlineInTest) -> None:
    call = code_call(hotline)
    assert [to for to, _ in hotline.sender.texts] == [ALICE_PHONE]
    again = code_call(hotline, number="+8613800000002")
    assert "128.50" in call.press("246810").words
    assert "128.50" in again.press("246810").words, "every call has a code of its own"
    third = hotline.call()
    third.walk_patiently("2 1")
    assert third.press(STRANGER).words == "The code we texted."
    hotline.deliver()
    assert len(hotline.sender.texts) == 2, "nobody is texted for an account that does not exist"


def test_a_code_of_one_call_is_worth_nothing_in_another(tmp_path: Path) -> None:
    codes = iter(["111111", "222222"])
    with opened(tmp_path, new_code=lambda digits: next(codes)) as hotline:
        first, second = code_call(hotline), code_call(hotline, number="+8613800000002")
        assert "That does not match." in second.press("111111").words
        assert "That does not match." in first.press("222222").words


@pytest.mark.parametrize(("seconds", "accepted"), [(599, True), (601, False)])
def test_a_code_is_good_for_ten_minutes(hotline: HotlineInTest, seconds: int, accepted: bool) -> None:
    call = code_call(hotline)
    hotline.clock.advance(seconds)
    assert ("128.50" in call.press("246810").words) is accepted


def test_three_codes_an_hour_are_texted_and_nobody_is_told(hotline: HotlineInTest) -> None:
    words = set()
    for _ in range(5):
        words.add(code_call(hotline, number="").reply.words)
        hotline.clock.advance(10)
    assert len(hotline.sender.texts) == 3
    assert words == {"The code we texted."}
    hotline.clock.advance(3600)
    code_call(hotline, number="")
    assert len(hotline.sender.texts) == 4


def test_a_code_is_accepted_once_under_fifty_parallel_submissions(store: Store) -> None:
    codes = TextedCodes(store, lambda digits: "246810", lambda body, language: body)
    codes.send(ALICE, ALICE_PHONE, Policy("customer"), call_id="CA1", language="en", now=MONDAY)
    with ThreadPoolExecutor(10) as pool:
        accepted = list(pool.map(lambda _: codes.redeem(ALICE, "CA1", "246810", MONDAY), range(50)))
    assert accepted.count(True) == 1


def test_no_code_is_right_for_an_account_that_does_not_exist(hotline: HotlineInTest) -> None:
    call = code_call(hotline, account=STRANGER)
    assert "That does not match." in call.press("246810").words


def test_a_caller_may_offer_the_calling_number_as_the_registered_one(hotline: HotlineInTest) -> None:
    call = hotline.call(ALICE_PHONE)
    call.walk_patiently("2 1 *")
    hotline.deliver()
    assert [to for to, _ in hotline.sender.texts] == [ALICE_PHONE]
    assert "128.50" in call.press("246810").words


def test_flows_that_tell_private_things_before_the_caller_is_verified_are_not_published(tmp_path: Path) -> None:
    with pytest.raises(BrokenDocument) as broken, opened(tmp_path, flow=FLOW.replace("next: who}", "next: refund}")):
        pass
    assert "not-identified" in {issue.rule for issue in broken.value.issues}
