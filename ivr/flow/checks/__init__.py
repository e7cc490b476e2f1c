"""The checker of flows: the rules, and what they look up in a flow set."""
