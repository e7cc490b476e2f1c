"""Numbers in words, both ways: num2words says them, and what it says is turned around to understand them.

A number is read from its atoms: the words for 0 to 99, for the hundreds, and for the scales above them (mil, millones,
万). They are found by comparing what num2words says of a few numbers, so that no language needs a grammar here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from ivr.call.languages.characters import folded

_SCALES = (10**3, 10**4, 10**5, 10**6, 10**8, 10**9)
_FEW = (1, 2, 3, 5, 11, 80)
"""Numbers that show the plurals of a scale in most languages."""
_MOST_WORDS = 8
"""The most words of an atom."""
_NUMERAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")

Item = Decimal | str
"""A number, or a word that is none."""


def spelling_of(code: str) -> Callable[[int], str] | None:
    """What says whole numbers in words; None where num2words is not installed or lacks the language."""
    try:
        from num2words import CONVERTER_CLASSES, num2words
    except ModuleNotFoundError:
        return None
    known = next((name for name in (code, code.partition("_")[0]) if name in CONVERTER_CLASSES), None)
    return (lambda number: str(num2words(number, lang=known))) if known else None


@dataclass(frozen=True, slots=True)
class Atom:
    """One word of a number; a scale multiplies what stands before it."""

    value: Decimal
    is_scale: bool = False
    is_numeral: bool = False


@dataclass(frozen=True, eq=False)
class NumberWords:
    spell: Callable[[int], str] | None
    others: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """More words for a number; the first of them is how it is said."""
    spaced: bool = True
    """Whether words stand apart."""

    def say(self, number: int) -> str:
        """A whole number from 0 in words; in numerals where there are no words for it."""
        if number in self.others:
            return self.others[number][0]
        words = self.spell(number) if self.spell is not None else f"{number}"
        return words if self.spaced else words.replace(" ", "")

    @cached_property
    def _table(self) -> Mapping[str, Atom]:
        table = {_close(word): Atom(Decimal(number)) for number, words in self.others.items() for word in words}
        return table if self.spell is None else _with_spelled(table, lambda number: _close(self.say(number)))

    # --- hearing ----------------------------------------------------------------------------------------------

    def words(self, text: str) -> list[str]:
        """Folded words, one an atom, a numeral or another word; between atoms of an unspaced language, what is left."""
        if not self.spaced:
            return list(self._pieces(text.replace(" ", "")))
        tokens = re.split(r"[\s-]+", text.strip())
        found: list[str] = []
        at = 0
        while at < len(tokens):
            sizes = range(min(_MOST_WORDS, len(tokens) - at), 0, -1)
            size = next((size for size in sizes if "".join(tokens[at : at + size]) in self._table), 0)
            found += ["".join(tokens[at : at + size])] if size else _cut(tokens[at], self._table) or [tokens[at]]
            at += size or 1
        return [word for word in found if word]

    def _pieces(self, text: str) -> Iterator[str]:
        at = 0
        for found in self._pattern.finditer(text):
            yield from filter(None, (text[at : found.start()], found[0]))
            at = found.end()
        yield from filter(None, (text[at:],))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        atoms = sorted(self._table, key=len, reverse=True)
        return re.compile("|".join((_NUMERAL.pattern, *map(re.escape, atoms))))

    def digits(self, word: str) -> str:
        """The digits that a word stands for where digits are said one by one: 0012, or 23 for twenty-three; or ""."""
        atom = self._table.get(word)
        if atom is None:
            return word if word.isdecimal() else ""
        return str(atom.value) if atom.value < 100 else ""

    def items(self, text: str, point: str = "") -> list[Item]:
        """The words of a text with its numbers read; what makes no number together (six twenty) is two of them.

        `point` is the word before decimals.
        """
        found: list[Item] = []
        run: list[Atom] = []
        for word in [*self.words(text), ""]:
            atom = self._atom(word)
            if run and (atom is None or _composed([*run, atom]) is None):
                found.append(_composed(run) or Decimal(0))
                run = []
            if atom is not None:
                run.append(atom)
            elif word:
                found.append(word)
        return _with_decimals(found, point) if point else found

    def _atom(self, word: str) -> Atom | None:
        return Atom(Decimal(word), is_numeral=True) if _NUMERAL.fullmatch(word) else self._table.get(word)


def _with_spelled(others: Mapping[str, Atom], say: Callable[[int], str]) -> Mapping[str, Atom]:
    """The table of a language, from what it says (without spaces) of some numbers."""
    small = {number: say(number) for number in range(1000)}
    table = {word: Atom(Decimal(number)) for number, word in small.items()} | dict(others)
    for word, number in (*_with_others(small, others), *_hundreds(small)):
        table.setdefault(word, Atom(Decimal(number)))
    for scale in _SCALES:
        if _read(say(scale), table) == scale:
            continue  # diez mil
        for name in _names_of_scale(scale, small, say):
            table.setdefault(name, Atom(Decimal(scale), is_scale=True))
            shorter = say(80 * scale).removesuffix(name)  # quatre-vingt, of quatre-vingt mille
            if small[80].startswith(shorter):
                table.setdefault(shorter, Atom(Decimal(80)))
    for thousands in range(2000, 10000, 1000):  # often one word, and sometimes another before a rest
        for word in (say(thousands), say(thousands + 1).removesuffix(small[1])):
            table.setdefault(word, Atom(Decimal(thousands)))
    for between in _words_between(say):
        table = {between + word: atom for word, atom in table.items()} | table
    return table


def _with_others(small: Mapping[int, str], others: Mapping[str, Atom]) -> Iterator[tuple[str, int]]:
    """Numbers with another word in them: treinta y un, of treinta y uno."""
    for other, atom in others.items():
        usual = small.get(int(atom.value), "")
        for number, word in small.items() if len(usual) > 2 else ():
            yield word.replace(usual, other), number


def _hundreds(small: Mapping[int, str]) -> Iterator[tuple[str, int]]:
    """Hundreds as they are said before a rest: ciento, of ciento uno."""
    for hundred in range(100, 1000, 100):
        if (next_one := small[hundred + 1]).endswith(small[1]):
            yield next_one.removesuffix(small[1]), hundred


def _names_of_scale(scale: int, small: Mapping[int, str], say: Callable[[int], str]) -> set[str]:
    """What a thousand or a million is called alone, after a few, and before a rest."""
    names = {say(scale)}
    for few in _FEW:
        plural, before_one = say(few * scale), say(few * scale + 1).removesuffix(small[1])
        names |= {word.removeprefix(small[few]) for word in (plural, before_one) if word.startswith(small[few])}
    return names - {""}


def _words_between(say: Callable[[int], str]) -> Iterator[str]:
    """What is said between a large number and the rest: and."""
    for large, rest in ((100, 1), (100, 20), (1000, 5), (3000, 45), (3000, 100), (10**6, 1000)):
        between = say(large + rest).removeprefix(say(large)).removesuffix(say(rest))
        if between and say(large) + between + say(rest) == say(large + rest):
            yield between


def _read(word: str, table: Mapping[str, Atom]) -> Decimal | None:
    atoms = [table[atom] for atom in _cut(word, table)]
    return _composed(atoms) if atoms else None


def _close(words: str) -> str:
    return re.sub(r"[\s-]", "", folded(words))


def _cut(word: str, table: Mapping[str, Atom]) -> list[str]:
    """A word without spaces as its atoms, the longest first; nothing when something is left over."""
    found: list[str] = []
    while word:
        atom = next((word[:size] for size in range(len(word), 0, -1) if word[:size] in table), "")
        if not atom:
            return []
        found.append(atom)
        word = word.removeprefix(atom)
    return found


def _composed(atoms: Sequence[Atom]) -> Decimal | None:
    """The number that atoms make: what stands before the largest scale times that scale, and what stands behind."""
    scales = [atom.value for atom in atoms if atom.is_scale]
    if scales:
        scale = max(scales)
        at = next(at for at, atom in enumerate(atoms) if atom.is_scale and atom.value == scale)
        before = _composed(atoms[:at]) if at else Decimal(1)
        behind = _composed(atoms[at + 1 :]) if at + 1 < len(atoms) else Decimal(0)
        return before * scale + behind if before is not None and behind is not None and behind < scale else None
    total = Decimal(0)
    last: Decimal | None = None
    for atom in atoms:
        fits = last is None or (atom.value > 0 and last > 0 and not last % 10 ** len(str(int(atom.value))))
        if not fits or (atom.is_numeral and last is not None):
            return None
        total, last = total + atom.value, atom.value
    return total


def _with_decimals(items: Sequence[Item], point: str) -> list[Item]:
    """The items, with a number, the word for the point and the digits behind it as one number."""
    found: list[Item] = []
    decimals = False
    for at, item in enumerate(items):
        before, after = (found[-1] if found else ""), items[at + 1 : at + 2]
        if item == point and isinstance(before, Decimal) and after and isinstance(after[0], Decimal):
            found[-1], decimals = Decimal(f"{before}."), True
        elif decimals and isinstance(item, Decimal) and isinstance(before, Decimal):
            found[-1] = Decimal(f"{before}{'' if '.' in str(before) else '.'}{item}")
        else:
            found.append(item)
            decimals = False
    return found
