"""Sentences on the page of the studio: how each sounds, and recordings of them.

It writes files under media/ whose names are made here, for words that the flows say, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from ivr.config import Config
from ivr.flow.issues import Place
from ivr.flow.model import FlowSet, Language
from ivr.voices.audio import Flaw, flaws, sound_of
from ivr.voices.recordings import RecordedSentence, SentenceRecordings
from ivr.voices.sentences import constant_sentences, spoken_sentences, stale_recordings
from ivr.voices.speaker import shared_speaker

State = Literal["recorded", "rendered", "stale", "voice", "values"]
"""A recording speaks it; a file that a voice read; one spoke other words here before; a voice does; a voice has to, as
values are in it."""


@dataclass(frozen=True, slots=True)
class Sounding:
    """What is said for a text, key of a choice included, and by what."""

    words: str
    state: State


class Recorder:
    """The recordings of one hotline, and the voice of this machine for all else."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._zone = ZoneInfo(config.hotline.time_zone)
        self._recordings = SentenceRecordings(config.folder, config.hotline.languages)

    def sounds(self, flows: FlowSet | None) -> Mapping[Place, Sounding]:
        """How every sentence of the flows is spoken, by the place at which it is written."""
        if flows is None:
            return {}
        recorded = self._recordings.current()
        rendered = recorded.rendered
        stale = {now.place for _, now in stale_recordings(recorded, flows) if now is not None}
        found: dict[Place, Sounding] = {}
        for each in spoken_sentences(flows):
            state: State = "stale" if each.place in stale else "voice"
            if each.has_values:
                state = "values"
            elif recorded.file(each.words, each.language):
                state = "rendered" if (each.language, each.words) in rendered else "recorded"
            found.setdefault(each.place, Sounding(each.words, state))
        return found

    def heard(self, words: str, language: str) -> bytes:
        """The recording of these words, or the voice of this machine; b"" where neither is to be had."""
        if address := self._recordings.current().file(words, language):
            return (self.config.folder / address).read_bytes()
        speaker = shared_speaker()
        return speaker.say(words, language) if speaker is not None else b""

    def keep(self, flows: FlowSet, words: str, language: str, data: bytes, by: str) -> tuple[str, Sequence[Flaw]]:
        """Keeps a recording; the address of its file and what is wrong with it. One that is silent is not kept.

        Raises KeyError for words that the flows do not say or that have values in them, NoSound, OSError and
        CannotRewrite.
        """
        said = constant_sentences(flows)[language, words]
        sound = sound_of(data)
        found = tuple(flaws(sound, words, language))
        if "silent" in found:
            return "", found
        sentence = RecordedSentence(
            file="", words=words, language=Language(language), by=by, part=said.part,
            at=datetime.now(UTC).astimezone(self._zone).date(),
        )  # fmt: skip
        return self._recordings.keep(sound.data, sound.ending, sentence).file, found
