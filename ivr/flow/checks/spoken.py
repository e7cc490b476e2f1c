"""How people say telephone keys: "please press 4", "按井号键". One table, a row per language.

The checker compares what sentences say with what keys do. A language without a row is not compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mention:
    """A key said in a sentence, and the words around it."""

    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Speech:
    """How one language says keys.

    `press` is a pattern with a group `key`, and `last` where keys are said from one to another; `words` are the
    keys that are said as words. `filler` matches what may stand before a key and names no purpose ("please"),
    `purpose` words behind a key that do ("press 4 *for refunds*"); `silent` is what may follow a key and is no word
    more. `asks` matches words that stand for a secret, `denies` those that warn against telling one; `hours` a span
    of times of day. `other` matches words of another language, unless `own` are there too.
    """

    press: re.Pattern[str]
    words: dict[str, str]
    filler: re.Pattern[str]
    purpose: re.Pattern[str]
    silent: re.Pattern[str]
    other: re.Pattern[str]
    own: re.Pattern[str]
    asks: re.Pattern[str]
    denies: re.Pattern[str]
    hours: re.Pattern[str]


_CHINESE = dict(zip("零一二三四五六七八九", "0123456789", strict=True)) | {
    "〇": "0", "两": "2", "星": "*", "米": "*", "井": "#",
}  # fmt: skip
_ENGLISH = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "star": "*", "asterisk": "*", "hash": "#", "pound": "#",
}  # fmt: skip

SPEECH: dict[str, Speech] = {
    "zh": Speech(
        press=re.compile(
            r"(?:按|拨|揿)(?:下|一下)?\s*(?:数字键?|按键)?\s*[“\"「]?"
            r"(?P<key>\d(?!\d)|[*#]|星号?|米字?|井[号字]?|[零〇一二两三四五六七八九](?![下次遍个些点定直般起样]))"
            r"[”\"」]?(?:号键|字键|键|号)?(?:\s*[到至~～–—-]\s*(?P<last>\d)(?!\d)(?:号键|字键|键|号)?)?"
        ),
        words=_CHINESE,
        filler=re.compile(r"(?:请|您|可以?|也|或者?|直接|随时|\s)*"),
        purpose=re.compile(r"\s*(?:可以|以|来|则|就|将)?\s*[一-鿿A-Za-z{]"),
        silent=re.compile(r"[\s，,。.、；;！!”\"」)）]*(?:即可|就可以了|就行)?[\s。.；;！!]*$"),
        other=re.compile(r"\b[a-z]+\b(?:[^a-z]+\b[a-z]+\b){2}", re.IGNORECASE),
        own=re.compile("[一-鿿]"),
        asks=re.compile(
            r"密码|验证码|校验码|动态码|口令|安全码|助记词|私钥|密保|暗号|卡片?的?(?:背面|反面|有效期)(?!的?[a-z])"
            r"|(?:背面|反面)的?[三3]位|卡号(?!码?的?(?:最?后|末|尾))|短信[里中]的?[^，。]{0,4}(?:数字|号码)"
            r"|(?<![a-z])(?:pin|cvv2?|cvc2?|otp)(?![a-z])",
            re.IGNORECASE,
        ),
        hours=re.compile(
            r"[\d零一二两三四五六七八九十]{1,3}(?:[:：]\d\d|点(?:半|\d{1,2}分?|钟)?)\s*(?:到|至|[-–—~～])\s*"
            r"(?:次日|当晚|凌晨|早上|上午|中午|下午|傍晚|晚上?)?[\d零一二两三四五六七八九十]{1,3}(?:[:：]\d\d|点)"
        ),
        denies=re.compile(r"不要|请勿|切勿|勿|不会|不能|不得|别|无需|不需要|不用|忘记|重置|修改"),
    ),
    "en": Speech(
        press=re.compile(
            r"\b(?:press(?:ing)?|push|hit|dial)\s+(?:the\s+)?(?:(?:number|key|digit)\s+)?[\"'“]?"
            r"(?P<key>\d(?!\d)|[*#]|zero\b|one\b(?!\s+(?:of|key|button|more|or\s+more)\b)|two\b|three\b|four\b|five\b"
            r"|six\b|seven\b|eight\b|nine\b|star\b|asterisk\b|hash\b|pound\b)"
            r"[\"'”]?(?:\s+(?:key|sign|button))?(?:\s*(?:to|through|thru|[–—-])\s*(?P<last>\d)(?!\d))?",
            re.IGNORECASE,
        ),
        words=_ENGLISH,
        filler=re.compile(r"(?:\s|\b(?:please|or|and|just|simply|you|can|may|now)\b)*", re.IGNORECASE),
        purpose=re.compile(r"\s*(?:for|to|if|and\s+we)\b", re.IGNORECASE),
        silent=re.compile(r"[\s.,;:!\"'”)]*(?:now)?[\s.;!]*$", re.IGNORECASE),
        other=re.compile("[一-鿿]"),
        own=re.compile("(?!)"),
        asks=re.compile(
            r"\b(?:pin|password|pass\s?code|cvv2?|cvc2?|security code|(?:one-time|verification) (?:code|password)|otp"
            r"|(?:seed|recovery|secret) phrase|private key|passphrase|secret (?:word|answer|question)"
            r"|security (?:question|answer)|mother['’]s maiden name|(?:on|at) the back of (?:your|the) card"
            r"|(?:code|digits|numbers?) (?:that )?(?:we|you (?:were|have been)) (?:have )?(?:just )?"
            r"(?:texted|sent|messaged)"
            r"|(?:code|digits|numbers?) (?:in|from) (?:the|our|your) (?:text|message|sms)"
            r"|(?<!digits of your )(?<!digits of the )card number(?! end)|card['’]s expir\w+"
            r"|expir\w+ date (?:of|on) (?:your|the) card)\b",
            re.IGNORECASE,
        ),
        hours=re.compile(
            r"\b(?:\d{1,2}(?::\d\d)?|nine|eight|ten)\s*(?:[ap]\.?m\.?|o['’]clock)?\s*(?:to|till?|until|through|[-–—])\s*"
            r"(?:\d{1,2}(?::\d\d)?\s*(?:[ap]\.?m\.?|o['’]clock)|\d{1,2}:\d\d|five|six|seven|eight)(?![\w-])"
            r"|\b(?:open|close)[sd]?\b[^.!?]{0,40}?\b\d{1,2}(?::\d\d)?\s*[ap]\.?m\b",
            re.IGNORECASE,
        ),
        denies=re.compile(
            r"\b(?:never|not|don['’]t|won['’]t|no one|nobody|without|forgot(?:ten)?|reset|change)\b", re.IGNORECASE
        ),
    ),
}  # fmt: skip

_CLAUSE = re.compile(r"[。！？!?；;，,.\n]")
_SENTENCE = re.compile(r"[。！？!?；;\n]+|\.(?:\s|$)")


def mentions(sentence: str, language: str) -> Iterator[Mention]:
    """The keys a sentence tells the caller to press, in order, as they stand on the telephone."""
    speech = SPEECH.get(language)
    if speech is None:
        return
    text = sentence if sentence.isascii() else unicodedata.normalize("NFKC", sentence)
    for found in speech.press.finditer(text):
        said = found["key"].lower()
        key = said if len(said) == 1 and said in "0123456789*#" else speech.words.get(said) or speech.words[said[0]]
        before, after = text[: found.start()], text[found.end() :]
        yield Mention(key, before, after)
        if found["last"] and key.isdecimal():
            yield from (Mention(str(other), before, after) for other in range(int(key) + 1, int(found["last"]) + 1))


def key_first(mention: Mention, language: str) -> bool:
    """Whether a key is said before what it does: "press 4 for refunds"."""
    speech = SPEECH[language]
    clause = _CLAUSE.split(mention.before)[-1]
    return bool(
        speech.filler.fullmatch(clause)
        and speech.purpose.match(mention.after)
        and not speech.silent.match(mention.after)
    )


def is_other_language(sentence: str, language: str) -> bool:
    """Whether a sentence is certainly in another language than the one it is written under."""
    speech = SPEECH.get(language)
    return speech is not None and bool(speech.other.search(sentence)) and not speech.own.search(sentence)


def asks_secret(sentence: str, language: str) -> str:
    """The word by which a sentence asks for a secret (`PIN`, `验证码`), or "".

    A sentence that warns against telling it, or speaks of resetting it, does not ask.
    """
    speech = SPEECH.get(language)
    if speech is None:
        return ""
    for part in _SENTENCE.split(unicodedata.normalize("NFKC", sentence)):
        found = speech.asks.search(part)
        if found and not speech.denies.search(part):
            return found[0]
    return ""


def typed_hours(sentence: str, language: str) -> str:
    """The span of hours that a sentence says in so many words ("9 AM to 6 PM"), or ""."""
    found = SPEECH[language].hours.search(sentence) if language in SPEECH else None
    return found[0] if found else ""
