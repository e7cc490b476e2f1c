"""The floor: the people who answer, the callers they talk to, and who gets whom.

Audio and waiting music are the carrier's (Enqueue and Conference); who is next, and whose caller it is, is decided here
and kept in the store, so that a restart loses nobody. `dealing` is pure; `floor` is what agents do; `phones` is what
their telephones tell us; `board` and `timeline` are what people look at.
"""
