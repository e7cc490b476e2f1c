"""A telephone booth: a hotline in this process, dialled and answered from a page."""

from ivr.booth.booth import Booth
from ivr.booth.people import staffed

__all__ = ["Booth", "staffed"]
