"""The studio: a page on which flows are edited, checked, seen, dialled and published. The files stay the truth."""

from ivr.studio.drafts import Drafts
from ivr.studio.page import create_studio
from ivr.studio.serving import Studio

__all__ = ["Drafts", "Studio", "create_studio"]
