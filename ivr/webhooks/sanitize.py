"""What may be said and sent: text fit for XML and for a voice, and documents that a carrier takes. Knows no event."""

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

LARGEST_REPLY = 32_000
"""Bytes. Twilio reads 64 kB (error 11750); half of it leaves room for what the carrier counts differently."""
LONGEST_SAY = 2_900
"""Bytes of UTF-8 in one Say. Polly takes 3,000 "single byte characters" (error 13521)."""

_SENTENCE = re.compile(r"(?<=[。！？；])|(?<=[.!?;])\s+|\n+")
_SPACE = re.compile(r"(?<=[，、：])|(?<=[,:])\s+|\s+")
_HOLDS: Mapping[str, frozenset[str]] = {
    "Response": frozenset(
        {"Say", "Play", "Pause", "Gather", "Record", "Enqueue", "Dial", "Redirect", "Hangup", "Leave"}
    ),
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Dial": frozenset({"Number", "Conference"}),
    "Say": frozenset({"prosody"}),
}


def pieces(text: str, limit: int = LONGEST_SAY) -> Iterator[str]:
    """`text` in parts of at most `limit` bytes of UTF-8, cut at the ends of sentences where there are any,
    else at commas and spaces, else between characters. Gives nothing for blank text."""
    text = text.strip()
    if len(text.encode()) <= limit:
        if text:
            yield text
        return
    for cut in (_SENTENCE, _SPACE):
        at = _last_cut(text, cut, limit)
        if at:
            break
    else:
        at = len(text.encode()[:limit].decode(errors="ignore"))
    yield text[:at].rstrip()
    yield from pieces(text[at:], limit)


def flaw(document: str) -> str:
    """What is wrong with a reply, or "" if it may leave: it parses, is not too large, and holds only verbs we
    mean to send, nested as Twilio allows, with no Say too long for its voice."""
    if len(document.encode()) > LARGEST_REPLY:
        return "larger than 32 kB"
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - our own words, with no document type
    except ElementTree.ParseError as error:
        return f"not well-formed at {error.position}"
    if root.tag != "Response":
        return "no Response"
    return _flaw_below(root)


def _flaw_below(element: ElementTree.Element) -> str:
    for child in element:
        if child.tag not in _HOLDS.get(element.tag, ()):
            return f"{child.tag} in {element.tag}"
        if child.tag == "Say" and len("".join(child.itertext()).encode()) > LONGEST_SAY:
            return "a Say that is too long"
        if len(child) and (below := _flaw_below(child)):
            return below
    return ""


def _last_cut(text: str, cut: re.Pattern[str], limit: int) -> int:
    """The index after the last match of `cut` within `limit` bytes; 0 if there is none."""
    head = text.encode()[:limit].decode(errors="ignore")
    return max((match.end() for match in cut.finditer(head)), default=0)
