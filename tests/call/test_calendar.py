"""Opening hours against an independent computation, and the rules one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.call.calendar import (
    Calendar,
    Closure,
    Day,
    Opening,
    Span,
    calendar_warnings,
    is_open,
    opening,
    parse_spans,
)
from ivr.call.holiday_source import country_problem, holidays_of

from .calendar_oracle import (
    AMERICA_OFF,
    CHINA_OFF,
    CHINA_WORKED,
    GERMANY_OFF,
    WEEKDAYS,
    Slow,
)

MINUTE = timedelta(minutes=1)
OFFICE = {day: ["09:00-18:00"] for day in WEEKDAYS[:5]}
NIGHT = {day: ["00:30-01:15", "02:15-06:00", "22:00-02:00"] for day in WEEKDAYS}
SPLIT = {
    **{day: ["09:00-12:00", "13:30-18:00"] for day in WEEKDAYS[:5]},
    "sat": ["22:00-02:00"],
    "sun": ["10:00-24:00"],
}
ALL_NIGHT = {day: ["22:00-02:00"] for day in WEEKDAYS}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def weekly(week: dict[str, list[str]]) -> tuple[tuple[Span, ...], ...]:
    return tuple(parse_spans(", ".join(week[day])) if day in week else () for day in WEEKDAYS)


def calendar(**fields: object) -> Calendar:
    return Calendar(**{"name": "support", "weekly": weekly(OFFICE), "holidays": "CN", **fields})  # type: ignore[arg-type]


SPECIAL = {
    date(2026, 10, 2): ["10:00-16:00"],  # opened on a public holiday
    date(2026, 10, 10): [],  # a worked Saturday that is closed after all
    date(2026, 10, 14): ["07:00-08:00", "20:00-03:00"],
}

# name, country, window of UTC, and the slow calendar's tables
CASES = {
    "spring festival": (
        "CN",
        Slow("Asia/Shanghai", OFFICE, utc("2026-02-10"), utc("2026-03-04"), CHINA_OFF, CHINA_WORKED),
    ),
    "new year and a worked Sunday": (
        "CN",
        Slow("Asia/Shanghai", SPLIT, utc("2025-12-28"), utc("2026-01-08"), CHINA_OFF, CHINA_WORKED),
    ),
    "national day with days of our own": (
        "CN",
        Slow("Asia/Shanghai", SPLIT, utc("2026-09-17"), utc("2026-10-19"), CHINA_OFF, CHINA_WORKED, SPECIAL),
    ),
    "nights over national day": (
        "CN",
        Slow("Asia/Shanghai", ALL_NIGHT, utc("2026-09-28"), utc("2026-10-12"), CHINA_OFF, CHINA_WORKED),
    ),
    "a year end seen from New York": (
        "US",
        Slow("America/New_York", OFFICE, utc("2026-12-23"), utc("2027-01-06"), AMERICA_OFF),
    ),
    "New York goes forward": (
        "US",
        Slow("America/New_York", NIGHT, utc("2026-03-06"), utc("2026-03-11"), AMERICA_OFF),
    ),
    "New York goes back": (
        "US",
        Slow("America/New_York", NIGHT, utc("2026-10-30"), utc("2026-11-04"), AMERICA_OFF),
    ),
    "Berlin goes forward": (
        "DE",
        Slow("Europe/Berlin", NIGHT, utc("2026-03-27"), utc("2026-04-08"), GERMANY_OFF),
    ),
    "Berlin goes back": (
        "DE",
        Slow("Europe/Berlin", NIGHT, utc("2026-10-23"), utc("2026-10-29"), GERMANY_OFF),
    ),
    "Lord Howe goes back by half an hour": (
        "",
        Slow("Australia/Lord_Howe", NIGHT, utc("2026-04-03"), utc("2026-04-07")),
    ),
    "Lord Howe goes forward by half an hour": (
        "",
        Slow("Australia/Lord_Howe", NIGHT, utc("2026-10-02"), utc("2026-10-06")),
    ),
    "Shanghai when it still had summer time": (
        "",
        Slow("Asia/Shanghai", NIGHT, utc("1991-04-12"), utc("1991-04-16")),
    ),
    "Shanghai's last summer time ends": (
        "",
        Slow("Asia/Shanghai", NIGHT, utc("1991-09-13"), utc("1991-09-17")),
    ),
    "Havana turns its clock at midnight": (
        "",
        Slow("America/Havana", NIGHT, utc("2026-10-30"), utc("2026-11-04")),
    ),
    "Santiago loses the hour after midnight": (
        "",
        Slow("America/Santiago", NIGHT, utc("2026-09-04"), utc("2026-09-08")),
    ),
    "Saint John's went back over midnight": (
        "",
        Slow("America/St_Johns", NIGHT, utc("2008-10-31"), utc("2008-11-05")),
    ),
    "an emergency with an end": (
        "CN",
        Slow(
            "Asia/Shanghai",
            OFFICE,
            utc("2026-09-28"),
            utc("2026-10-12"),
            CHINA_OFF,
            CHINA_WORKED,
            emergencies=[
                (utc("2026-09-29T03:20"), utc("2026-09-30T02:30")),
                (utc("2026-10-08T00:00"), utc("2026-10-08T05:07")),
            ],
        ),
    ),
}


def test_nobody_is_told_of_an_opening_that_has_passed_on_their_watch() -> None:
    """Berlin, when clocks go back from three to two: 02:30 is shown twice, and the shift ends at the second."""
    berlin = ZoneInfo("Europe/Berlin")
    night = Calendar(name="night", time_zone="Europe/Berlin", weekly=(parse_spans("22:00-02:30"),) * 7)
    found = opening(night, datetime(2026, 10, 25, 2, 45, tzinfo=berlin))
    assert (found.state, found.until) == ("open", datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=berlin))
    after = opening(night, datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=berlin))
    assert after.next_opening == datetime(2026, 10, 25, 22, 0, tzinfo=berlin)


def moments(slow: Slow) -> list[datetime]:
    """Just before, at and just after each opening and closing, each clock change, and every 97 minutes besides."""
    odd = {
        edge + shift
        for edge in slow.edges()
        for shift in (-MINUTE, timedelta(seconds=-1), timedelta(0), timedelta(seconds=59), MINUTE)
    }
    odd |= {slow.first + index * timedelta(minutes=97) for index in range(slow.minutes // 97)}
    for since, until in slow.emergencies:
        odd |= {since - MINUTE, since, until - MINUTE, until}
    return sorted(moment for moment in odd if slow.first + timedelta(hours=1) <= moment < slow.last - timedelta(days=1))


def closures(slow: Slow) -> list[Closure]:
    return [Closure("support", {"en": "a fire drill"}, since, until) for since, until in slow.emergencies]


def fast(country: str, slow: Slow) -> Calendar:
    days = {day: Day(parse_spans(", ".join(hours) or "closed")) for day, hours in slow.special.items()}
    return calendar(time_zone=slow.zone, weekly=weekly(slow.week), holidays=country, days=days)


@pytest.mark.parametrize("name", CASES)
def test_every_odd_moment_agrees_with_the_slow_computation(name: str) -> None:
    country, slow = CASES[name]
    quick, closed = fast(country, slow), closures(slow)
    asked = 0
    for moment in moments(slow):
        try:
            following = slow.next_opening(moment)
        except IndexError:
            continue  # beyond the window of the slow one
        answer = opening(quick, moment, closed)
        assert answer.state == slow.state(moment), moment
        assert is_open(quick, moment, closed) == (answer.state == "open"), moment
        # PEP 495: a repeated hour is equal to nothing in another zone, so all is compared in UTC.
        assert (answer.until and answer.until.astimezone(UTC)) == slow.until(moment), moment
        assert answer.next_opening is not None
        assert answer.next_opening.astimezone(UTC) == following, moment
        asked += 1
    assert asked >= 30


def test_at_least_three_hundred_edges_are_asked() -> None:
    assert sum(len(slow.edges()) for _, slow in CASES.values()) >= 300


# --- rules, one by one ---------------------------------------------------------------------------------------

FIRE = {"zh": "消防演习", "en": "a fire drill"}
RULES = [
    # moment in Shanghai, state, rule, next opening
    ("2026-11-23 08:59", "closed", "week", "2026-11-23 09:00"),
    ("2026-11-23 09:00", "open", "week", "2026-11-24 09:00"),
    ("2026-11-23 18:00", "closed", "week", "2026-11-24 09:00"),
    ("2026-11-20 17:59", "open", "week", "2026-11-23 09:00"),
    ("2026-10-01 10:00", "holiday", "public-holiday", "2026-10-08 09:00"),
    ("2026-10-04 10:00", "holiday", "public-holiday", "2026-10-08 09:00"),  # the Sunday within the week off
    ("2026-09-30 18:00", "closed", "week", "2026-10-08 09:00"),
    ("2026-10-10 10:00", "open", "worked-weekend", "2026-10-12 09:00"),  # a Saturday that is worked
    ("2026-10-10 08:00", "closed", "worked-weekend", "2026-10-10 09:00"),
    ("2026-02-14 17:59", "open", "worked-weekend", "2026-02-24 09:00"),  # the last one before the festival
    ("2025-12-31 18:00", "closed", "week", "2026-01-04 09:00"),  # over new year, to a worked Sunday
]


@pytest.mark.parametrize(("moment", "state", "rule", "following"), RULES)
def test_rule(moment: str, state: str, rule: str, following: str) -> None:
    answer = opening(calendar(), at(moment))
    assert (answer.state, answer.because.rule, answer.next_opening) == (state, rule, at(following))


def ask(moment: str, *closed: Closure, **fields: object) -> Opening:
    return opening(calendar(**fields), at(moment), closed)


def test_a_holiday_is_named_in_both_languages_without_the_remarks_of_a_list() -> None:
    exchanged = ask("2026-10-06 10:00")  # listed as 休息日（由 2026-09-20 调休）
    assert (exchanged.because.names["zh"], exchanged.because.names["en"]) == ("国庆节", "National Day")
    assert ask("2026-02-18 10:00").because.names["zh"] == "春节"
    july = opening(calendar(holidays="US"), at("2021-07-05 10:00", "America/New_York"))
    assert july.because.names["en"] == "Independence Day"


def test_a_day_of_our_own_beats_the_public_holiday() -> None:
    days = {date(2026, 10, 1): Day(parse_spans("10:00-16:00"), {"en": "birthday"})}
    assert ask("2026-10-01 15:59", days=days).state == "open"
    assert ask("2026-10-01 16:00", days=days).state == "closed"


def test_a_closed_day_of_our_own_is_a_holiday_with_its_name() -> None:
    days = {date(2026, 11, 24): Day(name={"zh": "公司年会", "en": "company meeting"})}
    answer = ask("2026-11-24 10:00", days=days)
    assert (answer.state, answer.because.rule, answer.because.names["zh"]) == ("holiday", "day", "公司年会")
    assert answer.next_opening == at("2026-11-25 09:00")


def test_a_worked_weekend_has_hours_of_its_own_where_they_are_given() -> None:
    hours = parse_spans("10:00-12:00")
    assert ask("2026-10-10 09:59", worked_weekend_hours=hours).next_opening == at("2026-10-10 10:00")
    assert ask("2026-10-10 12:00", worked_weekend_hours=hours).state == "closed"
    assert ask("2026-10-10 10:00", worked_weekend_hours=()).state == "closed"


def test_worked_weekends_are_weekends_where_working_days_are_off() -> None:
    assert ask("2026-10-10 10:00", working_days=False).state == "closed"
    assert ask("2026-10-07 10:00", working_days=False).state == "holiday"  # the day off is given all the same


def test_a_span_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    nights = weekly(ALL_NIGHT)
    into = ask("2026-10-01 01:59", weekly=nights)
    assert (into.state, into.because.rule, into.until) == ("open", "week", at("2026-10-01 02:00"))
    assert ask("2026-10-01 02:00", weekly=nights).state == "holiday"
    after = ask("2026-10-08 01:00", weekly=nights)  # the night of the 7th, a holiday, never began
    assert (after.state, after.next_opening) == ("closed", at("2026-10-08 22:00"))


def test_an_emergency_beats_everything_and_the_next_opening_comes_after_it() -> None:
    fire = Closure("all", FIRE, at("2026-09-30 10:00"), at("2026-10-09 12:15"))
    for moment in ("2026-09-30 10:00", "2026-10-01 10:00", "2026-10-09 12:14"):
        answer = ask(moment, fire)
        assert (answer.state, answer.because.names, answer.until) == ("emergency", FIRE, None)
        assert answer.next_opening == at("2026-10-09 12:15")
    assert ask("2026-10-09 12:15", fire).state == "open"


def test_an_emergency_without_an_end_has_no_next_opening() -> None:
    assert ask("2026-11-23 10:00", Closure("support", FIRE, at("2026-11-23 09:30"))).next_opening is None


def test_an_emergency_that_is_to_come_ends_the_open_period() -> None:
    answer = ask("2026-11-23 10:00", Closure("support", FIRE, at("2026-11-23 11:30")))
    assert (answer.state, answer.until, answer.next_opening) == ("open", at("2026-11-23 11:30"), None)


def test_an_emergency_of_another_calendar_changes_nothing() -> None:
    assert ask("2026-11-23 10:00", Closure("sales", FIRE, at("2026-11-23 09:30"))).state == "open"


def test_a_line_open_day_and_night_ends_never() -> None:
    always = weekly({day: ["00:00-24:00"] for day in WEEKDAYS})
    answer = ask("2026-11-23 10:00", weekly=always, holidays="")
    assert (answer.state, answer.until, answer.next_opening) == ("open", None, None)


def test_a_line_that_never_opens_has_no_next_opening() -> None:
    answer = ask("2026-11-23 10:00", weekly=((),) * 7)
    assert (answer.state, answer.next_opening) == ("closed", None)


def test_open_stretches_that_touch_are_one() -> None:
    week = weekly({"mon": ["09:00-24:00"], "tue": ["00:00-06:00", "06:00-07:00"]})
    assert ask("2026-11-23 10:00", weekly=week).until == at("2026-11-24 07:00")
    new_year = weekly({day: ["20:00-04:00"] for day in WEEKDAYS})
    answer = opening(calendar(weekly=new_year, time_zone="UTC", holidays=""), utc("2026-12-31T23:00"))
    assert answer.until == utc("2027-01-01T04:00")


def test_a_year_without_data_follows_unknown() -> None:
    assert ask("2101-01-03 10:00").state == "open"
    closed = ask("2101-01-03 10:00", unknown="closed")
    assert (closed.state, closed.because.rule) == ("closed", "unknown")


def test_all_moments_of_an_answer_are_local() -> None:
    answer = opening(calendar(), datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert answer.at.isoformat() == "2026-11-22T20:00:00+08:00"
    assert answer.next_opening is not None
    assert answer.next_opening.isoformat() == "2026-11-23T09:00:00+08:00"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        opening(calendar(), datetime(2026, 11, 22, 12))  # noqa: DTZ001


# --- holidays and what is missing ----------------------------------------------------------------------------


def test_chinas_list_is_that_of_the_notices() -> None:
    for year in (2025, 2026):
        table = holidays_of("CN", year)
        assert set(table.off) == {day for day in CHINA_OFF if day.year == year}
        assert table.worked == {day for day in CHINA_WORKED if day.year == year}


def test_every_day_of_chinas_list_has_a_name_in_chinese_and_english() -> None:
    for year in range(2004, 2031):
        for day, names in holidays_of("CN", year).off.items():
            assert names.get("zh"), day
            assert names.get("en"), day
            assert "调休" not in names["zh"] + names["en"], day


def test_a_working_day_moved_across_new_year_is_known() -> None:
    assert date(2005, 12, 31) in holidays_of("CN", 2005).worked


def test_regions_have_their_own_holidays() -> None:
    corpus_christi = date(2026, 6, 4)
    assert corpus_christi in holidays_of("DE-BY", 2026).off
    assert corpus_christi not in holidays_of("DE", 2026).off


def test_no_warning_for_a_year_that_is_published() -> None:
    assert calendar_warnings(calendar(), date(2026, 9, 30)) == []


@pytest.mark.parametrize(
    ("fields", "today", "words"),
    [
        ({}, date(2060, 3, 1), "no official holiday list of CN for 2060"),
        ({}, date(2059, 10, 1), "no official holiday list of CN for 2060"),
        ({}, date(2150, 3, 1), "no public holidays of CN for 2150"),
    ],
)
def test_a_missing_list_is_warned_of(fields: dict[str, object], today: date, words: str) -> None:
    assert any(words in warning for warning in calendar_warnings(calendar(**fields), today))


@pytest.mark.parametrize(
    "fields", [{"by_hand": frozenset({2060})}, {"working_days": False}, {"holidays": ""}, {"holidays": "US"}]
)
def test_nothing_is_missing_where_no_list_is_awaited(fields: dict[str, object]) -> None:
    assert calendar_warnings(calendar(**fields), date(2060, 3, 1)) == []


@pytest.mark.parametrize(
    ("country", "words"),
    [
        ("China", 'did you mean "CN"'),
        ("cn", 'did you mean "CN"'),
        ("XX", "two capital letters"),
        ("DE-XX", "not a region"),
    ],
)
def test_a_wrong_country_is_told_with_a_repair(country: str, words: str) -> None:
    assert words in country_problem(country)


# --- how hours are written -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("09:00-18:00", (Span(540, 1080),)),
        ("9:00 – 12:00, 13:30-24:00", (Span(540, 720), Span(810, 1440))),
        ("22:00-02:00", (Span(1320, 1560),)),
        ("18:00-00:00", (Span(1080, 1440),)),
        ("00:00-24:00", (Span(0, 1440),)),
        ("closed", ()),
    ],
)
def test_hours_are_read(text: str, spans: tuple[Span, ...]) -> None:
    assert parse_spans(text) == spans


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9-18", "is not a span of hours such as 09:00-18:00"),
        ("09:00", "is not a span of hours"),
        ("09:60-18:00", "is not a time of day"),
        ("24:00-25:00", "is not a time of day"),
        ("18:00-17:00", "ends before it begins"),
        ("09:00-09:00", "is no time at all"),
        ("09:00-12:00, 11:59-18:00", "09:00-12:00 and 11:59-18:00 overlap"),
    ],
)
def test_wrong_hours_are_told(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_spans(text)


def test_hours_are_written_as_they_were_read() -> None:
    for text in ("09:00-18:00", "22:00-02:00", "00:00-24:00"):
        assert str(parse_spans(text)[0]) == text
