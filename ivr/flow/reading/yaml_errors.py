"""What YAML's own errors mean for someone who writes a hotline: plain words, the likely repair, the right place.

The marks decide (which character stands where), the wording of the loaders only where marks are not enough,
because the C loader and the pure one word the same error differently. For YAML `：` is no colon, `“` no quote and `　`
no space, but letters, as Chinese keyboards type them. It reports them in the wrong place or not at all, so they are
searched for here; inside sentences they are right.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ivr.flow.issues import Issue, Place

_HALFWIDTH = str.maketrans("：，、；｛｝［］【】“”‘’＂＇—–－\u3000\u00a0", ":,,;{}[][]\"\"''\"'---  ")
_KEY = r"[A-Za-z0-9_\"'*#-]+"
_BEGINS = r"(?:^[ \t]*(?:- )?|[{\[,，｛［【][ \t]*)"
_VALUE = r"(?:[:：,，\[{｛［【][ \t]*|^[ \t]*- *)"
_WRONG_SIGN = re.compile(
    rf"^[ \t]*(?P<space>[\u3000\u00a0])|{_BEGINS}{_KEY}:(?P<after>[\u3000\u00a0])"
    rf"|{_BEGINS}{_KEY}[ \t]*(?P<colon>：)"
    rf"|(?P<comma>[，、])[ \t]*{_KEY}[ \t]*[:：]"
    rf"|{_VALUE}(?P<bracket>[｛［【])(?=[^｝］】\n]*[,:：，、])"
    r"|^[^｛［【\n]*(?P<close>[｝］】])[ \t]*[,}\]]?[ \t]*$"
    rf"|{_VALUE}(?P<quote>[“”‘’＂＇])(?=[^”’＂＇\n]*(?:,|[:：] | #))"
    r"|^[ \t]*(?P<dash>[—–－])[ \t]",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class WrongSign:
    index: int
    message: str


def halfwidth(text: str) -> str:
    """The text with plain characters instead: `１` is "1", `done，person` is "done,person"."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_HALFWIDTH))


def find_wrong_sign(text: str, begin: int = 0, end: int | None = None) -> WrongSign | None:
    """The first such character between two indices that stands where YAML needs its own."""
    found = _WRONG_SIGN.search(text, begin, len(text) if end is None else end)
    if found is None or found.lastgroup is None:
        return None
    index = found.start(found.lastgroup)
    return WrongSign(index, explain_sign(text[index]))


def explain_sign(sign: str) -> str:
    if sign in "\u3000\u00a0":
        return f"this space is a special one (U+{ord(sign):04X}); type a plain space"
    if sign in "：，、":
        name = "colon" if sign == "：" else "comma"
        return f'this {name} is full-width; YAML needs "{halfwidth(sign)}" and a space'
    if sign in "“”‘’＂＇":
        return f"{sign} is not a quote for YAML; it needs {halfwidth(sign)}"
    return f'{sign} is only a letter for YAML; it needs "{halfwidth(sign)}"'


_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\n]|'')*'")
_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7})(?=\s|$)")
_OPENS = re.compile(r"""(?:^[ \t]*|[:,\[{-][ \t]+|[\[{])(?P<quote>["'])""")
_BLOCK = re.compile(r":[ \t]+[|>][+-]?[0-9]?[ \t]*$")
_HASH = re.compile(r"(?<=[\s{\[,])#")
_DASH = re.compile(r"^[ \t]*(?P<dash>-)(?=[{\[\"'A-Za-z])", re.MULTILINE)


def yaml_issue(error: Any, text: str, file: str, bracket: int | None = None) -> Issue:
    """One issue for a `yaml.MarkedYAMLError` raised while `text` was parsed.

    `bracket` is the index of the innermost `{` or `[` that was open at that moment, if any.
    """
    failure = _failure(error, text, bracket)
    for find, rule, message in _DIAGNOSES:
        if (at := find(failure)) is not None:
            place = Place(file, text.count("\n", 0, at) + 1, at - _line_around(text, at)[0] + 1)
            return Issue(rule, message.format(failure), place)
    raise AssertionError("the last diagnosis takes every failure")


@dataclass(frozen=True)
class _Failure:
    """Where the parser stopped (`index`), where what it was reading began (`begun`), and its own words for both."""

    text: str
    index: int
    begun: int
    context: str
    problem: str

    @property
    def first(self) -> str:
        """The first character of what was being read; "" at the end of the file."""
        return self.text[self.begun : self.begun + 1]

    @property
    def sign(self) -> str:
        return self.text[self.index : self.index + 1]

    @property
    def line_start(self) -> int:
        return _line_around(self.text, self.index)[0]

    @property
    def before(self) -> str:
        return self.text[self.line_start : self.index]

    @property
    def line_number(self) -> int:
        return self.text.count("\n", 0, self.index) + 1

    @property
    def line_begun(self) -> int:
        """The number of the line on which what was being read began."""
        return self.text.count("\n", 0, self.begun) + 1

    @property
    def wrong_sign(self) -> WrongSign | None:
        end = _line_around(self.text, self.index)[1]
        return find_wrong_sign(self.text, _line_above(self.text, self.begun), end)

    @property
    def closing(self) -> str:
        """The last character before the stop that is no space: a closing quote or bracket, where one closed."""
        return self.before.rstrip()[-1:]

    @property
    def quote_inside(self) -> str:
        """How the closing quote is written inside of a quoted sentence, as the end of a message."""
        return {'"': ', and write \\" inside of them', "'": ", and write '' inside of them"}.get(self.closing, "")

    @property
    def words(self) -> str:
        return self.problem or self.context


def _failure(error: Any, text: str, bracket: int | None) -> _Failure:
    mark = error.problem_mark or error.context_mark
    index = min(mark.index, len(text))
    begun = min(error.context_mark.index, len(text)) if error.context_mark else index
    context, problem = error.context or "", error.problem or ""
    if bracket is not None and text[index:].strip() == "" and "quoted" not in context:
        begun, context = bracket, "flow mapping" if text[bracket] == "{" else "flow sequence"
    return _Failure(text, index, begun, context, problem)


# --- what to look for ---------------------------------------------------------------------------------------


def _stop(test: Callable[[_Failure], object]) -> Callable[[_Failure], int | None]:
    """The place where the parser stopped, if the test holds."""
    return lambda failure: failure.index if test(failure) else None


def _begun(test: Callable[[_Failure], object]) -> Callable[[_Failure], int | None]:
    """The place where what was being read began, if the test holds."""
    return lambda failure: failure.begun if test(failure) else None


def _conflict(failure: _Failure) -> int | None:
    starts = (_line_around(failure.text, failure.begun)[0], failure.line_start)
    return next((start for start in starts if _CONFLICT.match(failure.text, start)), None)


def _indented_by_tab(failure: _Failure) -> int | None:
    start, end = _line_around(failure.text, failure.index)
    line = failure.text[start:end]
    indent = line[: len(line) - len(line.lstrip())]
    return start + indent.index("\t") if "\t" in indent else None


def _lost_key(failure: _Failure) -> int | None:
    at, is_key = _lost_at_hash(failure)
    return at if is_key else None


def _lost_words(failure: _Failure) -> int | None:
    at, is_key = _lost_at_hash(failure)
    return None if is_key else at


def _full_width(failure: _Failure) -> int | None:
    return failure.wrong_sign.index if failure.wrong_sign else None


def _tab(failure: _Failure) -> int | None:
    return failure.text.find("\t", failure.line_start) if "tab" in failure.problem else None


def _forgotten_quote(failure: _Failure) -> int | None:
    for quote in "\"'" if "flow" in failure.context else failure.closing:
        if (opened := _opened_above(failure.text, failure.line_start, failure.index, quote)) is not None:
            return opened
    return None


def _glued_dash(failure: _Failure) -> int | None:
    """Where a list item begins without the space behind its dash, on this line or on the one above."""
    begin, end = _line_above(failure.text, failure.line_start), _line_around(failure.text, failure.index)[1]
    found = _DASH.search(failure.text, begin, end)
    return found.start("dash") if found else None


def _outdented(failure: _Failure) -> int | None:
    """The line above that begins further left than this one, where those above that line are indented like this one."""
    indent = len(failure.before) if not failure.before.strip() else 0
    start, found = failure.line_start, None
    while indent and start > 0:
        start = _line_above(failure.text, start)
        line = failure.text[start : _line_around(failure.text, start)[1]]
        depth = len(line) - len(line.lstrip(" "))
        if line.startswith("#") or depth > indent:
            continue
        if found is not None:
            return found if depth == indent else None
        found = start if depth < indent else None
    return None


def _deep_block(failure: _Failure) -> bool:
    """Whether the line above begins a text of several lines that is indented deeper than its name."""
    above = failure.text[: _line_around(failure.text, failure.begun)[0]].rstrip().rpartition("\n")[2]
    return "simple key" in failure.context and bool(_BLOCK.search(above))


_SYNTAX, _UNQUOTED, _TAB = "yaml-syntax", "unquoted-key", "tab"
_USE_SPACES = "the line is indented with a tab; use spaces"
_NEEDS_QUOTES = "a text that begins with {0.%s} needs quotes"

_DIAGNOSES: Sequence[tuple[Callable[[_Failure], int | None], str, str]] = (
    (_conflict, _SYNTAX, "a merge left this mark of a conflict; keep one version, and delete the marks"),
    (_indented_by_tab, _TAB, _USE_SPACES),
    (_begun(lambda f: f.first == "*"), _UNQUOTED, '* has a meaning of its own in YAML; write it as "*" in quotes'),
    (_lost_key, _UNQUOTED, '# begins a comment in YAML; write the key as "#" in quotes'),
    (_lost_words, "cut-at-hash", "text after # is a comment; put the sentence in quotes"),
    (_stop(lambda f: "document start" in f.problem), "two-documents",
     "a second document begins here; write one per file"),
    (_begun(lambda f: "quoted scalar" in f.context and "end of" in f.problem), _SYNTAX,
     "the quote that opens here is never closed"),
    (_stop(lambda f: "quoted scalar" in f.context), _SYNTAX,
     "a \\ in double quotes begins an escape; write \\\\, or use single quotes"),
    (_full_width, _SYNTAX, "{0.wrong_sign.message}"),
    (_tab, _TAB, _USE_SPACES),
    (_stop(lambda f: "unexpected ':'" in f.problem), _SYNTAX,
     "a colon needs a space behind it, unless the text is in quotes"),
    (_begun(lambda f: f.first in tuple("&!%@`")), _SYNTAX, _NEEDS_QUOTES % "first"),
    (_begun(lambda f: f.first in tuple("|>") and "block scalar" in f.context), _SYNTAX,
     "after {0.first} the text begins on the next line; or put it in quotes"),
    (_forgotten_quote, _SYNTAX,
     "the quote that opens here closes on line {0.line_number}; close it where it ends"),
    (_stop(lambda f: f.closing in tuple("}]\"'") and f.sign not in tuple(",]}")), _SYNTAX,
     "text stands after the closing {0.closing}; put the whole sentence in quotes{0.quote_inside}"),
    (_stop(lambda f: "flow" in f.context and f.text.startswith(": ", f.index) and f.line_begun == f.line_number),
     _SYNTAX, "a second colon in one text; put the sentence in quotes"),
    (_begun(lambda f: "flow mapping" in f.context), _SYNTAX,
     "the {{ that opens here has no matching }}; close it, or put its sentences in quotes"),
    (_begun(lambda f: "flow sequence" in f.context), _SYNTAX,
     "the [ that opens here has no matching ]; close it, or put its sentences in quotes"),
    (_begun(_deep_block), _SYNTAX, "the text after | or > is indented deeper than its name; indent this line"),
    (_begun(lambda f: "simple key" in f.context), _SYNTAX, 'this line has no colon; expected "name: value"'),
    (_glued_dash, _SYNTAX, "the dash of a list needs a space behind it"),
    (_stop(lambda f: "mapping values" in f.problem and ": " in f.before), _SYNTAX,
     "a second colon on one line; put the sentence in quotes"),
    (_stop(lambda f: "mapping values" in f.problem), _SYNTAX,
     "this line is indented deeper than the line above allows, or that line needs quotes"),
    (_stop(lambda f: "sequence entries" in f.problem), _SYNTAX,
     "a list item begins on a line of its own; or put the text in quotes"),
    (_stop(lambda f: f.sign in tuple(",]}|>")), _SYNTAX, _NEEDS_QUOTES % "sign"),
    (_outdented, _SYNTAX, "this line begins further left than those around it; indent it like them"),
    (_stop(lambda f: not f.before.strip() and ("block mapping" in f.context or "block collection" in f.context)),
     _SYNTAX, "this line is not indented like line {0.line_begun}, or that one is wrong"),
    (_stop(lambda f: True), _SYNTAX, "this is not YAML here: {0.words}"),
)  # fmt: skip
"""In order: where the mistake is (None: it is another one), the rule, and what to say of the `_Failure`."""


# --- searching ----------------------------------------------------------------------------------------------


def _line_around(text: str, index: int) -> tuple[int, int]:
    end = text.find("\n", index)
    return text.rfind("\n", 0, index) + 1, end if end >= 0 else len(text)


def _opened_above(text: str, start: int, index: int, quote: str) -> int | None:
    """Where a quote was opened on a line above and forgotten, if what closes before `index` closes that one."""
    if text.count(quote, start, index) % 2 == 0:
        return None
    while start > 0:
        stop, start = start - 1, _line_around(text, start - 1)[0]
        line = text[start:stop].replace("\\" + quote, "__")
        for found in reversed([*_OPENS.finditer(line)]):
            if found["quote"] == quote and line.count(quote, found.start("quote")) == 1:
                return start + found.start("quote")
    return None


def _lost_at_hash(failure: _Failure) -> tuple[int | None, bool]:
    """Where a # cut words inside {…} or […], if one did, and whether it was meant as a telephone key."""
    if "flow" not in failure.context:
        return None, False
    begin, end = failure.begun, _line_around(failure.text, failure.index)[1]
    region = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), failure.text[begin:end])
    for match in _HASH.finditer(region):
        before = region[: match.start()].rstrip(" \t")
        after = region[match.end() :].lstrip(" \t")
        if before.endswith(":") or (before.endswith(("{", ",")) and after.startswith(":")):
            return begin + match.start(), True
        if not before.endswith(("{", "[", ",", "}", "]", "\n")):
            return begin + match.start(), False
    return None, False


def _line_above(text: str, index: int) -> int:
    """Where the last line above begins that is not empty: what went wrong there may be told a line later."""
    start, _ = _line_around(text, index)
    above = text[:start].rstrip()
    return _line_around(text, len(above))[0]
