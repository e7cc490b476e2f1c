"""The console: the pages of agents and supervisors. It runs in a process of its own, never in that of the webhooks.

`routes` has the types (Route, LoginSession, ConsoleContext), `app` makes the application, `policy` checks every request
before its view runs, `login` logs people in and out, `events` tells open pages what changed, and the other modules are
the pages. docs/design.md says how a page is added.
"""
