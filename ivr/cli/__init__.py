"""The commands of `ivr`, and nothing else. A command's module is imported when it is called, so that help is quick."""

import gc
import importlib
import os
from collections.abc import Mapping
from typing import Any, NoReturn

import click

COMMAND_GROUPS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Write": {
        "new": ("ivr.cli.new", "Write a small hotline to begin with into a folder."),
        "studio": ("ivr.cli.pages", "Edit the flows on a page: text, map and phone side by side."),
        "check": ("ivr.cli.check", "Check flows and configuration."),
        "language": ("ivr.cli.texts", "Speak another language: a file of words for a translator."),
        "texts": ("ivr.cli.texts", "Give the texts to a translator, and take them back."),
        "voices": ("ivr.cli.voices", "Say which voices there are and what is recorded; read sentences to files."),
        "schema": ("ivr.cli.check", "Print the JSON Schema of flows or configuration, for editors."),
        "picture": ("ivr.cli.check", "Draw the flows: a page with every word, or a picture of one."),
    },
    "Try": {
        "call": ("ivr.cli.call", "Dial the hotline: by hand, or by a script of keys."),
        "phone": ("ivr.cli.pages", "Dial the hotline on a page, and answer as its agents."),
        "hear": ("ivr.cli.hear", "Say what the hotline understands when a caller says something, and why."),
        "demo": ("ivr.cli.demo", "Whom to call as, and what is worth trying."),
        "hours": ("ivr.cli.switches", "Ask a calendar: open or closed, why, and until when."),
        "dial": ("ivr.cli.dial", "Dial anybody's voice app, as Twilio would call it."),
        "network": ("ivr.cli.network", "Run an emulated telephone network for voice apps under development."),
    },
    "Test": {
        "replay": ("ivr.cli.replay", "Play call scripts, and say which calls go wrong."),
        "explore": ("ivr.cli.explore", "Walk every place a call can come to; prove or refute what callers are owed."),
        "coverage": ("ivr.cli.explore", "Say which parts of the flows a set of calls has taken."),
        "diff": ("ivr.cli.explore", "Compare two versions of the flows in a caller's words."),
    },
    "Run": {
        "doctor": ("ivr.cli.doctor", "Say what is set up and what is not, and what to enter at Twilio."),
        "serve": ("ivr.cli.serve", "Answer calls: the production server."),
        "reload": ("ivr.cli.reload", "Have the server take new code, configuration, handlers and tokens."),
        "console": ("ivr.cli.console", "Serve the pages of agents and supervisors."),
        "agents": ("ivr.cli.agents", "Say who may log in to the console and who is there; set passwords."),
        "publish": ("ivr.cli.publish", "Publish the flows of the folder, at once or at a time."),
        "editions": ("ivr.cli.publish", "List the published editions, or show one."),
        "rollback": ("ivr.cli.publish", "Publish an older edition again."),
        "notice": ("ivr.cli.switches", "Switch a notice on or off, while calls run."),
        "close": ("ivr.cli.switches", "Close a calendar at once, whatever its hours."),
        "open": ("ivr.cli.switches", "End an emergency closing."),
        "unlock": ("ivr.cli.agents", "Let an account or an agent try again at once."),
        "erase": ("ivr.cli.records", "Erase everything about a phone number or an account."),
    },
    "Look": {
        "show": ("ivr.cli.records", "Show the record of a call, or list the latest calls."),
        "tickets": ("ivr.cli.records", "List tickets, or export them as CSV."),
        "simulate": ("ivr.cli.simulate", "Simulate a day in advance: waits, and how many agents are needed."),
        "report": ("ivr.cli.report", "Say what happened, per day, step, queue, topic or agent."),
    },
}
"""Every command in the group under which help lists it: the module it stands in, and what it is for."""

COMMANDS: Mapping[str, tuple[str, str]] = {
    name: entry for group in COMMAND_GROUPS.values() for name, entry in group.items()
}

COMMAND_NAMES = {"open": "open_"}


class Commands(click.Group):
    """A group whose commands are imported one by one, and whose mistakes are told in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        gc.set_threshold(200_000, 30, 30)  # as mypy does: a start makes many objects and little garbage
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), COMMAND_NAMES.get(cmd_name, cmd_name))
        assert isinstance(command, click.Command)  # noqa: S101 - a test walks them all
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from ivr.flow.issues import did_you_mean

            raise click.UsageError(f'there is no command "{args[0]}"{did_you_mean(args[0], COMMANDS)}', ctx)
        return super().resolve_command(ctx, args)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as mistake:
            _in_one_line(mistake, "ivr")

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as mistake:
            _in_one_line(mistake, f"ivr {ctx.invoked_subcommand}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group, commands in COMMAND_GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(max(map(len, COMMANDS))), doc) for name, (_, doc) in commands.items()])


class Mistake(click.ClickException):
    """A command that was given wrongly: one line, exit status 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def _in_one_line(mistake: click.UsageError, given: str) -> NoReturn:
    """`given` is the command that was given, where the mistake does not know it."""
    if type(mistake).__name__ == "NoArgsIsHelpError":  # from click 8.2 on
        raise mistake
    command = mistake.ctx.command_path if mistake.ctx else given
    said = mistake.format_message().rstrip(".").replace("\n", " ")
    more = "" if said.endswith("?") else f'; see "{command} --help"'
    raise Mistake(f"{command}: {said[:1].lower()}{said[1:]}{more}") from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ivr-hotline")
def main() -> None:
    """A phone hotline written as YAML: dial it on your own machine, put it on Twilio unchanged."""
    os.umask(0o027)  # files that commands write (the store, transcripts) are private
