"""What a caller's keys or words mean as the answer to a question.

Pure. The words of each language are in `ivr.call.languages`. Any input gives a value or None and never an exception,
because a caller who presses nonsense is asked again. Keys are ASCII digits, `*` and `#`. `²`, `٣٤` and a line end are
not keys, although `str.isdigit` or `$` would accept them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import partial

from ivr.call.languages import LANGUAGES, Language
from ivr.call.languages.characters import plain
from ivr.call.languages.hearing import Standpoint, real
from ivr.call.redaction import redact
from ivr.call.values import Money, Value
from ivr.flow.model import AnswerKind, ValueKind

YES, NO = Value("words", "yes"), Value("words", "no")
"""The answers to a yes-no question."""

FEWEST = 3
"""So many digits are a number; one or two are in many sentences."""
OF_REFERENCES = range(7, 12)
"""How long the numbers of cases are: longer than a PIN or a code, and shorter than the number of a card."""
LONGEST_NUMBER = 40
"""How many digits are looked at in words that say more than a number."""

LONGEST = 500
"""How many characters of recognised words are kept."""


def understand(
    kind: AnswerKind,
    keys: str = "",
    words: str = "",
    *,
    language: str,
    today: date,
    ahead: bool = False,
    least: int = 1,
    most: int = 20,
    region: str = "CN",
) -> Value | None:
    """The answer of this kind from keys or, without keys, from words; None if it is none.

    `least` and `most` count digits (of digits, phone, account, reference, tail, and of an amount by keys).
    `today` is the date where the caller is, and `ahead` asks for a date that is still to come. `region` is the country
    whose phone numbers need no country code, and whose currency an amount has where none is said. The kind of the
    value is the kind of the answer, but money for an amount, and words (YES or NO) for a yes-no. The number of a
    payment card is no answer, and is masked in words (docs/trust.md#goal-17).
    """
    answer = _Answer(keys, words, comparable(words, language), LANGUAGES[language], today, ahead, least, most, region)
    value = _READERS[kind](answer)
    return value if value is None or kind in ("phone", "words") or redact(value.text) == value.text else None


def prepare(languages: Sequence[str], today: date) -> None:
    """Makes the tables by which words of these languages are understood, so that no caller waits for them. Chinese and
    English have theirs at once."""
    for code in languages:
        for kind in _READERS if LANGUAGES[code].fallback else ():
            understand(kind, words="1", language=code, today=today)


def comparable(words: str, language: str) -> str:
    """Recognised words as the functions of this language take them; what is too long is cut."""
    return LANGUAGES[language].hearing.normal(words[:LONGEST])


def spoken_digits(words: str, language: str) -> str:
    """The digits that are all that was said; "" for anything else, also for "call me at three"."""
    hearing, heard = LANGUAGES[language].hearing, comparable(words, language)
    return "" if hearing.callback.search(heard) else hearing.digits(heard) or ""


def digits_in(words: str, language: str) -> str:
    """The longest number said one by one in words that say more than it ("my case 7000001, how is it going"), or ""."""
    hearing, heard = LANGUAGES[language].hearing, comparable(words, language)
    parts, between = (list(heard), "") if hearing.in_order else (heard.split(), " ")
    ends = [at for at, part in enumerate(parts, 1) if hearing.digits(part)][:LONGEST_NUMBER]
    cuts = (between.join(parts[start:end]) for end in ends for start in (0, *ends) if start < end)
    return max((hearing.digits(cut) or "" for cut in cuts), key=len, default="")


def fit_to_wait(words: str, languages: Iterable[str]) -> str:
    """What is kept of words until it is their turn.

    `redact` knows secrets in numerals alone. Of words in which a number is said ("my PIN is one two three"), the number
    stays if it is as long as that of a case, and nothing else.
    """
    number = max((digits_in(words, language) for language in languages), key=len)
    if len(number) < FEWEST or number in words:
        return redact(words)
    return number if len(number) in OF_REFERENCES else ""


def is_number(words: str, language: str) -> bool:
    """Whether most that was said are digits, also where they are no answer: "five, no, six, um, two"."""
    hearing = LANGUAGES[language].hearing
    said = hearing.content(comparable(words, language))
    digits = [word for word in said if hearing.digits(word)]
    return bool(spoken_digits(words, language)) or (len(digits) >= FEWEST and 2 * len(digits) >= len(said))


def is_greeting(words: str, language: str) -> bool:
    """Whether these words only greet, or say nothing: "hello", "um", 喂."""
    return LANGUAGES[language].hearing.greeting.fullmatch(comparable(words, language)) is not None


def is_for_a_moment(words: str, language: str) -> bool:
    """Whether somebody who says this will answer soon: "hold on", 稍等."""
    return LANGUAGES[language].hearing.moment.search(comparable(words, language)) is not None


def own_number(words: str, language: str) -> bool:
    """Whether the number is meant that the caller is calling from: "the same number", 就是这个手机."""
    return LANGUAGES[language].hearing.own_number.fullmatch(comparable(words, language)) is not None


def language_named(words: str, codes: Sequence[str], current: str, further: str) -> str:
    """Which of these languages is asked for: the one that is named last ("not English, Chinese").

    `further` where none is named, and where somebody speaks of the `current` one as a language that they lack ("my
    English is bad"); to speak so of another one changes nothing.
    """
    heard = words[:LONGEST].casefold()
    places = {code: max(heard.rfind(name.casefold()) for name in LANGUAGES[code].called) for code in codes}
    named = [code for code in sorted(places, key=lambda code: places[code]) if places[code] >= 0]
    if not named:
        return further
    is_lacking = len(named) == 1 and any(LANGUAGES[code].hearing.lacking.search(heard) for code in codes)
    if is_lacking:
        return further if named == [current] else current
    return named[-1]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the caller gave, and the question that it answers: the arguments of `understand`.

    `heard` is `words`, made comparable.
    """

    keys: str
    words: str
    heard: str
    language: Language
    today: date
    ahead: bool
    least: int
    most: int
    region: str

    @property
    def digits(self) -> str:
        """The digits that were pressed or said one by one, or ""."""
        return _digits(self.keys, self.heard, self.language) or ""

    @property
    def quantity(self) -> str:
        """The digits of a number that was said as a whole ("two thousand"), or ""."""
        number = None if self.keys else self.language.hearing.number(self.heard)
        return "" if number is None or number % 1 else f"{number:f}".partition(".")[0]


def _read_digits(kind: ValueKind, answer: _Answer) -> Value | None:
    digits = answer.digits or answer.quantity
    return Value(kind, digits) if digits and answer.least <= len(digits) <= answer.most else None


def _read_phone(answer: _Answer) -> Value | None:
    number = (_dialled(answer.words) if not answer.keys else "") or answer.digits
    return _phone(number, answer.region) if answer.least <= len(number.lstrip("+")) <= answer.most else None


def _read_amount(answer: _Answer) -> Value | None:
    if answer.keys:
        said = _keyed_amount(answer.keys, answer.least, answer.most)
    else:
        said = answer.language.hearing.amount(answer.heard)
    return _money(*said, answer.region) if said else None


def _read_date(answer: _Answer) -> Value | None:
    seen = Standpoint(answer.today, answer.ahead)
    day = None if answer.keys else _named_day(answer.heard, answer.language, seen)
    return _day(day or _keyed_date(answer.keys or answer.digits, seen), seen)


def _read_time(answer: _Answer) -> Value | None:
    at = _keyed_time(answer.keys) if answer.keys else _spoken_time(answer.heard, answer.language)
    return Value("time", f"{at:%H:%M}") if at else None


def _read_yes_no(answer: _Answer) -> Value | None:
    keyed = {"1": True, "2": False}.get(answer.keys)
    yes = keyed if answer.keys else answer.language.hearing.agreement(answer.heard)
    return None if yes is None else YES if yes else NO


def _read_words(answer: _Answer) -> Value | None:
    if answer.keys:
        return Value("words", answer.keys) if _is_digits(answer.keys) and redact(answer.keys) == answer.keys else None
    said = redact(plain(answer.words[:LONGEST]))
    return Value("words", said) if said else None


_READERS: Mapping[AnswerKind, Callable[[_Answer], Value | None]] = {
    "digits": partial(_read_digits, "digits"),
    "account": partial(_read_digits, "account"),
    "reference": partial(_read_digits, "reference"),
    "tail": partial(_read_digits, "tail"),
    "phone": _read_phone,
    "amount": _read_amount,
    "date": _read_date,
    "time": _read_time,
    "yes-no": _read_yes_no,
    "words": _read_words,
}
"""One for each kind of answer."""


# --- numbers --------------------------------------------------------------------------------------------------


def _is_digits(text: str) -> bool:
    return re.fullmatch("[0-9]+", text) is not None


def _digits(keys: str, heard: str, language: Language) -> str | None:
    if keys:
        return keys if _is_digits(keys) else None
    return language.hearing.digits(heard)


def _dialled(words: str) -> str:
    """A phone number that the recogniser wrote as one: "+86 138-0013-8000". Anything else is an empty text."""
    text = re.sub(r"[\s().-]", "", words[:LONGEST])
    return text if re.fullmatch(r"\+[0-9]+", text) else ""


def _phone(number: str, region: str) -> Value | None:
    """The number in E.164 if it could ring. Short codes (95588, 110) are not accepted."""
    import phonenumbers  # only where a number is given

    try:
        parsed = phonenumbers.parse(re.sub("^00", "+", number), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return Value("phone", phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _keyed_amount(keys: str, least: int, most: int) -> tuple[Decimal, str] | None:
    found = re.fullmatch(r"([0-9]{0,12})(?:\*([0-9]{0,6}))?", keys)
    if not found or not least <= len(found[1]) + len(found[2] or "") <= most:
        return None
    return Decimal(f"{found[1] or 0}.{found[2] or 0}"), ""


def _money(amount: Decimal, named: str, region: str) -> Value | None:
    from babel.numbers import get_currency_precision, get_territory_currencies  # only where an amount is asked for

    code = named or next(iter(get_territory_currencies(region)), "")
    places = get_currency_precision(code) if code else 2
    exact = amount.quantize(Decimal(1).scaleb(-places))
    return Value("money", str(Money(exact, code))) if exact == amount and amount < 10**12 else None


# --- days and times -------------------------------------------------------------------------------------------


def _keyed_date(keys: str, seen: Standpoint) -> date | None:
    """MMDD, the nearest such day; or YYYYMMDD."""
    if re.fullmatch("[0-9]{4}", keys):
        return seen.of_year(int(keys[:2]), int(keys[2:]))
    if re.fullmatch("[0-9]{8}", keys):
        return real(int(keys[:4]), int(keys[4:6]), int(keys[6:]))
    return None


def day_to_come(words: str, language: str, today: date) -> Value | None:
    """The day that is named beside a time of day. Digits are the time: "eleven thirty" is no day in November."""
    seen = Standpoint(today, ahead=True)
    return _day(_named_day(comparable(words, language), LANGUAGES[language], seen), seen)


def part_of_day(words: str, language: str) -> Value | None:
    """The time that is meant by a part of the day that is said for one: "Thursday afternoon" is 14:00."""
    heard, parts = comparable(words, language), LANGUAGES[language].hearing.parts
    said = [(found.start(), hour) for part, hour in parts for found in part.finditer(heard)]
    return Value("time", f"{max(said)[1]:02}:00") if said and not is_greeting(words, language) else None


def _day(day: date | None, seen: Standpoint) -> Value | None:
    is_past = day is not None and seen.ahead and day < seen.today
    return Value("date", day.isoformat()) if day and not is_past else None


def _named_day(heard: str, language: Language, seen: Standpoint) -> date | None:
    try:
        return language.hearing.date(heard, seen)
    except OverflowError:  # before the year 1: "ninety thousand weeks ago"
        return None


def _spoken_time(heard: str, language: Language) -> time | None:
    """A time in words, or its digits said aloud."""
    return language.hearing.time(heard) or _keyed_time(language.hearing.digits(heard) or "")


def _keyed_time(keys: str) -> time | None:
    """HHMM on the 24-hour clock; 930 is half past nine."""
    if not re.fullmatch("[0-9]{3,4}", keys):
        return None
    hour, minute = divmod(int(keys), 100)
    return time(hour, minute) if hour < 24 and minute < 60 else None
