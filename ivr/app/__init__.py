"""Puts a hotline together from its configuration: the only place that knows every part.

`build` makes the hotline that answers calls, `agents` the people who work for it, `console` the pages on top of it.
Nothing is imported here: who checks flows (`edition`) waits for no database and no server.
"""
