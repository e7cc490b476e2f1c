"""The commands of `ivr`, and nothing else. A command's module is imported when it is called, so that help is quick."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

COMMANDS: Mapping[str, tuple[str, str]] = {
    "call": ("ivr.cli.call", "Dial the hotline: by hand, or by a script of keys."),
    "demo": ("ivr.cli.desk", "Whom to call as, and what is worth trying."),
    "check": ("ivr.cli.documents", "Check flows and configuration."),
    "hours": ("ivr.cli.desk", "Ask a calendar: open or closed, why, and until when."),
    "notice": ("ivr.cli.desk", "Switch a notice on or off, while calls run."),
    "close": ("ivr.cli.desk", "Close a calendar at once, whatever its hours."),
    "open": ("ivr.cli.desk", "End an emergency closing."),
    "show": ("ivr.cli.desk", "Show the record of a call."),
    "picture": ("ivr.cli.documents", "Draw the flows as Mermaid."),
    "schema": ("ivr.cli.documents", "Print the JSON Schema of flows or configuration, for editors."),
    "serve": ("ivr.cli.serve", "Answer calls: the production server."),
    "dial": ("ivr.cli.dial", "Dial anybody's voice app, as Twilio would call it."),
}
"""Every command: the module it stands in, and what it is for."""

COMMAND_NAMES = {"open": "open_"}
"""Commands whose name is Python's own."""


class Commands(click.Group):
    """A group whose commands are imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), COMMAND_NAMES.get(cmd_name, cmd_name))
        assert isinstance(command, click.Command)  # noqa: S101 - a test walks them all
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ivr")
def main() -> None:
    """A phone hotline written as YAML: dial it on your own machine, put it on Twilio unchanged."""
