"""The command that lists whom to call as: `ivr demo`.

Knows which keys of the shipped flows lead where; a test dials them all.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from ivr.cli.options import config_option, configuration, now, stop
from ivr.wallet.demo import DemoCaller, demo_cases, demo_directory
from ivr.wallet.demo_people import Try

LANGUAGE_KEYS = {"zh": "1", "en": "2"}
FEW = 1
"""How many commands are shown of each person, where not all are asked for."""
FIRST_FEW = 6
"""The same for the people who have everything."""


@dataclass(frozen=True, slots=True)
class Command:
    """A call worth making, and what comes of it: in words, and as a handler and its outcome where one decides."""

    keys: str
    told: str
    from_: str = ""
    at: str = ""
    handler: str = ""
    outcome: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """What stands after `ivr`."""
        from_ = ("--from", self.from_) if self.from_ else ()
        at = ("--at", self.at) if self.at else ()
        return ("call", *from_, *at, "--keys", self.keys)

    def __str__(self) -> str:
        return " ".join(["ivr", *(_quoted(argument) for argument in self.arguments)]) + f"  # {self.told}"


def _quoted(argument: str) -> str:
    """For a shell; keys in double quotes, as words in them stand in single ones."""
    return f'"{argument}"' if " " in argument or "#" in argument else shlex.quote(argument)


ID = "{account}# {{code}}#"
"""Identification by a texted code, in the routes."""

LATEST: Mapping[str, str] = {
    "failed_payment": f"2 1 1 {ID}",
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
}
BILLS: Mapping[str, str] = {"card": f"2 2 1 {ID}", "loan": f"2 2 2 {ID}", "utility": f"2 2 3 {ID}"}
NOWHERE: frozenset[tuple[str, str]] = frozenset(
    {("unlock", "refused"), ("reset_link", "locked"), ("claim", "none"), ("recent_payment", "no_more")}
)
"""What the wallet would answer, but no keys lead to: the flows look before they ask, or it takes several steps."""


def command(caller: DemoCaller, attempt: Try) -> Command | None:
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
    values = {"account": caller.account, "tail": caller.card_tail, **given}
    told = f"{attempt.handler.replace('_', ' ')}: {attempt.outcome.replace('_', ' ')}"
    keys = f"{LANGUAGE_KEYS.get(caller.language, '1')} {route.format_map(values)}"
    return Command(keys, told, caller.phone, handler=attempt.handler, outcome=attempt.outcome)


def _cannot_sign_in(caller: DemoCaller) -> bool:
    """Whoever is locked out is not offered a link: that comes first."""
    return any(attempt.handler == "locked_account" and attempt.outcome != "not_locked" for attempt in caller.tries)


def commands(caller: DemoCaller) -> tuple[Command, ...]:
    """What is worth trying as this person, one of every kind first."""
    found = [made for attempt in caller.tries if (made := command(caller, attempt))]
    if not found:  # nothing is known of them: asking is what is worth trying
        key = LANGUAGE_KEYS.get(caller.language, "1")
        found = [
            Command(f"{key} {LATEST['refund'].format(account=caller.account)}", "ask after a refund", caller.phone)
        ]
    seen: Counter[str] = Counter()

    def variety(each: Command) -> tuple[int, int]:
        seen[each.handler] += 1
        return seen[each.handler], TELLING.index(each.handler) if each.handler in TELLING else len(TELLING)

    return tuple(sorted(dict.fromkeys(found), key=variety))


TELLING = (
    "refund", "failed_payment", "withdrawal_failure", "unlock", "repayment", "lost_phone", "report_payment",
)  # fmt: skip
"""What is shown first of people with whom much can be tried: an answer of every kind before another of the same."""

WORTH_TRYING = (
    Command("1 '我的退款什么时候到'", "说出来，不按键", "+8613800138000"),
    Command("2 'somebody stole my money'", "speak instead of pressing", "+447700900002"),
    Command("2 'can I speak to an agent' 0#", "ask for a person", "+447700900002", at="2026-11-23 10:00"),
    Command("- - -", "什么都不按，转人工", "+8613800138000", at="2026-11-23 10:00"),
    Command("2 0 0#", "a person, who hears who is calling first", "+447700900002", at="2026-11-23 10:00"),
    Command("2 0 1 2", "after hours: a call back", "+447700900002", at="2026-11-22 10:00"),
    Command("1 0 1 2", "国庆节：预约回电", "+8613800138000", at="2026-10-01 10:00"),
    Command("1 0 0#", "调休上班的星期六：有人接听", "+8613800138000", at="2026-10-10 10:00"),
    Command("9 2 2", "the security lane, in the middle of the night", "+447700900002", at="2026-11-22 03:00"),
    Command("1 4 4 1 '我要投诉' 2 3", "投诉：录音和受理编号", "+8613800138000", at="2026-11-23 10:00"),
    Command("2 4 3 1", "a withheld number: no text message can be sent", "anonymous"),
)


@click.command()
@click.argument("account", required=False)
@config_option
def demo(account: str | None, config_path: Path) -> None:
    """List the people of the demo wallet: whom to call as, and what is worth trying. With ACCOUNT, all about one."""
    config = configuration(config_path)
    if config.wallet.url is not None and config.wallet.url.value:
        stop("wallet.url names a real wallet, and the people of the demonstration are not in it")
    today = now()
    people = demo_directory(today)
    if account is not None:
        one = next((person for person in people if account in (person.account, person.phone)), None)
        if one is None:
            stop(f'nobody has the account "{account}"; "ivr demo" lists everybody')
        click.echo("\n".join(_person(one, len(one.tries) + 1)))
        return
    click.echo(
        "Call as one of these people. {code} stands for the code that is texted in the call; at a terminal, leave out\n"
        "--keys and press the keys yourself. Instead of the code, *# and then the PIN and # will do. An account is\n"
        "texted few codes an hour; --fresh forgets the calls before. The keys are those of the hotline that ships.\n"
    )
    for number, person in enumerate(people):
        click.echo("\n".join(_person(person, FIRST_FEW if number < 2 else FEW)))
    click.echo("\n".join(_cases(today)))
    click.echo("\nWorth trying besides:")
    for each in WORTH_TRYING:
        click.echo(f"    {each}")
    click.echo('\n"ivr demo ACCOUNT" lists everything about one person.')


def _person(caller: DemoCaller, most: int) -> Iterator[str]:
    names = " ".join(caller.names.values())
    yield f"{caller.phone}  {names}  account {caller.account}  PIN {caller.pin}  card …{caller.card_tail}"
    yield f"    {' · '.join(caller.story.values())}"
    for each in commands(caller)[:most]:
        yield f"    {each}"


def _cases(today: datetime) -> Iterator[str]:
    yield "\nCases to ask after, by anybody:"
    for number, (state, progress) in enumerate(demo_cases(today).items()):
        keys = f"{LANGUAGE_KEYS[('zh', 'en')[number % 2]]} 4 1 {progress.reference}#"
        yield f"    {Command(keys, f'case {progress.reference}: {state}', handler='case_status', outcome=state)}"
