"""A day in advance: made-up callers and agents have a day with the hotline that answers real ones.

`day` reads what is expected of the day, `run` has it take place on virtual time, `figures` counts it as reports do, and
`erlang` says how many agents a half hour needs.
"""
