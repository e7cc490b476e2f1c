"""The rules of reading and their documentation: what can be wrong with a document before its meaning is checked.

The rules about meaning are in `ivr.flow.checks.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping

READER_RULES: Mapping[str, str] = {
    # --- the file
    "unreadable": "A file or folder that is not there, may not be read, is no file, or ends in .yml instead of .yaml.",
    "outside": "A link in the folder of flows leads out of it. Only what lies in the folder is read.",
    "no-flows": "The folder of flows is empty.",
    "too-large": "A file of more than 256 kB. Several files make one hotline; split it.",
    "not-utf8": "A byte that is not UTF-8, mostly because an editor saved the file in an older encoding.",
    "bad-character": "An invisible character that a telephone, a page or an editor cannot carry, such as NUL.",
    # --- YAML
    "yaml-syntax": "The file is not YAML at this place. Sentences with colons, braces or quotes belong into quotes.",
    "tab": "A line is indented with a tab. YAML allows spaces alone.",
    "unquoted-key": 'The telephone keys * and # have meanings of their own in YAML; they are written "*" and "#".',
    "cut-at-hash": "YAML takes ` #` and the rest of the line for a comment, so a sentence written without quotes ends "
    "there. Comments may follow names, numbers, quoted texts and `{…}`, but not an unquoted sentence.",
    "cut-at-comma": "Inside `{…}` a comma ends a sentence without quotes, and its rest would be lost.",
    "written-twice": "The same name twice in one mapping; YAML itself would silently keep the last.",
    "alias": "Anchors (&) and aliases (*) of YAML, which make one place of a file stand for another.",
    "merge-key": "The merge key (<<) of YAML, which copies one mapping into another.",
    "tag": "A tag (!) of YAML, which would make something else of a text.",
    "too-deep": "More than twenty levels of nesting.",
    "two-documents": "A second document (---) in one file. One file holds one flow.",
    "too-many-problems": "Of one file fifty problems are told; what follows is mostly more of the same.",
    # --- fields
    "wrong-type": "Something else than this field is made of: a list for a name, words for a number.",
    "unknown-field": "A field that this step, choice or setting does not have.",
    "missing-field": "A field that must be written.",
    "not-one-of": "A word outside the closed list that this field allows.",
    "bad-name": "A name has the letters a-z, digits, _ and -, and begins with a letter.",
    "bad-key": "A telephone key is one of 0-9, * and #.",
    "unknown-language": "A language that the hotline does not speak, by `languages` of config.yaml.",
    "missing-text": "A text that is not written in every language of the hotline. Only a choice with `language` "
    "has its label in that language alone.",
    "bad-slot": "Braces that do not hold a value: `{amount}` or `{reference:digits}`. Literal braces are doubled.",
    # --- flows
    "unknown-kind": "A step whose kind cannot be seen: none of the words that make a step (say, menu, ask …) is there.",
    "two-kinds": "A step that is two things at once. Each does one thing; the first leads to the second by `next`.",
    "two-ways": "An outcome with a way out in a field of the step and another under `on`.",
    "duplicate-flow": "Two files with the same `flow:`.",
    "missing-start": "No file holds the flow that answers the call, by `start` of config.yaml.",
}
"""Names never change their meaning; the text stands in `docs/` and behind `ivr check --explain`."""
