"""Puts a hotline together from its configuration: the only place that knows every part.

`build` makes the hotline that answers calls, `agents` the people who work for it, `console` the pages on top of it.
"""

from ivr.app.agents import agents_of, targets
from ivr.app.build import LAST_RESORT, App, Environment, build_app, handlers_of, meter_of, real_clock
from ivr.app.console import console_of

__all__ = [
    "LAST_RESORT", "App", "Environment", "agents_of", "build_app", "console_of", "handlers_of", "meter_of",
    "real_clock", "targets",
]  # fmt: skip
