"""Flows as pictures: Mermaid for code hosts, SVG, and a page with every word."""

from ivr.flow.picture.cards import GAVE_UP, Notes
from ivr.flow.picture.mermaid import SHAPES, mermaid
from ivr.flow.picture.page import page
from ivr.flow.picture.svg import svg

__all__ = ["GAVE_UP", "SHAPES", "Notes", "mermaid", "page", "svg"]
