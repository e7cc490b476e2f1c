"""Words that no talk has."""

from ivr.store.vocabulary import TalkState

state: TalkState = "talkng"  # refused: assignment


def is_talking(state: TalkState) -> bool:
    return state == "talkng"  # refused: comparison-overlap


def is_open(state: TalkState) -> bool:
    return state in ("talking", "hold")  # refused: comparison-overlap
