"""Properties of single turns: language, length, recordings, circles. Each sees every turn that is taken."""

import re
from collections.abc import Iterator

from ivr.call.events import (
    Booking,
    Check,
    Entered,
    LanguageChanged,
    LimitReached,
    LookUp,
    Played,
    QueueEnded,
    Queueing,
    Recorded,
    Recording,
    Said,
    TextSent,
    TicketOpened,
)  # fmt: skip
from ivr.call.languages import MissingValue
from ivr.flow.model import Menu, Voicemail
from ivr.testing.explorer.actions import RECORDING_SECONDS
from ivr.testing.explorer.property import one_more, turn_property
from ivr.testing.explorer.search import Model, ObservedTurn

LONGEST_MESSAGE = 1600
"""Characters of a text message that Twilio takes (error 21617)."""
LARGEST_REPLY = 32_000
"""Bytes of one reply to the carrier, above which the webhooks send an apology instead."""

_CHINESE = re.compile("[\u3400-\u9fff]")
_LATIN_SENTENCE = re.compile(r"(?:[A-Za-z]{2,}[,;]?\s+){3}[A-Za-z]{2,}")
_LATIN_WORDS = re.compile(r"[A-Za-z]{2,}[,;]?\s+[A-Za-z]{2,}")


# --- what callers hear ----------------------------------------------------------------------------------------------


@turn_property("speaks-the-language")
def speaks_the_language(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """Everything is said in the language that the caller chose.

    A text that is missing in it is said in another, which is worse than it looks: the voice is the other one as well.
    A choice that sets a language is said in that one. Words are looked at too: Chinese characters in an English text,
    or an English sentence in a Chinese one, are a slip of the pen. Text messages count.
    """
    flows = model.edition.flows
    language = turn.before.language if turn.before else flows.languages[0]
    state = turn.before.state if turn.before else turn.after.state
    for event in turn.events:
        match event:
            case LanguageChanged(language=changed):
                language = changed
            case Entered(state=entered):
                state = entered
            case Said(text=text, language=spoken) | Played(text=text, language=spoken):
                if spoken != language and spoken not in _offered(flows.step(state)):
                    yield f"a caller who speaks {language} hears {spoken}: “{_short(text)}”"
                yield from _foreign(_without_values(text, turn), spoken)
            case TextSent(body=body):
                yield from _foreign(_without_values(body, turn), language)


def _offered(step: object) -> set[str]:
    return {choice.language for choice in step.choices if choice.language} if isinstance(step, Menu) else set()


def _without_values(text: str, turn: ObservedTurn) -> str:
    """A text without what was filled in: a name stays what it is when the caller changes the language."""
    for value in turn.after.values.values():
        if not value.text.isascii():
            text = text.replace(value.text, "")
    return text


def _foreign(text: str, language: str) -> Iterator[str]:
    if language == "en" and _CHINESE.search(text):
        yield f"Chinese characters are said in English: “{_short(text)}”"
    latin = _LATIN_SENTENCE if _CHINESE.search(text) else _LATIN_WORDS
    if language == "zh" and (found := latin.search(text)):
        yield f"English is said in Chinese: “{_short(found[0])}”"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


@turn_property("texts-fit")
def texts_fit(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """Every text message is short enough to be sent, and all that is said in one reply fits into it.

    Counted with the values filled in: a text message has at most 1600 characters, a reply 32 kB. The carrier sends no
    longer text message, and the caller hears an apology instead of a larger reply.
    """
    for event in turn.events:
        if isinstance(event, TextSent) and len(event.body) > LONGEST_MESSAGE:
            yield f"a text message of {len(event.body)} characters is not sent; {LONGEST_MESSAGE} are the most"
    size = sum(len(said.text.encode()) for said in turn.heard)
    if size > LARGEST_REPLY:
        yield f"what is said in one reply has {size:,} bytes; {LARGEST_REPLY:,} are the most"


def told(error: Exception | None) -> str:
    """Why a turn failed, in a lead's words."""
    if isinstance(error, MissingValue):
        return f"a text needs {{{error.name}}}, which nothing has set"
    return f"{type(error).__name__}: {error}"


# --- promises -------------------------------------------------------------------------------------------------------


@turn_property("tickets-as-promised")
def recordings_are_kept(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """Where a caller is promised something, a ticket is opened.

    A text with a reference number in it is only reached by way of a ticket. A recording that was made is in a ticket,
    also when the caller ends it by hanging up.
    """
    before = turn.before
    if before is None or not isinstance(before.wait, Recording):
        return
    if turn.action.by == "line" and isinstance(turn.action.heard, Recorded):
        opened = [event for event in turn.events if isinstance(event, TicketOpened)]
        made = turn.action.heard.recording
        if not opened and not isinstance(turn.events[-1], (LookUp, Check, Booking)):
            yield "a recording is thrown away: no ticket is opened with it"
        elif opened and not any(value.text == made for each in opened for value in each.about.values()):
            yield "a recording is thrown away: the ticket that is opened does not name it"
    elif turn.action.by == "hang-up" and isinstance(model.edition.flows.step(before.state), Voicemail):
        last = Recorded("https://recordings.example/1", RECORDING_SECONDS, "RE1")
        taken = one_more(model.edition, turn.after, last, turn.world)
        if isinstance(taken, Exception):
            yield f"a recording that ends by hanging up is thrown away: {told(taken)}"
        elif not any(isinstance(event, (TicketOpened, LookUp, Check, Booking)) for event in taken.events):
            yield "a recording that ends by hanging up is thrown away: no ticket is opened with it"


# --- circles --------------------------------------------------------------------------------------------------------


@turn_property("no-loop")
def no_loop(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """The hotline never goes in circles by itself.

    Not inside one turn, where the limit of steps stops it; not from look-up to look-up without the caller doing
    anything; and a caller who leaves a queue is not in a queue again at once, unless a key has asked for another
    queue or for another language.
    """
    for event in turn.events:
        if isinstance(event, LimitReached):
            yield f"the limit of {event.limit} stops the call, which went in circles by itself"
    was, waits = turn.before.wait if turn.before is not None else None, turn.events[-1]
    if isinstance(was, Queueing) and isinstance(waits, Queueing) and isinstance(turn.action.heard, QueueEnded):
        asked = turn.action.heard.key and (was.queue, was.language) != (waits.queue, waits.language)
        if turn.action.by == "key" and not asked:
            yield f'a caller who leaves the queue "{was.queue}" is at once in the queue "{waits.queue}"'
