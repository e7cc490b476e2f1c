"""All flows on one page: the map of each, and below it every word a caller can hear, in every language side by side.

The page is one file. It needs no server and loads nothing. A support lead looks at it before and after a change, hands
it to whoever approves the wording, and prints it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files

from ivr.flow.model import Flow, FlowSet, Run
from ivr.flow.picture.cards import NOTHING, Notes
from ivr.flow.picture.drawing import Drawing, drawings
from ivr.flow.picture.svg import STYLE, inline
from ivr.flow.picture.texts import Spoken, article, defaults, link

_LANGUAGES = {"zh": "中文", "en": "English"}
"""The name of a language in that language; one that is not here is shown by its code."""


def page(flow_set: FlowSet, spoken: Spoken, notes: Notes = NOTHING, legend: str = "") -> str:
    """The text of an HTML page. `notes` colour and count as in `svg`; `legend` says in a line what that means."""
    return "".join(_page(flow_set, spoken, notes, legend))


def _page(flow_set: FlowSet, spoken: Spoken, notes: Notes, legend: str) -> Iterator[str]:
    drawn = drawings(flow_set)
    names = [flow_set.start, *(name for name in drawn if name != flow_set.start)]
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{escape(flow_set.start)}</title>\n"
    yield f"<style>{STYLE}{_static('page.css')}{_hiding(flow_set)}</style></head>\n"
    yield f'<body class="map-{flow_set.languages[0]}">\n<header><h1>{escape(flow_set.start)}</h1>\n'
    yield '<input id="search" type="search" placeholder="Search words and steps" aria-label="Search words and steps">\n'
    yield '<span role="group" aria-label="Language">'
    for code in flow_set.languages:
        yield f'<button data-language="{code}" lang="{code}" aria-pressed="false">{_LANGUAGES.get(code, code)}</button>'
    yield '<button data-language="" aria-pressed="true">side by side</button></span>\n'
    yield f'<p class="legend">{escape(legend)}</p></header>\n' if legend else "</header>\n"
    yield '<nav aria-label="Flows"><ul>\n'
    for name in names:
        yield f"<li>{link(name, name)} {_title(drawn[name].flow)}</li>\n"
    yield "</ul></nav>\n<main>\n"
    runs = _runs(flow_set)
    for name in names:
        yield from _section(flow_set, drawn[name], spoken, notes, runs.get(name, []))
    yield f'<p id="nothing" hidden>Nothing found.</p>\n<footer>{flow_set.digest[:12]}</footer></main>\n'
    yield f"<script>{_static('page.js')}</script></body></html>\n"


def _static(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text("utf-8")


def _hiding(flow_set: FlowSet) -> str:
    """A map shows one language at a time, the words one or all."""
    rules = [f".words-{code} .l:not(.l-{code})" for code in flow_set.languages]
    rules += [f".map-{code} .flow [class*=' l-']:not(.l-{code})" for code in flow_set.languages]
    return ",".join(rules) + "{display:none}\n"


def _runs(flow_set: FlowSet) -> Mapping[str, list[str]]:
    """Per flow, the steps that run it."""
    found: dict[str, list[str]] = {}
    for flow in flow_set.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Run):
                found.setdefault(step.run, []).append(f"{flow.name}.{step.name}")
    return found


def _section(flow_set: FlowSet, drawing: Drawing, spoken: Spoken, notes: Notes, runs: list[str]) -> Iterator[str]:
    flow = drawing.flow
    yield f'<section id="{escape(flow.name)}"><h2>{escape(flow.name)} {_title(flow)}</h2>\n'
    about = [escape(flow.place.file), "answers every call" if flow.name == flow_set.start else ""]
    about.append(f"run by {', '.join(link(state, state) for state in runs)}" if runs else "")
    yield f'<p class="where">{" · ".join(filter(None, about))}</p>\n'
    drawn = inline(drawing, flow_set.languages, link=lambda state: f"#{state}", notes=notes)
    yield f'<div class="map" tabindex="0" role="region" aria-label="Map of {escape(flow.name)}">{drawn}</div>\n'
    if inherited := defaults(flow, flow_set.languages):
        yield f"<details><summary>What holds in every step</summary>{inherited}</details>\n"
    for card in drawing.cards:
        yield from article(flow_set, flow, card, spoken)
    yield "</section>\n"


def _title(flow: Flow) -> str:
    sentences = flow.title.sentences if flow.title else {}
    return " ".join(
        f'<span class="l l-{code}" lang="{code}">{escape(s.source)}</span>' for code, s in sentences.items()
    )
