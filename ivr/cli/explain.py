"""What a rule is about, with its example: the wrong lines, what `ivr check` answers, the mended lines."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

import click

from ivr.cli.options import stop
from ivr.flow.examples import load_example, load_texts
from ivr.flow.issues import did_you_mean


@cache
def rules_by_package() -> Mapping[str, Mapping[str, str]]:
    """Every rule by the package whose `examples` folder holds its example: what it is about, in plain text."""
    return {
        package: load_texts(files(package) / "rules.yaml")
        for package in ("ivr.flow.reading", "ivr.flow.checks", "ivr.config", "ivr.voices")
    }


def explain_rule(rule: str) -> None:
    known = {name for rules in rules_by_package().values() for name in rules}
    if rule not in known:
        stop(f'there is no rule "{rule}"{did_you_mean(rule, known)}')
    click.echo("\n".join((rule, *_explanations(rule))))


def _explanations(rule: str) -> Iterator[str]:
    """One explanation, or several where flows and `config.yaml` have a rule of the same name."""
    for package, rules in rules_by_package().items():
        if rule not in rules:
            continue
        yield f"\n{rules[rule]}"
        if example := load_example(files(package) / "examples", rule):
            yield f"\nWrong:\n{example.answer}\nMended:"
            yield from example.repairs or ("(the lines are left out)",)
