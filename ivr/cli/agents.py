"""The commands about who logs in to the console, and who may try again: `ivr agents`, `ivr unlock`."""

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr.cli.options import config_option, configuration, now, opened, stop
from ivr.config import Config
from ivr.flow.issues import did_you_mean
from ivr.hotline.identity import unlock as unlock_account
from ivr.store import Store

BY = "command line"


@click.command()
@click.argument("action", type=click.Choice(["list", "password", "remove"]), default="list")
@click.argument("name", required=False)
@config_option
def agents(action: str, name: str | None, config_path: Path) -> None:
    """Say who may log in to the console and who is there; set the password of NAME, or take it away.

    The password is asked for twice and not shown. Without a terminal it is one line of standard input; it is never an
    argument, which everybody on the machine could read.
    """
    config = configuration(config_path)
    if action != "list":
        _must_be_known(action, name, config)
    with opened(config) as store:
        if action == "list":
            click.echo("\n".join(_listed(store, config)))
        elif action == "remove":
            _remove(str(name), store)
        else:
            _set_password(str(name), store)


@click.command()
@click.argument("who", metavar="ACCOUNT")
@config_option
def unlock(who: str, config_path: Path) -> None:
    """Forget the wrong codes and PINs that were counted against ACCOUNT, or the wrong logins at an agent's name."""
    config = configuration(config_path)
    with opened(config) as store:
        forgotten = store.logins.unlock(who) if who in config.agents else unlock_account(store, who)
        if not forgotten:
            known = did_you_mean(who, config.agents) if who not in config.agents else ""
            stop(f'nothing was counted against "{who}"{known}')
        store.audit_log.add(BY, "unlock", who if who in config.agents else "account", now())
    click.echo(f"{who} may try again")


def _listed(store: Store, config: Config) -> Iterator[str]:
    if not config.agents:
        yield "there are no agents; write them under agents in the configuration"
    moment, zone = now(), ZoneInfo(config.hotline.time_zone)
    have, seen = store.logins.all(), _seen(store, config, moment)
    width = max(map(len, config.agents), default=0) + 2
    presences = store.talks.presences()
    for name, agent in config.agents.items():
        may = "password set" if name in have else "no password "
        chosen = presences[name].presence if name in presences else "off"
        there = f", in the console, last active {_local(seen[name], moment, zone)}" if name in seen else ""
        queues = "all queues" if "supervisor" in agent.role else " ".join(agent.queues)
        role = " ".join(agent.role)
        yield f"{name:<{width}}{role:<11}{may}  {chosen}{there}  ({queues})"
    for name in have.keys() - config.agents.keys():
        yield f'{name}: not under agents, so the password is of no use; "ivr agents remove {name}" deletes it'


def _local(moment: datetime, today: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == today.astimezone(zone).date() else f"{local:%Y-%m-%d %H:%M}"


def _seen(store: Store, config: Config, moment: datetime) -> dict[str, datetime]:
    idle, longest = (timedelta(seconds=seconds) for seconds in (config.console.idle, config.console.longest))
    return {visit.agent: visit.seen_at for visit in reversed(store.login_sessions.active(moment, idle, longest))}


def _set_password(name: str, store: Store) -> None:
    from ivr.store.logins import LONGEST, SHORTEST, flaw

    flaws = {
        "short": f"it has fewer than {SHORTEST} characters",
        "long": f"it has more than {LONGEST} characters",
        "name": "it is the name",
        "same": "it has fewer than four different characters",
    }
    password = _asked(name)
    why = flaw(password, name)
    if why:
        stop(f"this password will not do: {flaws[why]}; nothing was changed")
    store.logins.set_password(name, password, now())
    store.audit_log.add(BY, "password", name, now())
    click.echo(f"{name} logs in with the new password; everywhere else {name} was logged out")


def _asked(name: str) -> str:
    """The password: twice from a terminal, unseen, or one line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = click.prompt(f"New password of {name}", hide_input=True, confirmation_prompt="Once more", err=True)
    return answer


def _remove(name: str, store: Store) -> None:
    if not store.logins.take_away(name):
        stop(f"{name} has no password")
    store.audit_log.add(BY, "password taken away", name, now())
    click.echo(f"{name} cannot log in any more, and was logged out")


def _must_be_known(action: str, name: str | None, config: Config) -> None:
    if not name:
        stop(f'name the agent: "ivr agents {action} NAME"; "ivr agents" lists them')
    if action == "password" and name not in config.agents:
        known = did_you_mean(name, config.agents) or "; write the agent under agents in the configuration first"
        stop(f'there is no agent "{name}"{known}')
