"""Translations that leave something out."""

from typing import assert_never

from ivr.call.events import Audible, CheckResult, LineWait, QueueResult, Said


def seconds(said: Audible) -> float:
    match said:
        case Said():
            return 1.0
        case _:
            assert_never(said)  # refused: arg-type


def number(result: CheckResult) -> int:
    match result:
        case "asked" | "verified" | "wrong" | "locked":
            return 1
        case _:
            assert_never(result)  # refused: arg-type


def is_a_wait_of_the_line(wait: LineWait, result: QueueResult) -> bool:
    if result == "timed-out":  # refused: comparison-overlap
        return False
    assert_never(wait)  # refused: arg-type


def number_of_all(result: CheckResult) -> int:
    match result:
        case "asked" | "verified" | "wrong" | "locked" | "unavailable":
            return 1
        case _:
            assert_never(result)
