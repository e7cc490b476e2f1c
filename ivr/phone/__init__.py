"""The web phone: a page that dials the hotline as a mobile does. For people who write and try hotlines.

An app of its own, which only `ivr phone` serves: production does not know a single address of it.
"""

from ivr.phone.access import Doors
from ivr.phone.agents import staffed
from ivr.phone.page import Phones, create_phone
from ivr.phone.server import Server
from ivr.phone.session import Booth

__all__ = ["Booth", "Doors", "Phones", "Server", "create_phone", "staffed"]
