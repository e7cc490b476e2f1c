"""Listening to English: digits, quantities and money. All functions take `normal` words."""

import re
from collections.abc import Sequence
from decimal import Decimal

from ivr.call.languages.hearing import latest

_ONES: dict[str, int] = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "niner": 9,
}  # fmt: skip
TENS: dict[str, int] = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}


def words_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


def tokens_of(words: str) -> list[str]:
    """Words, with 30th, twenty-five and p.m. in one shape."""
    words = re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", words)
    words = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", words)
    return [word for word in (word.strip(".-") for word in words.split()) if word]


# --- corrections ----------------------------------------------------------------------------------------------

_FILLER = re.compile(r"\b(?:um+|uh+|er+|erm|hmm?|mm)\b")
_SLIP = re.compile(
    r"\b(?:no|nope|sorry|wait|i meant?|scratch that|actually|make (?:that|it)|correction|oops|or rather|excuse me"
    r"|i think it was)\b"
)
_NOT_BUT = re.compile(r"^.*\bnot\b.+?\b(?:its|it is|it was|but|rather)\b(.+)")
_ROUND = "(?:[a-z]+teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)"
_NOT_BUT_ROUND = re.compile(rf"\bnot {_ROUND} (?={_ROUND}\b)")
"""Not sixteen, sixty: without a pause for the recogniser to write."""
_NOT = re.compile(r"\bnot\b.*")


def meant(words: str) -> list[str]:
    """What is said between corrections, without what is denied: "not fifty, it's sixty" is sixty."""
    spoken = _FILLER.sub(" ", " ".join(tokens_of(words)))
    return [_NOT.sub("", _NOT_BUT.sub(r"\1", _NOT_BUT_ROUND.sub("", piece))) for piece in _SLIP.split(spoken)]


# --- digits and quantities ------------------------------------------------------------------------------------

_NAMELESS = words_of("dash hyphen space then and a followed by")
_OVER = re.compile(
    r"(?: (?:hash|pound|pound sign|please|thanks|thank you|cheers|ok|okay|got it|done|right|yes|yeah"
    r"|(?:that is|thats|is that|isnt) (?:it|all|right|the one)|there you go|i (?:think|believe|reckon|guess)))+$"
)
_LAST_FOUR = re.compile(r"\blast (?:two|three|four|five|six|[2-6])(?: (?:digits|numbers|figures))?\b")
_ZEROS = words_of("oh o zero nought naught aught nil zeros zeroes ohs")
_EXCLAIMED = words_of("oh o")
"""Zeros beside other digits. Beside other words somebody is surprised: "oh, sorry"."""
_SOUNDS_LIKE = {"to": "2", "too": "2", "for": "4", "ate": "8", "won": "1"}
"""What recognisers write for a digit among several digits."""
_PLURALS = {name.replace("six", "sixe") + "s": str(value) for name, value in _ONES.items() if value < 10}
_PLURALS |= {"zeroes": "0", "ohs": "0"}


def digits(words: str) -> str | None:
    """it's three zero oh, double five -> 30055; "three fives" is 555, "eighteen hundred" 1800, "twenty five" 25."""
    found, tokens = latest(_one_by_one, meant(words)), words.split()
    return None if found == "0" and len(tokens) > 1 and not _EXCLAIMED.isdisjoint(tokens) else found


def _one_by_one(text: str) -> str | None:
    tokens = _OVER.sub("", " ".join(_LAST_FOUR.sub("", text).split())).split()
    first = next((at for at, word in enumerate(tokens) if word in _SCALES or _digit_like(word)), len(tokens))
    said: list[str] = []
    waiting = [word for word in reversed(tokens[first:]) if word not in _NAMELESS]
    while waiting:
        word = waiting.pop()
        after = waiting[-1] if waiting else ""
        if word in _REPEATS and (piece := _PLURALS.get(after) or _digit(after)) and len(piece) == 1:
            waiting.pop()
            said.append(piece * _REPEATS[word])
        elif after in _PLURALS and 2 <= _ONES.get(word, 0) < 10:
            waiting.pop()
            said.append(_PLURALS[after] * _ONES[word])
        elif word in TENS and after in _ONES and 0 < _ONES[after] < 10:
            waiting.pop()
            said.append(str(TENS[word] + _ONES[after]))
        elif word == "hundred" and len("".join(said)) > 1:  # eighteen hundred, one eight hundred
            said.append("00")
        elif piece := str(TENS.get(word, "")) or _digit(word):
            said.append(piece)
        elif said and len(tokens) > 4 and word in _SOUNDS_LIKE:
            said.append(_SOUNDS_LIKE[word])
        else:
            return None
    return "".join(said) or None


def _digit_like(word: str) -> bool:
    return word in _REPEATS or word in TENS or bool(_digit(word))


def _digit(word: str) -> str:
    if word in _ZEROS:
        return "0"
    if word in _ONES:
        return str(_ONES[word])
    return word.replace("-", "") if re.fullmatch("[0-9]+(-[0-9]+)*", word) else ""


def number(words: str) -> Decimal | None:
    """a hundred and five, one twenty eight, 1.5, two thousand."""
    return number_of(tokens_of(words))


def number_of(tokens: Sequence[str]) -> Decimal | None:
    if not tokens or len(tokens) > 16:
        return None
    if (scaled := _scaled(list(tokens))) is not None:
        return scaled
    if "point" in tokens:
        at = list(tokens).index("point")
        whole, fraction = number_of(tokens[:at] or ["zero"]), digits(" ".join(tokens[at + 1 :]))
        return Decimal(f"{int(whole)}.{fraction}") if whole is not None and not whole % 1 and fraction else None
    if len(tokens) == 1 and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", tokens[0]):
        return Decimal(tokens[0])
    value = _whole_number(tokens)
    return Decimal(value) if value is not None else None


def _whole_number(tokens: Sequence[str]) -> int | None:
    total = part = 0
    last = 0  # the size of the last number word: 20 may be followed by 5, 5 by nothing but a scale
    for word in tokens:
        if word in ("a", "and"):
            continue
        if word in _SCALES:
            scale = _SCALES[word]
            part = (part or 1) * scale
            if scale > 100:
                total, part = total + part, 0
            last = scale
            continue
        if word in ("oh", "o") and 0 < last < 100 and part < 100:
            part, last = part * 100, 100  # three oh five
            continue
        value = _ONES.get(word, TENS.get(word, int(word) if re.fullmatch("[0-9]{1,9}", word) else -1))
        if value < 0:
            return None
        if 0 < last < 10 and value >= 10 and part < 10:
            part *= 100  # one twenty eight
        elif last and not (last >= 100 > value or (20 <= last < 100 and 0 < value < 10)):
            return None
        part, last = part + value, value or 1
    return total + part if last else None


def _scaled(tokens: list[str]) -> Decimal | None:
    """Halves, and a fraction before a scale: twelve and a half, half a million, one point two million, 1.5 thousand."""
    if tokens[-3:] == ["and", "a", "half"]:
        whole = number_of(tokens[:-3])
        return whole + Decimal("0.5") if whole is not None else None
    if tokens in (["half", "a"], ["half"]):
        return Decimal("0.5")
    scale = _SCALES.get(tokens[-1], 0)
    before = tokens[:-1]
    if not scale or (before[-1:] not in (["half"], ["a"]) and "point" not in before and "." not in "".join(before)):
        return None
    if before in (["half", "a"], ["half"]):
        return Decimal(scale) / 2
    half = before[-3:] == ["and", "a", "half"]
    value = number_of(before[:-3] if half else before)
    return (value + Decimal(half) / 2) * scale if value is not None else None


# --- money ----------------------------------------------------------------------------------------------------

_CURRENCIES = {
    "yuan": "CNY", "rmb": "CNY", "renminbi": "CNY", "kuai": "CNY", "¥": "CNY", "dollar": "USD", "dollars": "USD",
    "buck": "USD", "bucks": "USD", "$": "USD", "euro": "EUR", "euros": "EUR", "€": "EUR", "pound": "GBP",
    "pounds": "GBP", "quid": "GBP", "£": "GBP", "yen": "JPY", "hkdollar": "HKD", "hkdollars": "HKD",
}  # fmt: skip
_COINS = words_of("cent cents fen pence penny p")
ABOUT = words_of(
    "it its was is about around roughly for the amount of i paid think us chinese exactly um uh well please thanks "
    "thank you like just only maybe perhaps probably approximately nearly almost ish something thereabouts odd "
    "guess believe reckon flat even total in altogether give take that yeah yes ok okay sent spent transferred payment "
    "cost charged charge were lah mate say um would be say my figure sum ballpark cool"
)
_SLANG = {"fiver": "five", "tenner": "ten", "grand": "thousand", "k": "thousand", "grands": "thousand"}
_OR_SO = re.compile(r"\b(?:give or take|or (?:so|thereabouts|something(?: like that)?|around that))\b")
_VAGUE = re.compile(r"\band (?:something|change|a bit)\b")
_ASIDE = words_of("for to from on at because which as when yesterday today last this my of by with since")


def amount(words: str) -> tuple[Decimal, str] | None:
    """128 dollars 50 -> (128.5, USD); one hundred yuan -> (100, CNY); fifty cents -> (0.5, ""); a fiver -> (5, "").

    In a sentence, one with its unit; two are none, unless the second corrects the first.
    """
    spaced = re.sub(r"([$¥€£])", r" \1 ", words).replace("hong kong dollar", "hkdollar")
    pieces = meant(re.sub(r"(?<=[0-9])k\b", " k", spaced))
    found = latest(_amount, pieces)
    if found and not found[1]:  # two hundred dollars, no, three hundred
        return found[0], next((said[1] for piece in pieces if (said := _amount(piece)) and said[1]), "")
    return found


def _amount(text: str) -> tuple[Decimal, str] | None:
    if _VAGUE.search(text):
        return None
    tokens = [_SLANG.get(word, word) for word in _OR_SO.sub("", text).split()]
    if value := _exactly([word for word in tokens if word not in ABOUT]):
        return value
    if "or" in tokens or "between" in tokens:
        return None
    phrases = _quantities(tokens)
    values = {value for phrase in phrases if (value := _exactly(phrase))}
    named = {value for phrase in phrases if not _UNITS.isdisjoint(phrase) and (value := _exactly(phrase))}
    found = named or (values if len(phrases) == 1 and _is_aside(tokens, phrases[0]) else set())
    return found.pop() if len(found) == 1 else None


_UNITS = _CURRENCIES.keys() | _COINS


def _quantities(tokens: Sequence[str]) -> list[list[str]]:
    """The runs of words that numbers and money are made of."""
    runs: list[list[str]] = [[]]
    for word in tokens:
        inside = word in _ONES or word in TENS or word in _SCALES or word in _UNITS or word in ("point", "half")
        if inside or re.fullmatch(r"[0-9.]+", word) or (runs[-1] and word in ("and", "a")):
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    for run in runs:
        while run and run[-1] in ("and", "a"):
            run.pop()
    return [run for run in runs if run]


def _is_aside(tokens: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether nothing but what is known leads to the amount, and what follows begins like an aside ("for the taxi")."""
    at = list(tokens).index(phrase[0])
    after = tokens[at + len(phrase) :]
    return all(word in ABOUT for word in tokens[:at]) and (not after or after[0] in _ASIDE or after[0] in ABOUT)


def _exactly(tokens: list[str]) -> tuple[Decimal, str] | None:
    names = [word for word in tokens if word in _CURRENCIES]
    if len(names) > 1:
        return None
    cents = Decimal(0)
    named = bool(tokens) and tokens[-1] in _COINS
    if named:
        tokens = tokens[:-1]
    whole = tokens
    if names:
        at = tokens.index(names[0])
        whole, rest = (tokens[1:], []) if at == 0 else (tokens[:at], tokens[at + 1 :])
        rest = [word for word in rest if word not in ("and", "a")]
        value = Decimal(50) if rest == ["half"] else number_of(rest) if rest else Decimal(0)
        if value is None or value >= 100 or value % 1 or (named and not rest):
            return None
        cents = value / 100
    elif named:
        value = number_of(tokens)
        return (value / 100, "") if value is not None and value < 100 else None
    if names and whole == ["a"]:
        whole = ["one"]
    value = number_of(whole) if names else _with_cents(whole)
    return (value + cents, _CURRENCIES[names[0]] if names else "") if value is not None else None


def _with_cents(tokens: Sequence[str]) -> Decimal | None:
    """A quantity, or one with cents behind it: "one hundred twenty eight fifty" is 128.50, "twelve fifty" 12.50."""
    value = number_of(tokens)
    for size in (1, 2) if value is None else ():
        whole, cents = number_of(tokens[:-size]), number_of(tokens[-size:])
        if whole is not None and cents is not None and whole >= 10 and not whole % 1 and 10 <= cents < 100:
            return whole + cents / 100
    return value
