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
`verbs`: what each verb does. `rest_api`: Twilio's REST interface. The module `network` puts the first three together.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ivr.network.exports import *  # noqa: F403
    from ivr.network.rest_api.app import rest as rest
    from ivr.network.server import Server as Server
else:
    _BY_HTTP = {"Server": "ivr.network.server", "rest": "ivr.network.rest_api.app"}
    """What no call needs, and what would be a seventh of the import."""

    def __getattr__(name: str) -> Any:
        """Import the network when something of it is asked for first: pytest imports this package at every start."""
        if name.startswith("_") and name != "__all__":
            raise AttributeError(name)
        exports = import_module(_BY_HTTP.get(name, "ivr.network.exports"))
        if name != "__all__":
            return getattr(exports, name)
        return [*(each for each in vars(exports) if each[0] != "_"), *_BY_HTTP]
