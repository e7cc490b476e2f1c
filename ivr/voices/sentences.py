"""What a hotline says in words that never change, and which of its recordings nobody says any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import SequenceMatcher

from ivr.call.languages import LANGUAGES
from ivr.call.languages.language import Phrases, TalkPhrases
from ivr.call.prompts import choice_source
from ivr.flow.issues import NOWHERE, Issue, Place, Severity
from ivr.flow.model import AnyStep, Choice, FlowSet, Menu, Sms, Text
from ivr.voices.recordings import Recorded, RecordedSentence, one_line

_ENDS = tuple(".!?。！？")


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """What is said at one place of the flows in one language, key of a choice included.

    `part` is where it stands, `flow.step menu`; "" for the hotline's own sentences. With `has_values` the words differ
    from call to call.
    """

    words: str
    language: str
    part: str = ""
    place: Place = NOWHERE
    has_values: bool = False


def spoken_sentences(flows: FlowSet) -> Iterator[SpokenSentence]:
    """Everything that the flows say to callers, in every language, in the order of the files."""
    for state, step in flows.states().items():
        yield from _of_step(step, state, flows.languages)


def constant_sentences(flows: FlowSet) -> Mapping[tuple[str, str], SpokenSentence]:
    """What can be recorded, each once: the sentences of the flows without values, then the hotline's own, by language
    and words."""
    found: dict[tuple[str, str], SpokenSentence] = {}
    own = (each for language in flows.languages for each in _own(language))
    for sentence in (*spoken_sentences(flows), *own):
        if not sentence.has_values:
            found.setdefault((sentence.language, sentence.words), sentence)
    return found


def stale_recordings(recorded: Recorded, flows: FlowSet) -> Iterator[tuple[RecordedSentence, SpokenSentence | None]]:
    """The recordings whose words nobody says any more, each with what its step says instead, if that is known."""
    if not recorded.sentences:
        return
    said = constant_sentences(flows)
    by_step: dict[tuple[str, str], list[SpokenSentence]] = {}
    for sentence in said.values():
        if sentence.part and not recorded.file(sentence.words, sentence.language):
            by_step.setdefault((_step_of(sentence.part), sentence.language), []).append(sentence)
    for each in recorded.sentences:
        if (each.language, one_line(each.words)) not in said:
            known = by_step.get((_step_of(each.part), each.language), [])
            same = next((sentence for sentence in known if sentence.part == each.part), None)
            yield each, same or max(known, key=lambda sentence: _likeness(sentence.words, each.words), default=None)


@dataclass(frozen=True, slots=True)
class RecordingCount:
    """How many of the sentences of a language that can be recorded are, and how many of its recordings are stale.

    `rendered` were read by a voice; `unspoken` are those that neither a person nor a voice has spoken to a file.
    """

    sentences: int
    recorded: int
    rendered: int
    stale: int
    unspoken: tuple[SpokenSentence, ...]


def count_recordings(recorded: Recorded, flows: FlowSet, language: str) -> RecordingCount:
    said = {words: sentence for (spoken, words), sentence in constant_sentences(flows).items() if spoken == language}
    listed = {one_line(each.words): each for each in recorded.sentences if each.language == language}
    by_people = {words for words, each in listed.items() if not each.voice}
    there = {words for spoken, words in recorded.files if spoken == language}
    return RecordingCount(
        len(said),
        len(said.keys() & there & by_people),
        len((said.keys() & there) - by_people),
        len(listed.keys() - said.keys()),
        tuple(sentence for words, sentence in said.items() if words not in there | by_people),
    )


def recording_issues(recorded: Recorded, flows: FlowSet | None) -> list[Issue]:
    """All that is wrong with the recordings of a hotline: their list, and those that are stale."""
    issues = list(recorded.issues)
    for old, now in stale_recordings(recorded, flows) if flows is not None else ():
        told = f'the recording {old.file} speaks "{old.words}"'
        again = "render them again: ivr voices render" if old.voice else "record them again"
        if now is None and old.voice:
            continue  # nobody's work is lost, and it is there if the words come back
        if now is None:
            message, place = f"{told}, which nothing says any more; it is not played", old.place
        else:
            message, place = f"{told}, and the words are others now: it is not played; {again}", now.place
        issues.append(Issue("stale-recording", message, place, Severity.WARNING))
    return issues


def _of_step(step: AnyStep, state: str, languages: Iterable[str]) -> Iterator[SpokenSentence]:
    for name, text in () if isinstance(step, Sms) else _texts(step):
        for language, sentence in text.sentences.items():
            words, has_values = one_line(sentence.source), bool(sentence.slots)
            yield SpokenSentence(words, language, f"{state} {name}", sentence.place, has_values)
    for number, choice in enumerate(step.choices if isinstance(step, Menu) else (), 1):
        part, spoken_in = f"{state} choices.{number}", (choice.language,) if choice.language else languages
        yield from _of_choice(choice, part, spoken_in)


def _texts(step: AnyStep) -> Iterator[tuple[str, Text]]:
    """What a step says by itself and on its ways out, by the fields that it stands in."""
    for field in fields(step):
        value = getattr(step, field.name)
        if isinstance(value, Text):
            yield field.name, value
        elif isinstance(value, tuple):
            yield from ((f"{field.name}.{at}", text) for at, text in enumerate(value, 1) if isinstance(text, Text))
    yield from ((f"on.{outcome}", way.say) for outcome, way in step.ways.items() if way.say)


def _of_choice(choice: Choice, part: str, languages: Iterable[str]) -> Iterator[SpokenSentence]:
    text = choice.say or choice.label
    for language in languages:
        if words := choice_source(choice, language):
            sentence = text.sentences.get(language) if text else None
            place = sentence.place if sentence else choice.place
            yield SpokenSentence(one_line(words), language, part, place, bool(sentence and sentence.slots))


def _own(language: str) -> Iterator[SpokenSentence]:
    """The hotline's own sentences without values; phrases that stand inside of others are none."""
    phrases = LANGUAGES[language].phrases
    for group in (phrases, phrases.talk):
        for words in _written(group):
            if "{" not in words and words.endswith(_ENDS):
                yield SpokenSentence(one_line(words), LANGUAGES[language].teller(words).code)


def _written(phrases: Phrases | TalkPhrases) -> Iterator[str]:
    for field in fields(phrases):
        value = getattr(phrases, field.name)
        if isinstance(value, str) and not field.name.endswith("_message"):
            yield value
        elif isinstance(value, tuple):
            yield from value


def _step_of(part: str) -> str:
    return part.partition(" ")[0]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
