"""Flows as pictures: SVG, and a page with every word."""

from ivr.flow.picture.cards import GAVE_UP, Notes, drawings
from ivr.flow.picture.page import page
from ivr.flow.picture.svg import STYLE, svg

__all__ = ["GAVE_UP", "STYLE", "Notes", "drawings", "page", "svg"]
