"""The document: what a support lead writes, read with a place on every word. Knows nothing of calls."""
