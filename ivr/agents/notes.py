"""What agents write of a talk: until when it may change, and where it goes beside the talk itself."""

from ivr.store.records import both, mark, newest_of
from ivr.store.rows import TalkRow
from ivr.store.talk_transaction import TalkTransaction
from ivr.store.vocabulary import OPEN_TALKS


def may_write(talk: TalkRow) -> bool:
    """Whether the note of a talk may still change: from when the agent takes the caller until it is finished, however
    the talk ended."""
    return talk.accepted_at is not None and not talk.code


def is_unfinished(talk: TalkRow) -> bool:
    """Whether a talk is over, and its note was begun and not finished."""
    return talk.state not in OPEN_TALKS and talk.is_draft


def with_others(talk: TalkRow, note: str, seen: str) -> str:
    """The note of a page that has `seen` the mark of the one it was made from ("": of whichever there is). What another
    page of the agent has written meanwhile is kept above it."""
    if seen in ("", mark(talk.note)) or note.startswith(talk.note):
        return note
    return both(talk.note, note)


def note_to_ticket(tx: TalkTransaction, call_id: str, note: str, draft: str = "") -> None:
    """Adds a note to the newest ticket of a call, if there is one; a draft that stands there already is replaced."""
    newest = next(iter(tx.tickets(call_id)), None)
    if newest is None:
        return
    before, drafted, after = f"\n{newest.note}\n".rpartition(f"\n{draft.strip()}\n")
    if draft.strip() and drafted:
        whole = newest_of(f"{before}\n{note.strip()}\n{after}".strip())
    else:
        whole = joined_note(newest.note, note)
    tx.change_ticket(newest.reference, note=whole)


def joined_note(before: str, note: str) -> str:
    """Notes of a ticket, one below the other."""
    return newest_of("\n".join(words for words in (before, note.strip()) if words))
