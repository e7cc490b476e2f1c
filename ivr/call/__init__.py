"""The call: a session moving through the document one turn at a time. Pure: no clock, no ids, no chance, no I/O."""
