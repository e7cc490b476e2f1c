"""The calls worth making as the people of the demo wallet: which keys of the shipped flows lead where.

A test dials them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from ivr.hotline.demo import DemoCall, DemoCaller, Try
from ivr.wallet.demo import demo_cases

LANGUAGE_KEYS = {"zh": "1", "en": "2"}
SHOWCASE = DemoCall("1 3 2 1 62220001# {code}# 2 5", "退款", "+8613800138000", "2026-11-23 10:00")
"""A customer asks after a refund, in Chinese, on a Monday morning."""

ID = "{account}# {{code}}#"
"""Identification by a texted code, in the routes."""

LATEST: Mapping[str, str] = {
    "failed_payment": f"2 1 1 {ID}",
    "balance": f"2 3 {ID}",
    "incoming": f"2 4 1 {ID}",
    "transfer_error": "2 4 4 {error}#",
    "withdrawal_failure": f"3 1 1 {ID}",
    "refund": f"3 2 1 {ID}",
    "locked_account": f"1 1 {ID}",
    "unlock": f"1 1 {ID} 1",
    "login": f"1 2 {ID}",
    "reset_link": f"1 2 {ID} 1",
    "lost_phone": f"1 3 3 {ID}",
    "sign_out": f"1 3 2 {ID}",
    "my_limits": f"4 2 3 {ID} 2",
    "freeze": "9 1 {account}# {tail}",
    "recent_payment": f"9 1 {{account}}# {{tail}} {ID}",
    "report_payment": f"9 1 {{account}}# {{tail}} {ID} 2",
}
"""The keys after the language that lead to a handler of the shipped flows."""

BY_REFERENCE: Mapping[str, str] = {
    "failed_payment": f"2 1 2 {ID} {{reference}}#",
    "withdrawal_failure": f"3 1 2 {ID} {{reference}}#",
    "refund": f"3 2 2 {ID} {{reference}}#",
    "repayment": f"2 2 4 {ID} {{reference}}#",
    "incoming": f"2 4 2 {ID} {{reference}}#",
}
BILLS: Mapping[str, str] = {"card": f"2 2 1 {ID}", "loan": f"2 2 2 {ID}", "utility": f"2 2 3 {ID}"}
NOWHERE: frozenset[tuple[str, str]] = frozenset(
    {("unlock", "refused"), ("reset_link", "locked"), ("claim", "none"), ("recent_payment", "no_more")}
)
"""What the wallet would answer, but no keys lead to: the flows look before they ask, or it takes several steps."""


def _call(caller: DemoCaller, attempt: Try) -> DemoCall | None:
    """The call that comes to this, or None where no keys of the shipped flows lead there."""
    if (attempt.handler, attempt.outcome) in NOWHERE:
        return None
    given = attempt.given
    if attempt.handler == "reset_link" and given.get("channel") == "email":
        route = f"1 2 {ID} 2"
    elif attempt.handler == "repayment" and "bill" in given:
        route = BILLS[given["bill"]]
    elif "reference" in given and attempt.handler in BY_REFERENCE:
        route = BY_REFERENCE[attempt.handler]
    else:
        route = LATEST.get(attempt.handler, "")
    if not route or (attempt.handler == "reset_link" and _cannot_sign_in(caller)):
        return None
    values = {**caller.knows, **given}
    told = f"{attempt.handler.replace('_', ' ')}: {attempt.outcome.replace('_', ' ')}"
    keys = f"{LANGUAGE_KEYS.get(caller.language, '1')} {route.format_map(values)}"
    return DemoCall(keys, told, caller.phone, handler=attempt.handler, outcome=attempt.outcome)


def _cannot_sign_in(caller: DemoCaller) -> bool:
    """Whoever is locked out is not offered a link: that comes first."""
    return any(attempt.handler == "locked_account" and attempt.outcome != "not_locked" for attempt in caller.tries)


def calls(caller: DemoCaller) -> tuple[DemoCall, ...]:
    """What is worth trying as this person, one of every kind first."""
    found = [made for attempt in caller.tries if (made := _call(caller, attempt))]
    if not found:  # nothing is known of them: asking is what is worth trying
        key = LANGUAGE_KEYS.get(caller.language, "1")
        found = [
            DemoCall(f"{key} {LATEST['refund'].format(account=caller.account)}", "ask after a refund", caller.phone)
        ]
    seen: Counter[str] = Counter()

    def variety(each: DemoCall) -> tuple[int, int]:
        seen[each.handler] += 1
        return seen[each.handler], TELLING.index(each.handler) if each.handler in TELLING else len(TELLING)

    return tuple(sorted(dict.fromkeys(found), key=variety))


TELLING = (
    "refund", "failed_payment", "withdrawal_failure", "unlock", "repayment", "lost_phone", "report_payment",
)  # fmt: skip
"""What is shown first of people with whom much can be tried: an answer of every kind before another of the same."""

MORE_CALLS = (
    DemoCall("1 '我的退款什么时候到'", "说出来，不按键", "+8613800138000"),
    DemoCall("2 'somebody stole my money'", "speak instead of pressing", "+447700900002"),
    DemoCall("2 'can I speak to an agent' 0#", "ask for a person", "+447700900002", at="2026-11-23 10:00"),
    DemoCall("- - -", "什么都不按，转人工", "+8613800138000", at="2026-11-23 10:00"),
    DemoCall("2 0 0#", "a person, who hears who is calling first", "+447700900002", at="2026-11-23 10:00"),
    DemoCall("2 0 1 2", "after hours: a call back", "+447700900002", at="2026-11-22 10:00"),
    DemoCall("1 0 1 2", "国庆节：预约回电", "+8613800138000", at="2026-10-01 10:00"),
    DemoCall("1 0 0#", "调休上班的星期六：有人接听", "+8613800138000", at="2026-10-10 10:00"),
    DemoCall("9 2 2", "the security lane, in the middle of the night", "+447700900002", at="2026-11-22 03:00"),
    DemoCall("1 4 4 1 '我要投诉' 2 3", "投诉：录音和受理编号", "+8613800138000", at="2026-11-23 10:00"),
    DemoCall("2 4 3 1", "a withheld number: no text message can be sent", "anonymous"),
)


def case_calls(today: datetime) -> Sequence[DemoCall]:
    """The calls that ask after each case of the demo."""
    return [
        DemoCall(
            f"{LANGUAGE_KEYS[('zh', 'en')[number % 2]]} 4 1 {progress.reference}#",
            f"case {progress.reference}: {state}",
            handler="case_status",
            outcome=state,
        )
        for number, (state, progress) in enumerate(demo_cases(today).items())
    ]
