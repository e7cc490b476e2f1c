"""The text of a configuration as it may be shown to anybody: without the secrets that somebody wrote into it."""

import re
from collections.abc import Iterator

from ivr.config.checks import VARIABLE
from ivr.config.settings import Secret, Settings
from ivr.flow.reading.fields import fields_of
from ivr.flow.reading.source import ListNode, MapNode, Node, Scalar, parse

SECRET_KEYS = frozenset(
    key
    for section in fields_of(Settings).values()
    if isinstance(section.annotation, type)
    for key, shape in fields_of(section.annotation).items()
    if shape.annotation in (Secret, Secret | None)
)
_KEY = "|".join(sorted(SECRET_KEYS))
_ON_ITS_LINE = re.compile(rf"(?<![\w-])({_KEY})(\s*[:：=]\s*)(?!\{{\s*env\s*:)([^\s#,}}][^#,}}\n]*)")
_PASSWORD = re.compile(r"(://[^\s:/@]*:)([^\s@]+)(?=@)")


def redacted(text: str | bytes) -> str:
    """The same text, line for line and column for column, with dots where a secret or a password stands.

    For the source lines beside issues. Works on files that are not YAML, too.
    """
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    root, _ = parse(plain, "")
    for secret in sorted(set(_written_secrets(root)), key=len, reverse=True):
        plain = plain.replace(secret, _dots(secret))
    plain = _ON_ITS_LINE.sub(lambda match: match[1] + match[2] + _dots(match[3]), plain)
    return _PASSWORD.sub(lambda match: match[1] + _dots(match[2]), plain)


def _written_secrets(node: Node | None, *, within: bool = False) -> Iterator[str]:
    """Every word below the key of a secret that is not the name of a variable."""
    match node:
        case MapNode(entries=entries):
            for entry in entries:
                yield from _written_secrets(entry.value, within=within or entry.key.text in SECRET_KEYS)
        case ListNode(items=items):
            for item in items:
                yield from _written_secrets(item, within=within)
        case Scalar(text=written) if within and written and not VARIABLE.fullmatch(written):
            yield from (word for word in written.split() if len(word) > 3)  # shorter ones are redacted on their line
        case _:
            pass


def _dots(text: str) -> str:
    return re.sub(r"\S", "•", text)
