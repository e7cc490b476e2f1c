"""What `from ivr.network import …` gives."""

from ivr.network.line.documents import Webhook
from ivr.network.line.failures import UnexpectedError
from ivr.network.line.handset import Call, CallIsOver, NotHeard, Person
from ivr.network.line.leg import Conference, Leg, Participant
from ivr.network.line.lines import App, Line
from ivr.network.line.listening import Listening
from ivr.network.line.machine_detection import MachineDetection
from ivr.network.line.queues import Member, Queue
from ivr.network.line.records import Message, Recording, RecordingCallback, RecordingSettings
from ivr.network.line.restless import CallerLost, CallerStep, restless_callers
from ivr.network.line.transcript import Entry, clock_text, entry_text, format_entry
from ivr.network.network import Network
from ivr.network.rest_api.app import rest
from ivr.network.server import Server
from ivr.network.wire.carrier import Exchange
from ivr.network.wire.clock import Clock, RealClock, Timer, VirtualClock
from ivr.network.wire.debugger import Debugger, LogEntry
from ivr.network.wire.geography import Place
from ivr.network.wire.options import Options, read_options

__all__ = [
    "App",
    "Call",
    "CallIsOver",
    "CallerLost",
    "CallerStep",
    "Clock",
    "Conference",
    "Debugger",
    "Entry",
    "Exchange",
    "Leg",
    "Line",
    "Listening",
    "LogEntry",
    "MachineDetection",
    "Member",
    "Message",
    "Network",
    "NotHeard",
    "Options",
    "Participant",
    "Person",
    "Place",
    "Queue",
    "RealClock",
    "Recording",
    "RecordingCallback",
    "RecordingSettings",
    "Server",
    "Timer",
    "UnexpectedError",
    "VirtualClock",
    "Webhook",
    "clock_text",
    "entry_text",
    "format_entry",
    "read_options",
    "rest",
    "restless_callers",
]
