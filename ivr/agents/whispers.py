"""What telephones say: to agents before and after a talk, to callers on hold, to customers who are called back.

Agents hear the caller's language if they speak it, else the first of their own.
"""

from collections.abc import Callable
from datetime import date, datetime

from ivr.agents.rules import Rules
from ivr.call.languages import LANGUAGES
from ivr.call.languages.language import Language, TalkPhrases
from ivr.call.prompts import about, in_words, whisper
from ivr.call.session import Session
from ivr.call.values import Value
from ivr.store import Store
from ivr.store.rows import CallRow, TalkRow

Words = tuple[str, str]
"""What is said, and the language it is said in."""


class Whispers:
    """Finds the words for a talk. Safe to share between threads."""

    def __init__(self, store: Store, rules: Rules, titles: Callable[[Session, str], tuple[str, ...]]) -> None:
        """`titles` names what a call is about in a language, first what it has come to."""
        self._store = store
        self._rules = rules
        self._titles = titles

    def to_agent(self, talk: TalkRow, phrase: Callable[[TalkPhrases], str]) -> Words:
        return _told(LANGUAGES[self.agent_language(talk)], phrase)

    def offer(self, talk: TalkRow, colleague: str = "") -> Words:
        """What an agent's phone says first: what kind of call, about what, and 1 to take it.

        `colleague` is who asks, in a consultation.
        """
        code = self.agent_language(talk)
        spoken_in = LANGUAGES[code]
        phrases = spoken_in.phrases.talk
        if talk.kind == "consult":
            asks = self._rules.agents.get(colleague)
            name = asks.called(code) if asks is not None else colleague
            first = spoken_in.say(phrases.consult, {"agent": Value("name", name)}, date.min)
        else:
            first = phrases.callback if talk.kind == "callback" else phrases.call
        session = _session(self._store.call(talk.call_id))
        topics = in_words(spoken_in, about(spoken_in, self._titles(session, code))) if session is not None else ""
        return _joined(spoken_in, first, topics, phrases.accept), code

    def whisper(self, talk: TalkRow, now: datetime) -> Words:
        """What the agent hears before the caller: who, how identified, about what, which reference, how long waited."""
        code = self.agent_language(talk)
        row = self._store.call(talk.call_id)
        session = _session(row)
        name = reference = None
        if session is not None:
            name, reference = session.values.get("customer"), session.values.get("ticket")
        waited = int((now - talk.waiting_since).total_seconds()) if talk.waiting_since is not None else 0
        words = whisper(
            code,
            name=name.text if name else "",
            factor=session.factor if session is not None else "",
            topics=self._titles(session, code) if session is not None else (),
            reference=reference.text if reference else "",
            waited_seconds=waited if talk.kind == "queue" else 0,
        )
        more = LANGUAGES[code].phrases.talk.calling if talk.kind == "callback" else ""
        return _joined(LANGUAGES[code], words, more), code

    def to_caller(self, talk: TalkRow, phrase: Callable[[TalkPhrases], str]) -> Words:
        return _told(LANGUAGES[self.caller_language(talk)], phrase)

    def greeting(self, talk: TalkRow) -> Words:
        """What a customer who is called back hears first."""
        language = LANGUAGES[self.caller_language(talk)]
        phrases, name = language.phrases.talk, self._rules.hotline_name.get(language.code, "")
        phrase = phrases.greeting if name else phrases.nameless_greeting
        return language.say(phrase, {"house": Value("words", name)}, date.min), language.teller(phrase).code

    def goodbye(self, talk: TalkRow) -> Words:
        """What a customer who was called back hears when the talk is over."""
        language = LANGUAGES[self.caller_language(talk)]
        return language.phrases.goodbye, language.teller(language.phrases.goodbye).code

    def failed_note(self, tries: int) -> str:
        """The note of a ticket for a customer who was never reached, in the first language of the hotline."""
        code = self._rules.languages[0]
        note = LANGUAGES[code].phrases.talk.failed
        return LANGUAGES[code].say(note, {"tries": Value("number", str(tries))}, date.min)

    def caller_language(self, talk: TalkRow) -> str:
        row = self._store.call(talk.call_id)
        return row.language if row is not None and row.language in LANGUAGES else self._rules.languages[0]

    def agent_language(self, talk: TalkRow) -> str:
        theirs = self.caller_language(talk)
        agent = self._rules.agents.get(talk.agent)
        if agent is None or agent.speaks(theirs):
            return theirs
        return next((code for code in agent.languages if code in LANGUAGES), theirs)


def _session(row: CallRow | None) -> Session | None:
    return Session.from_json(row.session) if row is not None and row.session else None


def _told(language: Language, phrase: Callable[[TalkPhrases], str]) -> Words:
    words = phrase(language.phrases.talk)
    return words, language.teller(words).code


def _joined(language: Language, *words: str) -> str:
    return language.joiner.join(word for word in words if word)
