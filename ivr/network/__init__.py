"""An emulated telephone network that executes TwiML as Twilio does, for any voice app.

    from ivr.network import Network

    with Network() as net:
        net.number("+15005550006", "http://app.test/voice", app=wsgi_app)
        call = net.dial("+15005550006", from_="+15005550001")
        call.hears("press 1")
        call.press("1")

It knows nothing of this project: it parses TwiML, signs requests and keeps time by itself.
"""

from ivr.network.carrier import Exchange
from ivr.network.clock import Clock, RealClock, VirtualClock
from ivr.network.debugger import LogEntry
from ivr.network.exchange import Network, Person
from ivr.network.handset import Call, NotHeard, format_entry
from ivr.network.leg import Entry, Listening
from ivr.network.lines import App, Line
from ivr.network.options import Options, read_options
from ivr.network.records import Message, Recording
from ivr.network.rest import rest
from ivr.network.server import Server

__all__ = [
    "App",
    "Call",
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
    "VirtualClock",
    "format_entry",
    "read_options",
    "rest",
]
