"""What is spoken: the sentences of flows with their values filled in, and the sentences made from choices.

Pure. The words of each language are in `ivr.call.languages`. `today` is the date where the caller is. A sentence
without slots is cheap, so there is no cache.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from itertools import groupby

from ivr.call.calendar import DAY_MINUTES, Calendar
from ivr.call.languages import LANGUAGES
from ivr.call.languages.language import Language, WeekHours
from ivr.call.values import Value, Values
from ivr.flow.model import Choice, Menu, Sentence, Text


def fill(sentence: Sentence, values: Values, language: str, today: date) -> str:
    """The sentence as it is spoken. Raises MissingValue (with the name) when a value is not set."""
    parts = sentence.parts
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    return LANGUAGES[language].fill(parts, values, today)


def text_of(text: Text, language: str, fallback: Sequence[str] = ()) -> tuple[Sentence, str]:
    """The sentence and the language that it is in: `language`, else the first of `fallback`, else any."""
    sentences = text.sentences
    for code in (language, *fallback, *sentences):
        if code in sentences:
            return sentences[code], code
    raise ValueError("a text without sentences")


def say(text: Text, values: Values, language: str, languages: Sequence[str], today: date) -> tuple[str, str]:
    """A text as spoken and the language it is spoken in; `languages` are tried in order where `language` lacks it."""
    sentence, code = text_of(text, language, languages)
    return fill(sentence, values, code, today), code


def message_text(text: Text, values: Values, language: str, languages: Sequence[str], today: date) -> str:
    """A text as it is written in a text message: 300123 and 128.50元, which `say` would spell out."""
    sentence, code = text_of(text, language, languages)
    return LANGUAGES[code].fill_written(sentence.parts, values, today)


def menu_words(
    menu: Menu, language: str, languages: Sequence[str], values: Values, today: date
) -> list[tuple[str, str]]:
    """The menu's own words, if any, then a sentence per choice, each as (text, language) in the order spoken.

    A choice that sets a language is spoken in it. A choice without words is not spoken.
    """
    words = [say(menu.menu, values, language, languages, today)] if menu.menu else []
    for choice in menu.choices:
        words += _choice_words(choice, choice.language or language, languages, values, today)
    return [(text, code) for text, code in words if text]


def is_constant(menu: Menu) -> bool:
    """Whether a menu says the same to everybody, because no value stands in its sentences."""
    texts = [menu.menu, *(choice.say or choice.label for choice in menu.choices)]
    return not any(text.slots for text in texts if text)


def _choice_words(
    choice: Choice, language: str, languages: Sequence[str], values: Values, today: date
) -> list[tuple[str, str]]:
    if choice.say:
        return [say(choice.say, values, language, languages, today)]
    if choice.label:
        label, language = say(choice.label, values, language, languages, today)
    elif choice.language:
        label = LANGUAGES[language].phrases.service
    else:
        return []
    return [(LANGUAGES[language].choice(label, choice.key), language)]


def choice_source(choice: Choice, language: str) -> str:
    """What is said for a choice, key included, with its values still in braces; "" where it has no words in it."""
    text = choice.say or choice.label
    if text is None:
        words = LANGUAGES[language].phrases.service if choice.language == language else ""
        return LANGUAGES[language].choice(words, choice.key) if words else ""
    if language not in text.sentences:
        return ""
    words = text.sentences[language].source
    return words if choice.say else LANGUAGES[language].choice(words, choice.key)


def with_position(hold: str, position: int, language: str) -> str:
    """The words of a waiting queue with their literal `{position}` spoken: 您前面还有两位."""
    spoken_in = LANGUAGES[language]
    said, *rest = hold.split("{position}")
    for piece in rest:
        number = spoken_in.speak(Value("number", str(position)), today=date.min)
        said = spoken_in.fit(said, number, piece) + piece
    return said


def whisper(
    language: str,
    *,
    name: str = "",
    factor: str = "",
    topics: Sequence[str] = (),
    reference: str = "",
    waited_seconds: int = 0,
) -> str:
    """What the agent hears before the caller: who, how identified (code, pin or ""), about what.

    `language` is the agent's. `topics` are said as they are.
    """
    spoken_in = LANGUAGES[language]
    phrases = spoken_in.phrases
    pieces: list[tuple[str, Values]] = [
        (
            phrases.whisper_caller,
            {"name": Value("name", name), "factor": Value("words", phrases.whisper_factor[factor])},
        )
        if name
        else (phrases.whisper_unknown, {})
    ]
    pieces += about(spoken_in, topics)
    if reference:
        pieces.append((phrases.whisper_reference, {"reference": Value("reference", reference)}))
    if waited_seconds > 0:
        pieces.append((phrases.whisper_waited, {"waited": Value("duration", str(waited_seconds))}))
    return in_words(spoken_in, pieces)


def in_words(language: Language, pieces: Iterable[tuple[str, Values]]) -> str:
    """Phrases of a language one after another, each with its values."""
    return language.joiner.join(language.say(phrase, values, date.min) for phrase, values in pieces)


def about(language: Language, topics: Sequence[str]) -> Iterator[tuple[str, Values]]:
    """The phrases by which an agent is told what a call is about: its topic, and what else the caller has asked for."""
    for place, topic in enumerate(topics):
        phrase = language.phrases.whisper_also if place else language.phrases.whisper_topic
        yield phrase, {"topic": Value("words", topic)}


def opening_hours(calendar: Calendar, language: str) -> Value:
    """When the calendar opens in an ordinary week, in words of this language; in the calendar's own time zone."""
    days = enumerate(calendar.weekly)
    runs = [(spans, [day for day, _ in run]) for spans, run in groupby(days, key=lambda day: day[1])]
    week: WeekHours = [
        (run[0], run[-1], [(_clock(span.begins), _clock(span.ends)) for span in spans]) for spans, run in runs if spans
    ]
    return Value("words", LANGUAGES[language].phrases.opening_hours(week, bool(calendar.holidays)))


def _clock(minutes: int) -> time:
    return time(*divmod(minutes % DAY_MINUTES, 60))
