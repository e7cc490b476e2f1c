"""One call: a session that moves through the flows turn by turn. Pure: no clock, no ids, no random numbers, no I/O."""
