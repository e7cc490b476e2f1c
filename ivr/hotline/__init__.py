"""The hotline service: turns, look-ups, effects and reports. Knows no HTTP."""
