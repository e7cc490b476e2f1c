"""The pages of the console, gathered: what stands in the navigation, in this order."""

from __future__ import annotations

from ivr.web.console.route import Route

ROUTES: tuple[Route, ...] = ()
