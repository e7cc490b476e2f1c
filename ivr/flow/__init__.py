"""Flows: what a support lead writes. Every word of them knows its place. Knows nothing about calls."""
