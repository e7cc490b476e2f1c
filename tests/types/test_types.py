"""What the type checker refuses: misspelt words of closed vocabularies, and translations that leave something out.

One run of mypy reads the files in `refused/` and all of `ivr/`, for which a new event of every group and a new step
kind are put into the model. It is cached by pytest; without its cache it takes several times as long.

mypy holds `state == "held"` to the vocabulary of `state`, but takes the words of `state in ("held", "over")` for any
text. So it is given such tests as comparisons with one word after the other.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
REFUSED = sorted((Path(__file__).parent / "refused").glob("[a-z]*.py"))
EVENTS = Path("ivr/call/events.py")
STEPS = Path("ivr/flow/steps.py")
_ERROR = re.compile(r"(?P<file>[^:]+):(?P<line>\d+): error: (?P<message>.*)  \[(?P<code>[a-z-]+)\]")
_NEVER = re.compile(r'Argument 1 to "assert_never" has incompatible type "(?P<type>\w+)"')

NEW_EVENTS = """

@dataclass(frozen=True, slots=True)
class NewAudible:
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class NewReport:
    pass


@dataclass(frozen=True, slots=True)
class NewEffect:
    pass


@dataclass(frozen=True, slots=True)
class NewWait:
    pass


@dataclass(frozen=True, slots=True)
class NewUngrouped:
    pass


Audible = """
NEW_STEP = """
@dataclass(frozen=True, kw_only=True)
class NewStep(Step):
    kind = "new"


AnyStep = (
    NewStep | """


@pytest.fixture(scope="module")
def errors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[re.Match[str]]:
    """What mypy says, an error each."""
    folder = tmp_path_factory.mktemp("shadows")
    events = _with(
        EVENTS,
        ("\nAudible = ", f"{NEW_EVENTS}NewAudible | "),
        ("\nReport = ", "\nReport = NewReport | "),
        ("\nEffect = ", "\nEffect = NewEffect | "),
        ("\nLineWait = ", "\nLineWait = NewWait | "),
        ("\nEvent = ", "\nEvent = NewUngrouped | "),
    )
    new_kind = ("\nStepKind = Literal[\n    ", '\nStepKind = Literal[\n    "new", ')
    steps = _with(STEPS, new_kind, ("\nAnyStep = (\n    ", NEW_STEP))
    changed = {EVENTS: events, STEPS: steps}
    sources = [path.relative_to(HOME) for path in sorted((HOME / "ivr").rglob("*.py"))]
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--no-pretty", "--show-error-codes"]
    command += ["--cache-dir", str(request.config.cache.mkdir("mypy"))]
    refused = [path.relative_to(HOME) for path in REFUSED]
    for number, source in enumerate([*sources, *refused]):
        written = changed.get(source) or (HOME / source).read_text("utf-8")
        text = word_by_word(written)
        if source in changed or text != written:
            shadow = folder / f"{number}.py"
            shadow.write_text(text, "utf-8")
            command += ["--shadow-file", str(source), str(shadow)]
    done = subprocess.run(
        [*command, *map(str, [*sources, *refused])], cwd=HOME, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return [found for line in done.stdout.splitlines() if (found := _ERROR.match(line))]


def _with(source: Path, *changes: tuple[str, str]) -> str:
    text = (HOME / source).read_text("utf-8")
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def word_by_word(text: str) -> str:
    """Python in which `x in ("a", "b")` is written `(x == "a" or x == "b")`, each on its line."""
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Compare)]
    for test in sorted(found, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        match test:
            case ast.Compare(left=ast.Name() | ast.Attribute(), ops=[ast.In() | ast.NotIn() as how]):
                words = getattr(test.comparators[0], "elts", ())
                if test.lineno == test.end_lineno and words and all(isinstance(word, ast.Constant) for word in words):
                    one = ast.unparse(test.left)
                    told = " or ".join(f"{one} == {ast.unparse(word)}" for word in words)
                    line, no = lines[test.lineno - 1], "not " if isinstance(how, ast.NotIn) else ""
                    spare = f"({no}({told}))".encode()
                    lines[test.lineno - 1] = line[: test.col_offset] + spare + line[test.end_col_offset :]
    return b"".join(lines).decode()


def _marked(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if found := re.search(r"# refused: ([a-z-]+)$", line):
            yield number, found[1]


@pytest.mark.slow
@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_exactly_the_marked_lines_are_refused(path: Path, errors: list[re.Match[str]]) -> None:
    told = [(int(found["line"]), found["code"]) for found in errors if found["file"] == str(path.relative_to(HOME))]
    assert told == list(_marked(path))


@pytest.mark.slow
def test_every_word_that_is_asked_for_is_one_of_its_vocabulary(errors: list[re.Match[str]]) -> None:
    found = [
        f"{each['file']}:{each['line']}: {each['message']}" for each in errors if each["code"] == "comparison-overlap"
    ]
    assert [one for one in found if not one.startswith("tests/")] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "left_out"),
    [
        ("ivr/webhooks/twiml.py", {"NewAudible", "NewWait"}),
        ("ivr/testing/explorer/distances.py", {"NewAudible"}),
        ("ivr/hotline/journal.py", {"NewAudible", "NewReport", "NewEffect", "NewWait", "NewUngrouped"}),
        ("ivr/hotline/effects.py", {"NewEffect"}),
        ("ivr/call/events.py", {"NewUngrouped"}),
        ("ivr/call/steps/__init__.py", {"NewStep"}),
        ("ivr/flow/checks/step_facts.py", {"NewStep"}),
    ],
)
def test_a_translation_that_lacks_something_new_is_refused(
    file: str, left_out: set[str], errors: list[re.Match[str]]
) -> None:
    named = " ".join(found["message"] for found in errors if found["file"] == file)
    assert set(re.findall(r"\bNew\w+", named)) == left_out
