"""The web phone: a page that dials the hotline as a mobile does. For people who write and try hotlines.

An app of its own, which only `ivr phone` serves: production does not know a single address of it.
"""

from ivr.web.phone.doors import Doors
from ivr.web.phone.page import Phones, create_phone
from ivr.web.phone.server import Server

__all__ = ["Doors", "Phones", "Server", "create_phone"]
