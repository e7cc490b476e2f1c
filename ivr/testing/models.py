"""What is explored of a configuration: its flows with everything around them; and two versions compared."""

import dataclasses
from datetime import datetime

from ivr.app.demo import demo_of
from ivr.app.edition import edition_of
from ivr.call.machine import FlowMachine
from ivr.config import Config
from ivr.flow.model import FlowSet
from ivr.hotline.handlers import load_handlers, specs_of
from ivr.testing.diff import Difference, compare
from ivr.testing.explorer.conditions import conditions
from ivr.testing.explorer.search import Model, search


def model_of(config: Config, flows: FlowSet, start: datetime | None = None) -> Model:
    """The model of these flows. From `start` (aware) on calendars are searched; by default Monday, 2026-11-23, 9:00."""
    edition = edition_of(config, flows, FlowMachine(flows))
    begin = start or datetime(2026, 11, 23, 9, 0, tzinfo=edition.time_zone)
    handlers = load_handlers(config.hotline.handlers, config.folder)
    return Model.of(edition, specs_of(handlers), conditions(edition, begin), demo_of(config))


def lane_of(flows: FlowSet) -> str:
    """The flow that is taken for the security lane, the first urgent one; "" if there is none."""
    return next((name for name, flow in flows.flows.items() if flow.urgent), "")


def differences(config: Config, old: FlowSet, new: FlowSet, start: datetime | None = None) -> list[Difference]:
    """What callers notice when `new` takes the place of `old`, under the conditions of either."""
    before, after = model_of(config, old, start), model_of(config, new, start)
    both = tuple({each.name: each for each in (*after.conditions, *before.conditions)}.values())
    return compare(*(search(dataclasses.replace(each, conditions=both)) for each in (before, after)))
