"""Who may see what: the queues of a person, and the `sees` of routes that name an object."""

from ivr.console.routes import LoginSession
from ivr.store.views import Scope


def scope(session: LoginSession) -> Scope:
    return session.services.boards.scope(session.agent)


def sees_call(session: LoginSession, id: str) -> bool:
    """Whether a call is of the person's queues, or of a caller whom they took, from whatever queue."""
    store = session.context.store
    if store.call(id) is None:
        return False
    if scope(session).sees(store.queue_of(id)):
        return True
    return any(talk.agent == session.agent.name and talk.accepted_at is not None for talk in store.talks.of_call(id))


def sees_ticket(session: LoginSession, reference: str) -> bool:
    """Whether a ticket may be seen: as its call; without a known call, as the first queue."""
    ticket = session.context.store.ticket(reference)
    if ticket is None:
        return False
    if session.context.store.call(ticket.call_id) is None:
        return scope(session).sees("")
    return sees_call(session, ticket.call_id)


def sees_recording(session: LoginSession, id: str) -> bool:
    recording = session.context.store.recording(id)
    return recording is not None and sees_call(session, recording.call_id)


def sees_callback(session: LoginSession, key: str) -> bool:
    callback = session.context.store.callback(key)
    return callback is not None and scope(session).sees(callback.queue)


def is_agent(session: LoginSession, agent: str) -> bool:
    return agent in session.context.agents


def has_talk(session: LoginSession, id: str) -> bool:
    """Whether a talk is the person's own. Nobody acts in another's talk, not even a supervisor."""
    talk = session.context.store.talks.get(id)
    return talk is not None and talk.agent == session.agent.name
