"""An emulated telephone network that executes TwiML as Twilio does, for any voice app.

    from ivr.network import Network

    with Network() as net:
        net.number("+15005550006", "http://app.test/voice", app=wsgi_app)
        call = net.dial("+15005550006", from_="+15005550001")
        call.hears("press 1")
        call.press("1")

It knows nothing of this project: it parses TwiML, signs requests and keeps time by itself.

Its files stand in layers, and import only from their own and from those before it. *Words*: what is written down and
does nothing (`vocabulary`, `codes`, `options`, `lines`, `records`, `speech`, `signing`, `passwords`). *Wire*: time,
waiting programs, HTTP and the reading of documents (`clock`, `fiber`, `transport`, `cache`, `carrier`, `debugger`,
`twiml`, `queues`). *Line*: one telephone connection, whoever holds it, and its way through documents (`leg`,
`handset`, `interpreter`, `media`, `tape`, `outgoing`, `bridge`, `steering`). *Verbs*: one module for each page of
Twilio's (`verbs`, `gather`, `recording`, `queueing`, `conference`, `dialling`). The *exchange* puts them together, and
*outside* stands whoever looks in: REST (`rest`, `asked`, `operations`, `rooms`, `resources`), `page`, `server`,
`fixture`. A leg knows its network by name only; the type is imported for checking and not for running.
"""

from ivr.network.carrier import Exchange
from ivr.network.clock import Clock, RealClock, VirtualClock
from ivr.network.debugger import LogEntry
from ivr.network.exchange import Network
from ivr.network.handset import Call, NotHeard, Person, format_entry
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
