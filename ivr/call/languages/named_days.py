"""Days that have a name: on which date they fall in a year. What callers call them is in the room of each language."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal

from ivr.call.languages.hearing import real

NamedDay = Callable[[int], date | None]
"""The date in a year, or None where it is not known."""
LunarFestival = Literal["spring", "dragon boat", "mid-autumn", "double ninth"]


def fixed(month: int, day: int) -> NamedDay:
    return lambda year: real(year, month, day)


def weekday_of_month(month: int, weekday: int, nth: int, after: int = 0) -> NamedDay:
    """The nth such weekday of a month (Monday is 0; nth -1 is the last one), or a day so many days after it."""

    def day(year: int) -> date:
        first = date(year, month + (nth < 0), 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - (nth > 0)) + after)

    return day


def easter(after: int = 0) -> NamedDay:
    """Easter Sunday in the Gregorian calendar, or a day so many days after it (the anonymous algorithm of 1876)."""

    def day(year: int) -> date:
        century, of_century = divmod(year, 100)
        moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
        sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
        month, number = divmod(moon + sunday - 7 * ((year % 19 + 11 * moon + 22 * sunday) // 451) + 114, 31)
        return date(year, month, number + 1) + timedelta(days=after)

    return day


def clear_and_bright(year: int) -> date | None:
    """清明, where the sun stands 15 degrees past the spring equinox: 4 or 5 April of 2000 to 2099, China's time."""
    return date(year, 4, int(year % 100 * 0.2422 + 4.81) - year % 100 // 4) if 2000 <= year < 2100 else None


def lunar(festival: LunarFestival, after: int = 0) -> NamedDay:
    """A festival of China's lunar calendar, or a day so many days after it; known from 2015 to 2050."""

    def day(year: int) -> date | None:
        found = _LUNAR.get(year, {}).get(festival)
        return found + timedelta(days=after) if found else None

    return day


# The year, then month and day of the spring, dragon boat, mid-autumn and double ninth festivals.
_YEARS = (
    "2015 0219 0620 0927 1021, 2016 0208 0609 0915 1009, 2017 0128 0530 1004 1028, 2018 0216 0618 0924 1017, "
    "2019 0205 0607 0913 1007, 2020 0125 0625 1001 1025, 2021 0212 0614 0921 1014, 2022 0201 0603 0910 1004, "
    "2023 0122 0622 0929 1023, 2024 0210 0610 0917 1011, 2025 0129 0531 1006 1029, 2026 0217 0619 0925 1018, "
    "2027 0206 0609 0915 1008, 2028 0126 0528 1003 1026, 2029 0213 0616 0922 1016, 2030 0203 0605 0912 1005, "
    "2031 0123 0624 1001 1024, 2032 0211 0612 0919 1012, 2033 0131 0601 0908 1001, 2034 0219 0620 0927 1020, "
    "2035 0208 0610 0916 1009, 2036 0128 0530 1004 1027, 2037 0215 0618 0924 1017, 2038 0204 0607 0913 1007, "
    "2039 0124 0527 1002 1026, 2040 0212 0614 0920 1014, 2041 0201 0603 0910 1003, 2042 0122 0622 0928 1022, "
    "2043 0210 0611 0917 1011, 2044 0130 0531 1005 1029, 2045 0217 0619 0925 1018, 2046 0206 0608 0915 1008, "
    "2047 0126 0529 1004 1027, 2048 0214 0615 0922 1016, 2049 0202 0604 0911 1005, 2050 0123 0623 0930 1024"
)
_FESTIVALS: tuple[LunarFestival, ...] = ("spring", "dragon boat", "mid-autumn", "double ninth")
_LUNAR = {
    int(year): {
        festival: date(int(year), int(day[:2]), int(day[2:])) for festival, day in zip(_FESTIVALS, days, strict=True)
    }
    for year, *days in (row.split() for row in _YEARS.split(", "))
}
