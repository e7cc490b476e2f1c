"""Puts a hotline together from its configuration: the one place that knows every room.

`house` is the hotline that answers calls, `people` who stands behind it, `pages` the console on top of it.
"""

from ivr.app.agents import agents_of
from ivr.app.build import LAST_RESORT, House, Surroundings, assemble, handlers_of, meter_of, real_clock
from ivr.app.console import console_of

__all__ = [
    "LAST_RESORT", "House", "Surroundings", "agents_of", "assemble", "console_of", "handlers_of", "meter_of",
    "real_clock",
]  # fmt: skip
