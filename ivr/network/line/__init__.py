"""Telephone lines: the legs of calls, what is said on them, conferences, queues and recordings."""
