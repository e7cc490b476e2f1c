"""Where an agent's note goes beside the talk itself: into the newest ticket of its call."""

from ivr.store.rows import TalkRow
from ivr.store.talk_transaction import TalkTransaction
from ivr.store.vocabulary import TalkState

WRITABLE: tuple[TalkState, ...] = ("accepted", "talking", "held", "wrap_up")
"""Where a note may be written: from the first second of a talk on."""


def may_write(talk: TalkRow) -> bool:
    """Whether the note of a talk may still change: what was finished stays as it is."""
    return talk.state in WRITABLE or (talk.state == "over" and not talk.code)


def is_unfinished(talk: TalkRow) -> bool:
    """Whether a talk is over, and its note was begun and not finished."""
    return talk.state == "over" and talk.is_draft


def note_to_ticket(tx: TalkTransaction, call_id: str, note: str, draft: str = "") -> None:
    """Adds a note to the newest ticket of a call, if there is one; a draft that stands there already is replaced."""
    newest = next(iter(tx.tickets(call_id)), None)
    if newest is None:
        return
    before = newest.note
    whole = before.replace(draft, note) if draft and draft in before else joined_note(before, note)
    tx.change_ticket(newest.reference, note=whole)


def joined_note(before: str, note: str) -> str:
    """Notes of a ticket, one below the other."""
    return "\n".join(words for words in (before, note.strip()) if words)
