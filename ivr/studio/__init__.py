"""The studio: a page on which flows are edited, checked, seen, dialled and published. The files stay the truth."""

from ivr.studio.drafts import Drafts
from ivr.studio.page import create_studio
from ivr.studio.phone import DraftPhone

__all__ = ["DraftPhone", "Drafts", "create_studio"]
