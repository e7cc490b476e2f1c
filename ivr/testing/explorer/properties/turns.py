"""Properties of single turns: words, documents, secrets, tickets. Each sees every turn that is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.call import engine
from ivr.call.events import (
    Booking,
    Check,
    Entered,
    Event,
    LanguageChanged,
    LimitReached,
    LookUp,
    Played,
    Queueing,
    Recorded,
    Recording,
    Said,
    TextSent,
    TicketOpened,
)  # fmt: skip
from ivr.flow.model import Menu, Voicemail
from ivr.testing.explorer.actions import CANARY, RECORDING_SECONDS
from ivr.testing.explorer.property import Setting, of_turns
from ivr.testing.explorer.search import Taken

LONGEST_MESSAGE = 1600
"""Characters of a text message that Twilio takes (error 21617)."""

_CHINESE = re.compile("[\u3400-\u9fff]")
_LATIN_SENTENCE = re.compile(r"(?:[A-Za-z]{2,}[,;]?\s+){3}[A-Za-z]{2,}")
_NUMERALS = str.maketrans("零〇一幺二两三四五六七八九", "0011223456789")
_NO_DIGITS = re.compile(r"\D+")


# --- what callers hear ----------------------------------------------------------------------------------------------


@of_turns("speaks-the-language")
def speaks_the_language(taken: Taken, setting: Setting) -> Iterator[str]:
    """Everything is said in the language that the caller chose.

    A text that is missing in it is said in another, which is worse than it looks: the voice is the other one as well.
    A choice that sets a language is said in that one. Words are looked at too: Chinese characters in an English text,
    or an English sentence in a Chinese one, are a slip of the pen. Text messages count.
    """
    flows = setting.ground.edition.flows
    language = taken.before.language if taken.before else flows.languages[0]
    state = taken.before.state if taken.before else taken.after.state
    for event in taken.events:
        match event:
            case LanguageChanged(language=changed):
                language = changed
            case Entered(state=entered):
                state = entered
            case Said(text=text, language=spoken) | Played(text=text, language=spoken):
                if spoken != language and spoken not in _offered(flows.step(state)):
                    yield f"a caller who speaks {language} hears {spoken}: “{_short(text)}”"
                yield from _foreign(_without_values(text, taken), spoken)
            case TextSent(body=body):
                yield from _foreign(_without_values(body, taken), language)


def _offered(step: object) -> set[str]:
    """The languages that a menu offers."""
    return {choice.language for choice in step.choices if choice.language} if isinstance(step, Menu) else set()


def _without_values(text: str, taken: Taken) -> str:
    """A text without what was filled in: a name stays what it is when the caller changes the language."""
    for value in taken.after.values.values():
        if not value.text.isascii():
            text = text.replace(value.text, "")
    return text


def _foreign(text: str, language: str) -> Iterator[str]:
    if language == "en" and _CHINESE.search(text):
        yield f"Chinese characters are said in English: “{_short(text)}”"
    if language == "zh" and (found := _LATIN_SENTENCE.search(text)):
        yield f"English is said in Chinese: “{_short(found[0])}”"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


# --- what the line is sent ------------------------------------------------------------------------------------------


@of_turns("valid-documents")
def valid_documents(taken: Taken, setting: Setting) -> Iterator[str]:
    """Every turn can be written down as TwiML that Twilio takes, and every text message is short enough to be sent.

    The documents are those of production: verbs and their nesting, no Say that is too long for its voice, no reply
    over 32 kB, no destination that the configuration does not name. A reply that breaks these rules is an apology.
    """
    for event in taken.events:
        if isinstance(event, TextSent) and len(event.body) > LONGEST_MESSAGE:
            yield f"a text message of {len(event.body)} characters is not sent; {LONGEST_MESSAGE} are the most"
    wait = taken.events[-1]
    if isinstance(wait, (LookUp, Check, Booking)) or (taken.heard, wait) in setting.seen:
        return
    setting.seen.add((taken.heard, wait))
    try:
        setting.write((*taken.heard, wait))
    except Exception as flaw:  # whatever stops the line from answering
        yield f"the reply is no document that may be sent: {type(flaw).__name__}: {flaw}"


# --- secrets --------------------------------------------------------------------------------------------------------


@of_turns("keeps-secrets")
def keeps_secrets(taken: Taken, setting: Setting) -> Iterator[str]:
    """A PIN or one-time code that is keyed in never comes out again.

    The same one is keyed in at every question for one, and is looked for in all that is said, texted, written into
    tickets, handed to handlers and kept in the session.
    """
    if CANARY in taken.after.to_json():
        yield "a PIN or code is kept in the session"
    for event in taken.events:
        match event:
            case Said(text=text) | Played(text=text):
                if _has_canary(text):
                    yield "a PIN or code is spoken"
            case TextSent(body=body) if _has_canary(body):
                yield "a PIN or code is sent as a text message"
            case TicketOpened(about=values) if any(_has_canary(value.text) for value in values.values()):
                yield "a PIN or code is written into a ticket"
            case LookUp(handler=name, given=values) if any(_has_canary(value.text) for value in values.values()):
                yield f'a PIN or code is handed to the handler "{name}"'


def _has_canary(text: str) -> bool:
    return CANARY in _NO_DIGITS.sub("", text.translate(_NUMERALS))


# --- promises -------------------------------------------------------------------------------------------------------


@of_turns("tickets-as-promised")
def tickets_as_promised(taken: Taken, setting: Setting) -> Iterator[str]:
    """Where a caller is promised something, a ticket is opened.

    A text with a reference number in it is only reached by way of a ticket; a recording that was made is in a ticket,
    also when the caller hangs up at the end of it; a caller who gives up waiting for a person and whose number we know
    leaves an incomplete ticket behind; and the reference a caller hears is that of the ticket.
    """
    opened = [event for event in taken.events if isinstance(event, TicketOpened)]
    for ticket in opened:
        if ticket.complete and all(value.text != ticket.reference for value in taken.after.values.values()):
            yield f'the reference of the ticket "{ticket.topic}" is not kept, so nobody can tell it'
    before = taken.before
    if before is None:
        return
    edition = setting.ground.edition
    match before.wait, taken.act.by:
        case Queueing(queue=queue), "hang-up":
            known = before.session.caller or before.session.account
            if known and not opened and setting.ticket_names.isdisjoint(before.session.values):
                yield f'a caller who hangs up in the queue "{queue}" leaves no ticket'
        case Recording(), "line" if isinstance(taken.act.heard, Recorded):
            made = taken.act.heard.recording
            if not opened and not isinstance(taken.events[-1], (LookUp, Check, Booking)):
                yield "a recording is thrown away: no ticket is opened with it"
            elif opened and not any(value.text == made for each in opened for value in each.about.values()):
                yield "a recording is thrown away: the ticket that is opened does not name it"
        case Recording(), "hang-up" if isinstance(edition.flows.step(before.state), Voicemail):
            last = Recorded("https://recordings.example/1", RECORDING_SECONDS, "RE1")
            events: tuple[Event, ...] = engine.answer(edition, taken.after, last, taken.world).events
            if not any(isinstance(event, (TicketOpened, LookUp, Check, Booking)) for event in events):
                yield "a recording that ends by hanging up is thrown away: no ticket is opened with it"


@of_turns("no-loop")
def no_loop(taken: Taken, setting: Setting) -> Iterator[str]:
    """The hotline never goes in circles by itself.

    Neither inside one turn, where a guard stops it after so many steps, nor from look-up to look-up without the caller
    doing anything.
    """
    for event in taken.events:
        if isinstance(event, LimitReached):
            yield f"the guard of {event.limit} stops the call, which went in circles by itself"
