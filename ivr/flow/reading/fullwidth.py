"""Full-width and typographic characters that look like those of YAML, as Chinese keyboards type them.

For YAML `：` is no colon, `“` no quote and `　` no space, but letters. YAML reports them in the wrong place or not at
all, so they are searched for here. Inside sentences they are right, and nothing here is about sentences.
"""

import re
import unicodedata
from dataclasses import dataclass

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
