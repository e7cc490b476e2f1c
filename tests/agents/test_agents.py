"""Agents and their calls, from the first ring to the note: what agents do, what telephones tell, what callers hear."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.agents.actions import AgentActions, NotNow
from ivr.store import TicketRow
from tests.agents.phones import Telephone, rung, steered, tick, together
from tests.hotline.harness import CONFIG, HotlineInTest, PostedCall, opened

PHONES = ("+8613900000001", "+8613900000002")
STAFF = CONFIG.replace(
    'queues: {support: {agents: ["+8613900000001", "+8613900000002"], most: 2, longest_wait: 10 min}}',
    "queues: {support: {most: 9}, senior: {priority: high}}\n"
    "agents: {li: {phone: '+8613900000001', queues: [support]}, "
    "wang: {phone: '+8613900000002', queues: [support, senior]}}",
)


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    """A queue with two bare phones."""
    with opened(tmp_path, store_url) as hotline:
        yield hotline


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[HotlineInTest]:
    """Li and Wang, who log in; nobody is there yet."""
    with opened(tmp_path, config=STAFF) as hotline:
        yield hotline


def actions_of(hotline: HotlineInTest) -> AgentActions:
    return hotline.app.actions


def waiting(hotline: HotlineInTest, number: str = "+8613800000001") -> PostedCall:
    call = hotline.call(number)
    assert "Enqueue" in call.walk("2 0").verbs
    return call


def presences(hotline: HotlineInTest) -> dict[str, tuple[str, str]]:
    return {name: (row.presence, row.reason) for name, row in hotline.store.talks.presences().items()}


def state(hotline: HotlineInTest, phone: Telephone) -> str:
    return phone.talk.state


def entry(hotline: HotlineInTest, call: PostedCall) -> str:
    found = hotline.store.queue.entry(call.sid)
    assert found is not None
    return found.status


def talking(hotline: HotlineInTest, agent: str = "li", number: str = "+8613800000001") -> tuple[PostedCall, Telephone]:
    """A caller, and the telephone of the agent who talks with them."""
    actions_of(hotline).ready(agent)
    call = waiting(hotline, number)
    [phone] = rung(hotline, 1)
    together(hotline, call, phone)
    hotline.clock.advance(60)
    return call, phone


# --- from the ring to the room --------------------------------------------------------------------------------


def test_one_phone_rings_for_one_caller(hotline: HotlineInTest) -> None:
    waiting(hotline)
    [phone] = rung(hotline)
    assert phone.number in PHONES
    assert phone.path.startswith("/floor/talks/TK")


def test_the_agent_presses_1_hears_who_it_is_and_meets_the_caller_in_a_room(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    assert "To take the call, press 1." in phone.pick_up().words
    assert entry(hotline, call) == "waiting", "a phone that rings has nobody yet"
    whisper = phone.press("1")
    assert whisper.words.startswith("The caller has not been identified.")
    assert entry(hotline, call) == "taken"
    assert hotline.sender.steered == [], "the caller stays with the music while the agent is told"
    room = phone.follow()
    assert room.verbs == ["Dial", "Conference"]
    there = steered(hotline, call)
    assert there.verbs == ["Dial", "Conference"]
    names = [reply.root.findtext("Dial/Conference") for reply in (room, there)]
    assert names[0] == names[1]
    assert [reply.root.find("Dial/Conference").get("endConferenceOnExit") for reply in (room, there)] == [  # type: ignore[union-attr]
        "true", "false",
    ]  # fmt: skip
    assert state(hotline, phone) == "talking"


def test_everything_that_comes_twice_is_answered_alike_and_done_once(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    for step in (phone.pick_up, lambda: phone.post(f"{phone.path}/keyed", Digits="1")):
        assert step().body == step().body
    rooms = [phone.post(f"{phone.path}/room").body for _ in range(3)]
    assert len(set(rooms)) == 1
    hotline.deliver()
    assert [sid for sid, _ in hotline.sender.steered] == [call.sid]
    coming = [call.post(hotline.sender.steered[0][1]).body for _ in range(3)]
    assert len(set(coming)) == 1
    for _ in range(3):
        phone.hang_up()
    assert [talk.state for talk in hotline.store.talks.of_call(call.sid)].count("talking") == 0


def test_when_the_agent_hangs_up_the_call_goes_on_where_the_flow_does(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    together(hotline, call, phone)
    hotline.clock.advance(60)
    over = call.on(DialCallStatus="answered")
    assert over.words == "How was it?"
    phone.hang_up()
    assert state(hotline, phone) == "over", "a bare phone has no note to write"
    assert entry(hotline, call) == "answered"
    assert call.press("5").verbs[-1] == "Hangup"


@pytest.mark.parametrize("first", ["agent", "caller"])
def test_it_is_the_same_whichever_of_the_two_is_told_first(hotline: HotlineInTest, first: str) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    together(hotline, call, phone)
    hotline.clock.advance(60)
    if first == "agent":
        phone.hang_up()
        assert call.on(DialCallStatus="answered").words == "How was it?"
    else:
        assert call.on(DialCallStatus="answered").words == "How was it?"
        phone.hang_up()
    assert (state(hotline, phone), entry(hotline, call)) == ("over", "answered")


# --- agents who do not come -------------------------------------------------------------------------------------


def test_a_phone_that_is_not_answered_makes_room_for_the_next_one(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [first] = rung(hotline)
    first.hang_up("no-answer")
    [second] = rung(hotline)
    assert {first.number, second.number} == set(PHONES)
    second.hang_up("no-answer")
    assert rung(hotline) == [], "both have let it ring"
    hotline.clock.advance(60)
    [again] = rung(hotline)
    assert again.number == first.number
    assert entry(hotline, call) == "waiting"


@pytest.mark.parametrize(
    ("status", "pressed", "ends_as", "presence"),
    [
        ("no-answer", None, "missed", "away"),
        ("completed", None, "missed", "away"),
        ("", "", "missed", "away"),
        ("busy", None, "refused", "ready"),
        ("failed", None, "refused", "ready"),
    ],
)
def test_an_agent_who_misses_a_call_is_set_away_and_a_busy_phone_rests(
    staffed: HotlineInTest, status: str, pressed: str | None, ends_as: str, presence: str
) -> None:
    actions_of(staffed).ready("li")
    waiting(staffed)
    [phone] = rung(staffed)
    if pressed is not None:
        phone.pick_up()
        assert phone.press(pressed).words == "I did not hear a key, so this call was not put through to you."
        assert phone.reply.verbs[-1] == "Hangup"
    else:
        phone.hang_up(status)
    assert state(staffed, phone) == ends_as
    assert staffed.store.talks.presences()["li"].presence == presence
    assert rung(staffed) == []


def test_another_key_asks_again(hotline: HotlineInTest) -> None:
    waiting(hotline)
    [phone] = rung(hotline)
    phone.pick_up()
    assert "press 1" in phone.press("7").words
    assert state(hotline, phone) == "ringing"


def test_an_agent_who_declines_is_not_asked_for_the_same_caller_at_once(staffed: HotlineInTest) -> None:
    actions_of(staffed).ready("li")
    waiting(staffed)
    [phone] = rung(staffed)
    actions_of(staffed).decline("li", phone.talk.id)
    assert state(staffed, phone) == "refused"
    assert rung(staffed) == []
    waiting(staffed, "+8613800000002")
    [other] = rung(staffed)
    assert other.talk.call_id != phone.talk.call_id


def test_a_phone_that_rings_on_without_a_word_from_the_carrier_is_given_up(hotline: HotlineInTest) -> None:
    waiting(hotline)
    [phone] = rung(hotline, 1)
    tick(hotline, 30)
    assert state(hotline, phone) == "ringing"
    tick(hotline, 10)
    assert state(hotline, phone) == "missed"
    assert "was not put through to you" in phone.pick_up().words


def test_a_call_that_cannot_be_made_is_refused_at_once(tmp_path: Path) -> None:
    with opened(tmp_path, config=CONFIG.replace("numbers: {", 'numbers: {allowed: ["+86139"], ')) as hotline:
        waiting(hotline)
        hotline.app.assigner.tick(hotline.clock())
        [row] = [row for row in hotline.store.outbox.rows() if row.kind == "call"]
        hotline.store.outbox.dead(
            hotline.store.outbox.claim_due(hotline.clock(), 60, 1, ("call",))[0], "refused", hotline.clock()
        )
        tick(hotline, 3)
        found = hotline.store.talks.get(row.key)
        assert found is not None
        assert found.state == "refused"


# --- nobody is forgotten --------------------------------------------------------------------------------------


def left_alone(hotline: HotlineInTest, how: str) -> PostedCall:
    """A caller in the queue after the last agent, whose phone rang, has not answered or has gone away or off."""
    actions_of(hotline).ready("li")
    call = waiting(hotline)
    [phone] = rung(hotline)
    assert "Leave" not in call.hold(10).verbs
    if how == "no-answer":
        phone.hang_up(how)
    else:
        getattr(actions_of(hotline), how)("li")
    return call


@pytest.mark.parametrize("how", ["no-answer", "away", "off"])
def test_a_caller_learns_at_the_next_words_that_nobody_is_left_who_can_answer(staffed: HotlineInTest, how: str) -> None:
    call = left_alone(staffed, how)
    assert call.hold(25).verbs == ["Leave"]
    assert call.on(QueueResult="leave", QueueTime="25").words.startswith("Nobody is here now.")
    staffed.clock.advance(10)
    assert staffed.call("+8613800000002").walk("2 0").words.startswith("Nobody is here now.")


@pytest.mark.parametrize("how", ["no-answer", "away", "off"])
def test_a_caller_is_fetched_out_of_the_music_when_nobody_is_left(staffed: HotlineInTest, how: str) -> None:
    call = left_alone(staffed, how)
    tick(staffed, 4)
    assert entry(staffed, call) == "waiting", "whoever has pressed the wrong button can mend it"
    tick(staffed, 1)
    assert entry(staffed, call) == "nobody"
    assert steered(staffed, call).words.startswith("Nobody is here now.")


def test_a_caller_stays_in_the_music_for_people_who_come_back_at_once(staffed: HotlineInTest) -> None:
    actions_of(staffed).ready("li")
    call = waiting(staffed)
    actions_of(staffed).away("li", "lunch")
    tick(staffed, 4)
    actions_of(staffed).ready("li")
    tick(staffed, 10)
    assert entry(staffed, call) == "waiting"
    assert call.sid not in {sid for sid, _ in staffed.sender.steered}


def test_a_caller_stays_who_is_waited_for_by_an_agent_in_a_talk(staffed: HotlineInTest) -> None:
    talking(staffed)
    assert "Leave" not in waiting(staffed, "+8613800000002").hold(25).verbs


def test_an_agent_who_is_away_and_shows_no_sign_of_life_is_logged_out(staffed: HotlineInTest) -> None:
    actions_of(staffed).ready("li")
    actions_of(staffed).away("wang", "lunch")
    staffed.clock.advance(29 * 60)
    _, session = staffed.store.login_sessions.begin("wang", "en", staffed.clock(), timedelta(hours=12))
    tick(staffed, 60)
    assert presences(staffed) == {"li": ("ready", ""), "wang": ("away", "lunch")}, "the page was used a minute ago"
    staffed.store.login_sessions.end(session)
    tick(staffed)
    assert presences(staffed) == {"li": ("ready", ""), "wang": ("off", "vanished")}


def test_a_caller_who_is_taken_forward_is_the_next(staffed: HotlineInTest) -> None:
    actions_of(staffed).ready("li")
    calls = [waiting(staffed, f"+861380000000{number}") for number in range(3)]
    actions_of(staffed).take_forward(calls[2].sid)
    assert calls[2].hold(10).words.startswith("You are number 1.")
    [phone] = rung(staffed)
    assert phone.talk.call_id == calls[2].sid
    calls[1].hang_up()
    with pytest.raises(NotNow, match="over"):
        actions_of(staffed).take_forward(calls[1].sid)


def test_an_agent_is_told_what_became_of_a_caller(staffed: HotlineInTest) -> None:
    actions_of(staffed).ready("li")
    left, hung_up = waiting(staffed), None
    [phone] = rung(staffed)
    assert left.hold(12, Digits="1").verbs == ["Leave"]
    phone.pick_up()
    left.on(QueueResult="leave", QueueTime="12")
    assert phone.press("1").words == "This call is no longer waiting. Thank you."
    phone.hang_up()
    hung_up = waiting(staffed, "+8613800000002")
    [phone] = rung(staffed)
    phone.pick_up()
    hung_up.hang_up()
    assert phone.press("1").words == "The caller has hung up. Thank you."


# --- lost and gone ----------------------------------------------------------------------------------------------


def test_an_agent_who_vanishes_in_the_whisper_costs_the_caller_nothing(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    hotline.clock.advance(1)
    later = waiting(hotline, "+8613800000002")
    phones = {phone.talk.call_id: phone for phone in rung(hotline)}
    phone = phones[call.sid]
    phones[later.sid].hang_up("no-answer")
    phone.pick_up()
    phone.press("1")
    phone.hang_up()
    assert (state(hotline, phone), entry(hotline, call)) == ("lost", "waiting")
    hotline.clock.advance(61)
    assert {again.talk.call_id for again in rung(hotline)} == {call.sid, later.sid}
    waits = [entry.call_id for entry in hotline.store.queue.waiting("support")]
    assert waits == [call.sid, later.sid], "at the head"


def test_a_caller_on_the_way_to_an_agent_who_has_vanished_is_first_in_line_again(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    phone.take()
    phone.hang_up()
    back = steered(hotline, call)
    assert "first in line" in back.words
    assert back.verbs[-1] == "Enqueue"
    assert entry(hotline, call) == "waiting"


def test_a_caller_in_the_room_of_an_agent_who_vanished_is_fetched(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    together(hotline, call, phone)
    phone.hang_up()
    assert state(hotline, phone) == "lost"
    before = len(hotline.sender.steered)
    tick(hotline, 3)
    assert [sid for sid, _ in hotline.sender.steered[before:]] == [call.sid]
    assert steered(hotline, call).verbs[-1] == "Enqueue"


def test_a_talk_cut_off_within_5_seconds_puts_the_caller_back(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    together(hotline, call, phone)
    hotline.clock.advance(4)
    back = call.on(DialCallStatus="answered")
    assert "first in line" in back.words
    assert back.verbs[-1] == "Enqueue"
    tick(hotline, 10)
    assert [sid for sid, _ in hotline.sender.steered] == [call.sid], "who is back is not fetched again"


def test_a_caller_who_hangs_up_at_once_was_not_cut_off(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    together(hotline, call, phone)
    call.on(DialCallStatus="answered", CallStatus="completed")
    call.hang_up()
    assert (state(hotline, phone), entry(hotline, call)) == ("over", "answered")
    assert hotline.store.tickets(call_id=call.sid) == ()


@pytest.mark.parametrize("moment", ["ringing", "asked", "whisper"])
def test_an_agent_whose_caller_hangs_up_hears_so_and_is_ready_at_once(hotline: HotlineInTest, moment: str) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    if moment != "ringing":
        phone.pick_up()
    if moment == "whisper":
        phone.press("1")
    call.hang_up()
    tick(hotline)
    assert state(hotline, phone) == "gone"
    told = phone.pick_up() if moment == "ringing" else phone.steered()
    assert told.words == "The caller has hung up. Thank you."
    assert told.verbs[-1] == "Hangup"
    assert (
        phone.number not in hotline.store.talks.presences() or not hotline.store.talks.presences()[phone.number].missed
    )
    [ticket] = hotline.store.tickets(call_id=call.sid)
    assert not ticket.complete, "nobody talked to them"


def test_an_agent_whose_caller_hangs_up_in_the_talk_hears_so(staffed: HotlineInTest) -> None:
    call, phone = talking(staffed)
    call.hang_up()
    tick(staffed)
    assert phone.steered().words == "The caller has hung up. Thank you."
    assert state(staffed, phone) == "wrap_up"


def test_a_caller_who_presses_a_key_while_an_agent_hears_who_it_is_waits_on(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    phone.pick_up()
    assert "Leave" not in call.hold(20, Digits="1").verbs
    together(hotline, call, phone)


def test_a_caller_whose_agent_does_not_press_1_may_leave_again(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    phone.pick_up()
    phone.press("")
    assert "Leave" in call.hold(20, Digits="1").verbs


# --- what agents do ---------------------------------------------------------------------------------------------


def test_nobody_is_rung_who_is_not_ready(staffed: HotlineInTest) -> None:
    actions_of(staffed).ready("li")
    waiting(staffed)
    actions_of(staffed).away("li", "lunch")
    assert rung(staffed) == []
    actions_of(staffed).ready("li")
    assert [phone.number for phone in rung(staffed)] == ["+8613900000001"]


def test_who_has_been_idle_the_longest_is_rung_first(staffed: HotlineInTest) -> None:
    actions_of(staffed).ready("wang")
    staffed.clock.advance(5)
    actions_of(staffed).ready("li")
    waiting(staffed)
    [phone] = rung(staffed)
    assert phone.talk.agent == "wang"


def test_an_agent_takes_the_next_caller_from_the_page_without_a_1(staffed: HotlineInTest) -> None:
    actions_of(staffed).ready("li")
    call = waiting(staffed)
    talk = actions_of(staffed).take_next("li")
    [phone] = rung(staffed, 1)
    assert phone.talk.id == talk
    assert phone.pick_up().words.startswith("The caller has not been identified.")
    assert entry(staffed, call) == "taken"


def test_hold_and_back(staffed: HotlineInTest) -> None:
    call, phone = talking(staffed)
    actions_of(staffed).hold("li", phone.talk.id)
    held = steered(staffed, call)
    assert "on hold" in held.words
    assert held.verbs[-1] == "Redirect"
    assert call.post(held.action).body == held.body, "again and again"
    actions_of(staffed).resume("li", phone.talk.id)
    assert steered(staffed, call).root.findtext("Dial/Conference") == phone.talk.room
    assert state(staffed, phone) == "talking"


@pytest.mark.parametrize("on_hold", [False, True])
def test_a_caller_whose_answer_was_lost_in_a_talk_is_brought_back_into_it(
    staffed: HotlineInTest, on_hold: bool
) -> None:
    call, phone = talking(staffed)
    if on_hold:
        actions_of(staffed).hold("li", phone.talk.id)
    before = (phone.talk.state, entry(staffed, call))
    again = call.fallback()
    assert again.verbs[-1] == ("Redirect" if on_hold else "Conference")
    assert on_hold or again.root.findtext("Dial/Conference") == phone.talk.room
    assert (phone.talk.state, entry(staffed, call)) == before


def test_a_caller_for_whom_a_phone_only_rings_is_put_into_the_queue_again(staffed: HotlineInTest) -> None:
    actions_of(staffed).ready("li")
    call = waiting(staffed)
    rung(staffed)
    assert call.fallback().verbs[-1] == "Enqueue"


def test_a_caller_on_hold_whose_agent_vanishes_is_first_in_line_again(staffed: HotlineInTest) -> None:
    call, phone = talking(staffed)
    actions_of(staffed).hold("li", phone.talk.id)
    steered(staffed, call)
    phone.hang_up()
    assert (state(staffed, phone), entry(staffed, call)) == ("lost", "waiting")
    tick(staffed, 3)
    assert "first in line" in steered(staffed, call).words


def test_ending_a_talk_hangs_the_agent_up_and_lets_the_call_go_on(staffed: HotlineInTest) -> None:
    call, phone = talking(staffed)
    actions_of(staffed).end("li", phone.talk.id)
    staffed.deliver()
    assert staffed.sender.steered[-1] == (phone.sid, "")
    assert call.on(DialCallStatus="answered").words == "How was it?"
    assert state(staffed, phone) == "wrap_up"


def test_the_note_ends_the_talk_and_goes_into_the_ticket(staffed: HotlineInTest) -> None:
    call, phone = talking(staffed)
    reference = "300123"
    opened_before = TicketRow(reference=reference, call_id=call.sid, topic="x", opened_at=staffed.clock(), note="a")
    with staffed.store.turn(call.sid) as tx:
        tx.open_ticket(opened_before)
    actions_of(staffed).end("li", phone.talk.id)
    with pytest.raises(NotNow, match="not_yours"):
        actions_of(staffed).wrap_up("wang", phone.talk.id, "resolved", "")
    actions_of(staffed).wrap_up("li", phone.talk.id, "resolved", "paid back", ticket_status="closed")
    ticket = staffed.store.ticket(reference)
    assert ticket is not None
    assert (ticket.note, ticket.status, ticket.closed_at is None) == ("a\npaid back", "closed", False)
    assert (phone.talk.state, phone.talk.code) == ("over", "resolved")
    assert actions_of(staffed).talk_of("li") is None


def test_a_note_that_is_not_written_in_time_is_not_waited_for(staffed: HotlineInTest) -> None:
    _, phone = talking(staffed)
    actions_of(staffed).end("li", phone.talk.id)
    waiting(staffed, "+8613800000002")
    tick(staffed, 20)
    assert state(staffed, phone) == "wrap_up"
    tick(staffed, 20)
    assert state(staffed, phone) == "over"
    assert rung(staffed)[0].talk.agent == "li"


def test_a_caller_handed_over_waits_in_the_other_queue_with_their_time(staffed: HotlineInTest) -> None:
    call, phone = talking(staffed)
    joined = staffed.store.queue.entry(call.sid).joined_at  # type: ignore[union-attr]
    actions_of(staffed).ready("wang")
    actions_of(staffed).hand_over("li", phone.talk.id, "senior")
    back = steered(staffed, call)
    assert back.words == "I am putting you through to a colleague. Please stay on the line."
    assert back.root.findtext("Enqueue") == "senior"
    found = staffed.store.queue.entry(call.sid)
    assert found is not None
    assert (found.queue, found.priority, found.status, found.joined_at) == ("senior", "high", "waiting", joined)
    assert rung(staffed)[0].talk.agent == "wang"
    assert "Leave" not in call.hold(1).verbs


def test_a_caller_handed_over_to_a_queue_that_is_left_at_that_moment_is_told(staffed: HotlineInTest) -> None:
    call, phone = talking(staffed)
    actions_of(staffed).ready("wang")
    actions_of(staffed).hand_over("li", phone.talk.id, "senior")
    actions_of(staffed).off("wang")
    tick(staffed, 10)
    assert entry(staffed, call) == "nobody"
    to_queue = [url for sid, url in staffed.sender.steered if sid == call.sid and "/room/" in url][-1]
    assert call.post(to_queue).words.startswith("Nobody is here now.")


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda actions, talk: actions.hold("wang", talk), "not_yours"),
        (lambda actions, talk: actions.resume("li", talk), "not_held"),
        (lambda actions, talk: actions.bring_in("li", talk), "not_consulting"),
        (lambda actions, talk: actions.complete("li", talk), "not_consulting"),
        (lambda actions, talk: actions.consult("li", talk, "nowhere"), "unknown"),
        (lambda actions, talk: actions.consult("li", talk, "wang"), "nobody_there"),
        (lambda actions, talk: actions.consult("li", talk, "senior"), "nobody_there"),
        (lambda actions, talk: actions.hand_over("li", talk, "nowhere"), "no_queue"),
        (lambda actions, talk: actions.hand_over("li", talk, "senior"), "nobody_there"),
        (lambda actions, talk: actions.wrap_up("li", talk, "", ""), "not_over"),
        (lambda actions, talk: actions.decline("li", talk), "not_ringing"),
        (lambda actions, talk: actions.take_next("li"), "busy"),
        (lambda actions, talk: actions.take_next("wang"), "off"),
        (lambda actions, talk: actions.hold("li", "TK0000000000000000000000"), "unknown"),
        (lambda actions, talk: actions.ready("nobody"), "unknown"),
    ],
)
def test_what_cannot_be_done_now_is_refused_by_a_short_word_and_changes_nothing(
    staffed: HotlineInTest, act: object, reason: str
) -> None:
    _, phone = talking(staffed)
    before = phone.talk
    with pytest.raises(NotNow) as refused:
        act(actions_of(staffed), phone.talk.id)  # type: ignore[operator]
    assert refused.value.reason == reason
    assert phone.talk == before


# --- a colleague is asked -----------------------------------------------------------------------------------------


def consulting(hotline: HotlineInTest) -> tuple[PostedCall, Telephone, Telephone]:
    """Li has asked Wang, and both talk; the caller is on hold."""
    call, phone = talking(hotline)
    actions_of(hotline).ready("wang")
    actions_of(hotline).consult("li", phone.talk.id, "wang")
    assert "on hold" in steered(hotline, call).words
    room = phone.steered().root.find("Dial/Conference")
    assert room is not None
    assert room.get("endConferenceOnExit") == "false", "the room is the colleague's too"
    [colleague] = rung(hotline, 1)
    assert "li would like to ask you about a caller" in colleague.pick_up().words
    colleague.press("1")
    assert colleague.follow().root.findtext("Dial/Conference") == room.text
    return call, phone, colleague


def test_a_colleague_is_asked_brought_in_and_left_with_the_caller(staffed: HotlineInTest) -> None:
    call, phone, colleague = consulting(staffed)
    actions_of(staffed).bring_in("li", phone.talk.id)
    assert steered(staffed, call).root.findtext("Dial/Conference") == colleague.talk.room, "three in one room"
    actions_of(staffed).complete("li", phone.talk.id)
    staffed.deliver()
    assert staffed.sender.steered[-1] == (phone.sid, "")
    assert (state(staffed, phone), colleague.talk.state, colleague.talk.consult_of) == ("wrap_up", "talking", "")
    phone.hang_up()
    staffed.clock.advance(30)
    colleague.hang_up()
    assert call.on(DialCallStatus="answered").words == "How was it?"
    assert state(staffed, colleague) == "wrap_up"


def test_a_talk_can_be_completed_without_three_in_a_room(staffed: HotlineInTest) -> None:
    call, phone, colleague = consulting(staffed)
    actions_of(staffed).complete("li", phone.talk.id)
    assert steered(staffed, call).root.findtext("Dial/Conference") == colleague.talk.room
    assert colleague.talk.state == "talking"


def test_an_agent_who_hangs_up_leaves_the_caller_with_the_colleague(staffed: HotlineInTest) -> None:
    call, phone, colleague = consulting(staffed)
    phone.hang_up()
    assert steered(staffed, call).root.findtext("Dial/Conference") == colleague.talk.room
    assert (state(staffed, phone), colleague.talk.consult_of) == ("wrap_up", "")


def test_a_consultation_that_is_cancelled_brings_caller_and_agent_together_again(staffed: HotlineInTest) -> None:
    call, phone, colleague = consulting(staffed)
    actions_of(staffed).cancel_consult("li", phone.talk.id)
    room = phone.steered().root.find("Dial/Conference")
    assert room is not None
    assert room.get("endConferenceOnExit") == "true"
    assert steered(staffed, call).root.findtext("Dial/Conference") == room.text != colleague.talk.room
    assert (colleague.sid, "") in staffed.sender.steered
    assert state(staffed, phone) == "talking"


@pytest.mark.parametrize("how", ["no-answer", "busy", "declined"])
def test_an_agent_whose_colleague_does_not_come_is_told_and_can_resume(staffed: HotlineInTest, how: str) -> None:
    call, phone = talking(staffed)
    actions_of(staffed).ready("wang")
    asked = actions_of(staffed).consult("li", phone.talk.id, "senior")
    steered(staffed, call)
    phone.steered()
    [colleague] = rung(staffed, 1)
    if how == "declined":
        actions_of(staffed).decline("wang", asked)
    else:
        colleague.hang_up(how)
    told = phone.steered()
    assert "Your colleague is not available. The caller is still on hold for you." in told.words
    assert state(staffed, phone) == "held"
    actions_of(staffed).resume("li", phone.talk.id)
    assert steered(staffed, call).root.findtext("Dial/Conference") == told.root.findtext("Dial/Conference")


@pytest.mark.parametrize("brought_in", [False, True])
def test_a_colleague_is_told_when_the_caller_hangs_up(staffed: HotlineInTest, *, brought_in: bool) -> None:
    call, phone, colleague = consulting(staffed)
    if brought_in:
        actions_of(staffed).bring_in("li", phone.talk.id)
    call.hang_up()
    tick(staffed)
    assert phone.steered().words == colleague.steered().words == "The caller has hung up. Thank you."
    assert (phone.talk.state, colleague.talk.state) == ("wrap_up", "over")


def test_a_colleague_who_leaves_a_room_of_three_leaves_the_others_together(staffed: HotlineInTest) -> None:
    call, phone, colleague = consulting(staffed)
    actions_of(staffed).bring_in("li", phone.talk.id)
    steered(staffed, call)
    staffed.clock.advance(30)
    caller = call.on(DialCallStatus="answered")
    agent = phone.follow()
    colleague.hang_up()
    rooms = [reply.root.find("Dial/Conference") for reply in (caller, agent)]
    assert [room.text for room in rooms if room is not None] == [phone.talk.room] * 2
    assert state(staffed, phone) == "talking"


# --- whose telephone it is ------------------------------------------------------------------------------------------


def test_a_telephone_that_is_not_the_talk_s_own_is_refused(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    [phone] = rung(hotline)
    phone.pick_up()
    stranger = hotline.call("+8613800000077")
    for path in ("", "/keyed", "/room", "/left?room=x", "/over"):
        refused = stranger.post(f"{phone.path}{path}", To=phone.number, CallStatus="completed", Digits="1")
        assert (refused.status, refused.body) == (403, "")
    assert state(hotline, phone) == "ringing"
    assert stranger.post(f"/voice/{stranger.sid}/room/{phone.talk.id}").status == 403
    assert entry(hotline, call) == "waiting"


def test_the_first_telephone_that_answers_must_be_at_the_agent_s_number(hotline: HotlineInTest) -> None:
    waiting(hotline)
    [phone] = rung(hotline)
    assert hotline.call().post(phone.path, To="+8613900000099").status == 403
    assert phone.pick_up().status == 200


def test_an_unknown_talk_is_a_polite_end(hotline: HotlineInTest) -> None:
    nobody = "/floor/talks/TK0123456789abcdef012345"
    for path in ("", "/keyed", "/room", "/left", "/customer", "/customer/keyed", "/customer/left"):
        answer = hotline.call().post(nobody + path)
        assert (answer.status, answer.verbs) == (200, ["Hangup"])
    for path in ("/over", "/customer/over"):
        assert hotline.call().post(nobody + path, CallStatus="completed").status == 204
    call = waiting(hotline)
    assert "Enqueue" in call.post(f"/voice/{call.sid}/room/TK0123456789abcdef012345").verbs
