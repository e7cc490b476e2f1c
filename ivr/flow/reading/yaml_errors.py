"""What YAML's own errors mean for someone who writes a hotline: plain words, the likely repair, the right place.

The marks decide (which character stands where), the wording of the loaders only where marks are not enough,
because the C loader and the pure one word the same error differently.
"""

from __future__ import annotations

import re
from typing import Any

from ivr.flow.issues import Issue, Place
from ivr.flow.reading.fullwidth import find_wrong_sign

_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\n]|'')*'")
_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7})(?=\s|$)")
_OPENS = re.compile(r"""(?:^[ \t]*|[:,\[{-][ \t]+|[\[{])(?P<quote>["'])""")
_BLOCK = re.compile(r":[ \t]+[|>][+-]?[0-9]?[ \t]*$")
_HASH = re.compile(r"(?<=[\s{\[,])#")


def yaml_issue(error: Any, text: str, file: str, bracket: int | None = None) -> Issue:
    """One issue for a `yaml.MarkedYAMLError` raised while `text` was parsed.

    `bracket` is the index of the innermost `{` or `[` that was open at that moment, if any.
    """
    mark = error.problem_mark or error.context_mark
    index = min(mark.index, len(text))
    begun = min(error.context_mark.index, len(text)) if error.context_mark else index
    context, problem = error.context or "", error.problem or ""
    if bracket is not None and text[index:].strip() == "" and "quoted" not in context:
        begun, context = bracket, "flow mapping" if text[bracket] == "{" else "flow sequence"
    first_start, first_end = _line_around(text, index)
    line = text[first_start:first_end]

    def issue(rule: str, message: str, at: int) -> Issue:
        start, _ = _line_around(text, at)
        return Issue(rule, message, Place(file, text.count("\n", 0, at) + 1, at - start + 1))

    def syntax(message: str, at: int) -> Issue:
        return issue("yaml-syntax", message, at)

    for start in (_line_around(text, begun)[0], first_start):
        if _CONFLICT.match(text, start):
            return syntax("a merge left this mark of a conflict; keep one version, and delete the marks", start)
    if "\t" in (indent := line[: len(line) - len(line.lstrip())]):
        return issue("tab", "the line is indented with a tab; use spaces", first_start + indent.index("\t"))
    if text.startswith("*", begun):
        return issue("unquoted-key", '* has a meaning of its own in YAML; write it as "*" in quotes', begun)
    if "flow" in context and (lost := _lost_at_hash(text, begun, index)) is not None:
        at, is_key = lost
        if is_key:
            return issue("unquoted-key", '# begins a comment in YAML; write the key as "#" in quotes', at)
        return issue("cut-at-hash", "text after # is a comment; put the sentence in quotes", at)
    if "document start" in problem:
        return issue("two-documents", "a second document begins here; write one per file", index)
    if "quoted scalar" in context:
        if "end of" in problem:
            return syntax("the quote that opens here is never closed", begun)
        return syntax("a \\ in double quotes begins an escape; write \\\\, or use single quotes", index)
    if found := find_wrong_sign(text, _line_above(text, begun), _line_around(text, index)[1]):
        return syntax(found.message, found.index)
    if "tab" in problem:
        return issue("tab", "the line is indented with a tab; use spaces", text.find("\t", first_start))
    if "unexpected ':'" in problem:
        return syntax("a colon needs a space behind it, unless the text is in quotes", index)
    if text[begun : begun + 1] in ("&", "!", "%", "@", "`") and text[begun : begun + 1]:
        return syntax(f"a text that begins with {text[begun]} needs quotes", begun)
    if text[begun : begun + 1] in ("|", ">") and "block scalar" in context:
        return syntax(f"after {text[begun]} the text begins on the next line; or put it in quotes", begun)
    before = line[: index - first_start].rstrip()
    for quote in "\"'" if "flow" in context else before[-1:]:
        if (opened := _opened_above(text, first_start, index, quote)) is not None:
            number = text.count("\n", 0, index) + 1
            return syntax(f"the quote that opens here closes on line {number}; close it where it ends", opened)
    if before.endswith(("}", "]", '"', "'")) and text[index : index + 1] not in (",", "]", "}"):
        inside = {'"': ', and write \\" inside of them', "'": ", and write '' inside of them"}.get(before[-1], "")
        return syntax(f"text stands after the closing {before[-1]}; put the whole sentence in quotes{inside}", index)
    if "flow" in context and text.startswith(": ", index) and "\n" not in text[begun:index]:
        return syntax("a second colon in one text; put the sentence in quotes", index)
    if "flow mapping" in context:
        return syntax("the { that opens here has no matching }; close it, or put its sentences in quotes", begun)
    if "flow sequence" in context:
        return syntax("the [ that opens here has no matching ]; close it, or put its sentences in quotes", begun)
    if "simple key" in context and _BLOCK.search(text[: _line_around(text, begun)[0]].rstrip().rpartition("\n")[2]):
        return syntax("the text after | or > is indented deeper than its name; indent this line", begun)
    if "simple key" in context:
        return syntax('this line has no colon; expected "name: value"', begun)
    if "mapping values" in problem:
        if ": " in line[: index - first_start]:
            return syntax("a second colon on one line; put the sentence in quotes", index)
        return syntax("this line is indented deeper than the line above allows, or that line needs quotes", index)
    if "sequence entries" in problem:
        return syntax("a list item begins on a line of its own; or put the text in quotes", index)
    if text[index : index + 1] in (",", "]", "}", "|", ">"):
        return syntax(f"a text that begins with {text[index]} needs quotes", index)
    if not before and ("block mapping" in context or "block collection" in context):
        above = text.count("\n", 0, begun) + 1
        return syntax(f"this line is not indented like line {above}, or that one is wrong", index)
    return syntax(f"this is not YAML here: {problem or context}", index)


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


def _lost_at_hash(text: str, begin: int, end: int) -> tuple[int, bool] | None:
    """Where a # cut words inside {…} or […], and whether it was meant as a telephone key."""
    _, end = _line_around(text, end)
    region = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), text[begin:end])
    for match in _HASH.finditer(region):
        before = region[: match.start()].rstrip(" \t")
        after = region[match.end() :].lstrip(" \t")
        if before.endswith(":") or (before.endswith(("{", ",")) and after.startswith(":")):
            return begin + match.start(), True
        if not before.endswith(("{", "[", ",", "}", "]", "\n")):
            return begin + match.start(), False
    return None


def _line_above(text: str, index: int) -> int:
    """Where the last line above begins that is not empty: what went wrong there may be told a line later."""
    start, _ = _line_around(text, index)
    above = text[:start].rstrip()
    return _line_around(text, len(above))[0]
