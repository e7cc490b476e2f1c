"""An emulated telephone network that executes TwiML as Twilio does, for any voice app.

    from ivr.network import Network

    with Network() as net:
        net.number("+15005550006", "http://app.test/voice", app=wsgi_app)
        call = net.dial("+15005550006", from_="+15005550001")
        call.hears("press 1")
        call.press("1")

It knows nothing of this project: it parses TwiML, signs requests and keeps time by itself.

It has four folders, and each imports only those before it. `wire`: time, programs that wait, HTTP, signatures, the
parser of TwiML. `line`: legs, handsets, conferences, queues, recordings, and how a call goes through documents.
`verbs`: what each verb does. `rest`: Twilio's REST interface. The module `network` puts the first three together.
"""

from ivr.network.line.failures import UnexpectedError
from ivr.network.line.handset import Call, CallIsOver, NotHeard, Person
from ivr.network.line.lines import App, Line
from ivr.network.line.listening import Listening
from ivr.network.line.records import Message, Recording
from ivr.network.line.restless import CallerLost, CallerStep, restless_callers
from ivr.network.line.transcript import Entry, clock_text, entry_text, format_entry
from ivr.network.network import Network
from ivr.network.rest.app import rest
from ivr.network.server import Server
from ivr.network.wire.carrier import Exchange
from ivr.network.wire.clock import Clock, RealClock, VirtualClock
from ivr.network.wire.debugger import LogEntry
from ivr.network.wire.options import Options, read_options

__all__ = [
    "App",
    "Call",
    "CallIsOver",
    "CallerLost",
    "CallerStep",
    "Clock",
    "Entry",
    "Exchange",
    "Line",
    "Listening",
    "LogEntry",
    "Message",
    "Network",
    "NotHeard",
    "Options",
    "Person",
    "RealClock",
    "Recording",
    "Server",
    "UnexpectedError",
    "VirtualClock",
    "clock_text",
    "entry_text",
    "format_entry",
    "read_options",
    "rest",
    "restless_callers",
]
