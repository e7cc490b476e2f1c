"""The command that lists whom to call as: `ivr demo`. The people are those of the back office's demo."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from ivr.app.demo import demo_callers, demo_of
from ivr.cli.options import config_option, configuration, now, stop, usable
from ivr.hotline.demo import Demo, DemoCall, DemoCaller

FEW = 1
"""How many commands are shown of each person, where not all are asked for."""
FIRST_FEW = 6
"""The same for the people who have everything."""


def arguments(call: DemoCall) -> tuple[str, ...]:
    from_ = ("--from", call.from_) if call.from_ else ()
    at = ("--at", call.at) if call.at else ()
    return ("call", *from_, *at, "--keys", call.keys)


def command(call: DemoCall) -> str:
    """The command that makes this call, for a shell, and what comes of it."""
    return " ".join(["ivr", *(_quoted(argument) for argument in arguments(call))]) + f"  # {call.told}"


def _quoted(argument: str) -> str:
    """For a shell; keys in double quotes, as words in them stand in single ones."""
    return f'"{argument}"' if " " in argument or "#" in argument else shlex.quote(argument)


@click.command()
@click.argument("account", required=False)
@config_option
def demo(account: str | None, config_path: Path) -> None:
    """List the made-up people to call as, and what is worth trying. With ACCOUNT, all about one.

    They are the demo of the back office that the configuration names.
    """
    config = configuration(config_path)
    if config.has_real_back_office:
        stop("back_office.url names a real back office, and the people of the demonstration are not in it")
    with usable(config):
        found = demo_of(config)
    if found is None:
        numbers = " or ".join(caller.phone for caller in demo_callers(config, now()))
        click.echo(
            f"Nobody is known to this hotline: it has no back office. Call as anybody, such as {numbers} "
            '("ivr call --from"); made-up agents answer for queues that have none.'
        )
        return
    people = found.callers(now())
    if account is not None:
        one = next((person for person in people if account in (person.account, person.phone)), None)
        if one is None:
            stop(f'nobody has the account "{account}"; "ivr demo" lists everybody')
        click.echo("\n".join(_person(found, one, len(one.tries) + 1)))
        return
    click.echo(
        "Call as one of these people. {code} stands for the code that is texted in the call; at a terminal, leave out\n"
        "--keys and press the keys yourself. Instead of the code, *# and then the PIN and # will do. An account is\n"
        "texted few codes an hour; --fresh forgets the calls before."
        + (" The keys are those of the hotline that ships.\n" if found.more_calls else "\n")
    )
    for number, person in enumerate(people):
        click.echo("\n".join(_person(found, person, FIRST_FEW if number < 2 else FEW)))
    if asked_after := found.reference_calls(now()):
        click.echo("\nCases to ask after, by anybody:")
        for each in asked_after:
            click.echo(f"    {command(each)}")
    if found.more_calls:
        click.echo("\nWorth trying besides:")
        for each in found.more_calls:
            click.echo(f"    {command(each)}")
    click.echo('\n"ivr demo ACCOUNT" lists everything about one person.')


def _person(found: Demo, caller: DemoCaller, most: int) -> Iterator[str]:
    names = " ".join(caller.names.values())
    secrets = "".join(f"  {secret.label['en']} {secret.shown}" for secret in caller.secrets)
    yield f"{caller.phone}  {names}  account {caller.account}  PIN {caller.pin}{secrets}"
    if caller.situation:
        yield f"    {' · '.join(caller.situation.values())}"
    for each in found.calls(caller)[:most]:
        yield f"    {command(each)}"
