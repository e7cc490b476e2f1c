"""Calls on paper: scripts of calls, played against a hotline, written down as plays, and made from calls that were."""
