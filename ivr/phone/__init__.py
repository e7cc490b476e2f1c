"""The web phone: a page that dials the hotline as a mobile does. For people who write and try hotlines.

An app of its own, which only `ivr phone` serves: production does not know a single address of it.
"""

from ivr.phone.agents import with_demo_agents
from ivr.phone.page import Server, create_phone
from ivr.phone.session import PhoneSession

__all__ = ["PhoneSession", "Server", "create_phone", "with_demo_agents"]
