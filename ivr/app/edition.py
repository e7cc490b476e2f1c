"""An edition as the configuration wants it: the same for production, the explorer, the phone and the tests."""

from zoneinfo import ZoneInfo

from ivr.call.machine import FlowMachine
from ivr.call.turn import Edition, Limits
from ivr.call.values import Value
from ivr.config import Config
from ivr.flow.media import unplayable
from ivr.flow.model import FlowSet
from ivr.hotline.learnt_files import learnt
from ivr.hotline.numbers import textable


def edition_of(config: Config, flows: FlowSet, machine: FlowMachine) -> Edition:
    limits = config.limits
    return Edition(
        flows,
        machine,
        calendars=config.calendars,
        policies=config.policies,
        queue_calendars=config.queue_calendars,
        ticket_calendar=config.calendars.get(config.tickets.calendar),
        limits=Limits(limits.steps_per_turn, limits.turns_per_call, limits.minutes_per_call, limits.seconds_of_silence),
        time_zone=ZoneInfo(config.hotline.time_zone),
        facts={"recordings_kept": Value("duration", str(config.keep.recording_days * 86400))},
        region=config.hotline.country,
        text_message=config.text_message,
        playable=lambda address: not unplayable(address, config.folder),
        textable=lambda number: textable(number, config.numbers.allowed),
        learn=learnt,
    )
