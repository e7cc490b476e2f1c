"""Agents: who answers, the callers they talk to, and who gets whom.

The carrier has the audio and the waiting music (Enqueue and Conference). Who is next, and whose caller it is, is
decided here and kept in the store, so that a restart loses nobody. `routing` is pure. `actions` is what agents do,
`webhooks` what their telephones ask; `board` and `timeline` are what people look at.
"""
