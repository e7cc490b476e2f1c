"""Characters: which of them can be spoken, and how recognised words are made comparable."""

import re
import unicodedata

_UNSAYABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # not a character of XML 1.0, or C1
    "|[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"  # invisible, or reorders a transcript
)
_SPACE = re.compile(r"[\t\n\r ]+")


def plain(text: str) -> str:
    """Text as words: characters that XML 1.0 forbids or that nobody can see are gone, white space is single."""
    return _SPACE.sub(" ", _UNSAYABLE.sub("", text)).strip()


_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, ord("'"): None, ord("’"): None}
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3})")
_NOISE = re.compile(r"[^\w\s.:/@*#+$¥€£-]+")


def normal(words: str) -> str:
    """Recognised words made comparable: full-width forms narrowed, lower case, without punctuation and apostrophes.

    Not NFKC, which would turn a superscript two into a digit.
    """
    narrow = _THOUSANDS.sub("", plain(words).translate(_NARROW).casefold())
    return " ".join(_NOISE.sub(" ", narrow).split())


_VOICED = "\u3099\u309a"
"""The marks that make another syllable of a Japanese one."""
_ALIKE = str.maketrans({"ى": "ي", "ة": "ه", "ı": "i", "ß": "ss"})
_KEPT = frozenset(".:/@*#+$¥€£-")


def folded(words: str) -> str:
    """`normal` for any script: also without accents and vowel marks that people leave out (más, mas; ثلاثةٌ), digits
    as ASCII, and with what is left of other signs gone."""
    letters = unicodedata.normalize("NFD", plain(unicodedata.normalize("NFKC", words)).casefold())
    kept = "".join(_folded(letter) for letter in letters).translate(_ALIKE)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _folded(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if category == "Mn" and unicodedata.combining(letter) and letter not in _VOICED:
        return ""
    return letter if letter in _KEPT or letter in "'’" or category[0] in "LNMZ" else " "
