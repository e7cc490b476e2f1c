"""The journal of one call as text for one reader: what was tried, and who said what.

What was keyed in is not in the journal. An answer is told by what it led to: the choice that was taken, the value that
was kept, or that something secret was asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, assert_never

from ivr.agents.model import TimelineLine
from ivr.agents.texts import named, sentence
from ivr.call.events import event_name
from ivr.call.languages import LANGUAGES, MissingValue
from ivr.call.pace import as_heard
from ivr.call.prompts import text_of
from ivr.call.values import Value, Values
from ivr.flow.model import Ask, Choice, FlowSet, Handle, Identify, Menu, Say, Step, Survey, Text, key_outcome
from ivr.store import RecordingRow, TurnRow
from ivr.texts.load import Texts


class TimelineText:
    """Reads the journal of one call for one reader. `now` is local to the hotline."""

    def __init__(
        self,
        turns: Sequence[TurnRow],
        flows: FlowSet | None,
        values: Values,
        *,
        recordings: Sequence[RecordingRow],
        language: str,
        now: datetime,
        names: Texts,
    ) -> None:
        """`flows` are those the call began with, None if they are gone; `values` those it has now; `language` the
        reader's; `names` what the hotline calls its values."""
        self._turns = list(zip(turns, as_heard(turns), strict=True))
        self._flows = flows
        self._values = values
        self._language = language
        self._now = now
        self._names = names
        self._recordings = {recording.turn: recording for recording in recordings}
        self._last: dict[str, int] = {}
        """Where each value was taken last: the session holds only the latest."""
        place = 0
        for _, events in self._turns:
            for event in events:
                place += 1
                if event["type"] == "Took":
                    self._last[event["name"]] = place

    # --- what was tried -------------------------------------------------------------------------------------

    def tried(self) -> Iterator[str]:
        """What the hotline has told this caller about their own case, or done for them, oldest first."""
        place, told_before = 0, set[str]()
        for _, events in self._turns:
            for index, event in enumerate(events):
                place += 1
                sentence = self._attempt(event, events[:index], place)
                if sentence and sentence not in told_before:
                    told_before.add(sentence)
                    yield sentence

    def _attempt(self, event: Mapping[str, Any], before: Sequence[Mapping[str, Any]], place: int) -> str:
        match event:
            case {"type": "Moved", "state": state, "outcome": outcome}:
                return self._left(self._step(state), outcome, before, place)
            case {"type": "TicketOpened" | "TextSent" | "CallbackBooked"}:
                return self._noted(event)
        return ""

    def _left(self, step: Step | None, outcome: str, before: Sequence[Mapping[str, Any]], place: int) -> str:
        match step:
            case Handle(ways=ways):
                if outcome == "unavailable":
                    return sentence("no_answer_elsewhere", self._language)
                way = ways.get(outcome)
                return self._again(way.say, before, place) if way and way.say else ""
            case Say(say=text) if text.slots:
                return self._again(text, before, place)
            case Identify() if outcome in ("unverified", "locked"):
                return sentence(outcome, self._language)
        return ""

    def _again(self, text: Text, before: Sequence[Mapping[str, Any]], place: int) -> str:
        """A sentence of a flow as this person reads it; as it was said, where its values have changed since."""
        languages = self._flows.languages if self._flows else ()
        sentence, code = text_of(text, self._language, languages)
        if all(self._last.get(slot.name, 0) <= place for slot in sentence.slots):
            try:
                return LANGUAGES[code].fill_written(sentence.parts, self._values, self._now.date())
            except MissingValue:
                pass
        return next((str(event["text"]) for event in reversed(before) if event["type"] == "Said"), "")

    # --- line by line ---------------------------------------------------------------------------------------

    def lines(self, began: datetime) -> Iterator[TimelineLine]:
        """Every line in order, timed from the beginning of the call."""
        last_entered: Mapping[str, Any] = {}
        place, over = 0, False
        for turn, events in self._turns:
            if over:  # an end is reported more than once
                return
            seconds = max(0, int((turn.at - began).total_seconds()))
            heard = self._heard(turn, last_entered, events, place)
            if heard is not None:
                yield TimelineLine(seconds=seconds, who=heard[0], text=heard[1])
            for speaking, some in groupby(events, key=lambda event: event["type"] in ("Said", "Played")):
                if speaking:
                    yield TimelineLine(seconds=seconds, who="hotline", text=_joined(list(some)))
                    continue
                for event in some:
                    note = self._noted(event)
                    if note:
                        yield TimelineLine(seconds=seconds, who="note", text=note)
            place += len(events)
            over = any(event["type"] == "Ended" for event in events)
            last_entered = next((event for event in reversed(events) if event["type"] == "Entered"), last_entered)

    def _heard(
        self, turn: TurnRow, last_entered: Mapping[str, Any], events: Sequence[Mapping[str, Any]], place: int
    ) -> tuple[Any, str] | None:
        """The line for what the caller did, and who it is from; None when it is not worth a line."""
        say = self._language
        match turn.input_kind:
            case "digits" | "spoken":
                return "caller", self._answer(last_entered.get("state", ""), turn.input_kind, events, place)
            case "silence":
                return "caller", sentence("silent", say)
            case "recorded":
                recording = self._recordings.get(turn.turn)
                return "caller", sentence("message", say, seconds=recording.seconds) if recording else sentence(
                    "no_message", say
                )
            case "queue-ended" | "transfer-ended":
                result = next((event["outcome"] for event in events if event["type"] == "Moved"), "answered")
                key = f"wait_{result}"
                return "note", sentence(key, say)
            case "hung-up":
                return "note", sentence("hung_up", say)
        return None

    def _answer(self, state: str, kind: str, events: Sequence[Mapping[str, Any]], place: int) -> str:
        """An answer to the question asked in `state`, told by what it led to: what was keyed in is not kept."""
        say, step = self._language, self._step(state)
        left = next((event["outcome"] for event in events if event["type"] == "Moved" and event["state"] == state), "")
        if any(event["type"] == "TryUsed" for event in events):
            return sentence("not_understood", say)
        match step:
            case Menu(choices=choices):
                chosen = next((choice for choice in choices if key_outcome(choice.key) == left), None)
                told = self._chosen(chosen, kind) if chosen is not None else ""
            case Identify():
                told = self._keyed_secret(events)
            case Ask(as_="yes-no") if left in ("yes", "no"):
                told = sentence(left, say)
            case Ask():
                told = self._first_value(events, place)
            case Survey():
                scores = (event for event in events if event["type"] == "SurveyAnswered")
                told = next((sentence("score", say, score=one["score"], scale=one["scale"]) for one in scores), "")
            case _:
                told = ""
        if told:
            return told
        if left.startswith("key_"):
            return sentence("key", say, key={"star": "*", "hash": "#"}.get(left[4:], left[4:]))
        return sentence("said" if kind == "spoken" else "keyed", say)

    def _chosen(self, choice: Choice, kind: str) -> str:
        say, label = self._language, self._plain(choice.label)
        if kind == "spoken":
            return sentence("chose_by_voice", say, label=label) if label else sentence("said", say)
        return sentence("chose" if label else "key", say, key=choice.key, label=label)

    def _keyed_secret(self, events: Sequence[Mapping[str, Any]]) -> str:
        """That an account or a secret was keyed in, as far as it was checked; never what."""
        check = next((event for event in events if event["type"] == "Check"), None)
        if check is None:
            return ""
        return sentence(f"keyed_{check['factor']}" if check.get("factor") else "keyed_account", self._language)

    def _first_value(self, events: Sequence[Mapping[str, Any]], place: int) -> str:
        """The value that was kept before the call went on."""
        for offset, event in enumerate(events):
            if event["type"] == "Took":
                return self._given(event["name"], place + offset + 1)
            if event["type"] == "Moved":
                return ""
        return ""

    def _given(self, name: str, place: int) -> str:
        called = named("value", name, self._language, self._names)
        value = self._values.get(name)
        if value is None or self._last.get(name) != place:
            return called
        return sentence("gave", self._language, name=called, text=value_text(value, self._language, self._now))

    def _noted(self, event: Mapping[str, Any]) -> str:
        """What the hotline did, in words; "" when it is not worth a line."""
        say, name = self._language, event_name(event["type"])
        match name:
            case "Identified":
                return sentence("identified", say, factor=named("factor", event["factor"], say))
            case "TicketOpened":
                return sentence("ticket", say, reference=event["reference"])
            case "TextSent":
                return sentence("texted", say, body=event["body"])
            case "CallbackBooked":
                return sentence("callback", say, at=value_text(Value("datetime", event["at"]), say, self._now))
            case "Queueing":
                return sentence("queueing", say)
            case "Transferring":
                return sentence("transferring", say)
            case "LanguageChanged":
                code = event["language"]
                return sentence("language", say, language=LANGUAGES[code].name if code in LANGUAGES else code)
            case "Guarded":
                return sentence("limit", say)
            case "Ended":
                return sentence("ended", say) if event["why"] != "caller" else ""
            case (
                "Said" | "Played" | "Entered" | "Moved" | "TryUsed" | "Took" | "TicketAmended" | "SurveyAnswered"
                | "Gathering" | "Recording" | "Polling" | "LookUp" | "Check" | "Booking" | None
            ):  # fmt: skip
                return ""
            case _:
                assert_never(name)

    def _plain(self, text: Text | None) -> str:
        """A label without values, as this person reads it."""
        if text is None:
            return ""
        sentence, _ = text_of(text, self._language, self._flows.languages if self._flows else ())
        return sentence.source

    def _step(self, state: str) -> Step | None:
        try:
            return self._flows.step(state) if self._flows is not None else None
        except KeyError:
            return None


def _joined(said: Sequence[Mapping[str, Any]]) -> str:
    """What was said without a break, as one line; languages are kept apart by their own joiner."""
    line = ""
    for event in said:
        words = LANGUAGES.get(event.get("language", ""))
        line += (words.joiner if words and line else " " if line else "") + str(event.get("text", ""))
    return line


def value_text(value: Value, language: str, now: datetime) -> str:
    """A value as it is read: 88元, 88 yuan. `now` is local to the hotline."""
    words = LANGUAGES.get(language) or LANGUAGES["en"]
    try:
        return words.write(value, today=now.date())
    except KeyError:  # a kind of a later release
        return value.text
