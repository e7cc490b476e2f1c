"""The texts of the console: every key that is used has a text in each language, and no text is unused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest

import ivr.console
from ivr.agents.actions import NotNow
from ivr.agents.model import Activity
from ivr.call.calendar import State
from ivr.console import reports
from ivr.console.i18n import LANGUAGES, TEXTS, text
from ivr.console.my_calls import AwayReason
from ivr.console.voicemail import MessagePart
from ivr.hotline.reports.tables import BYS
from ivr.store.vocabulary import CallbackStatus, FinalCallStatus, Priority, TicketStatus

CONSOLE = Path(ivr.console.__file__).parent
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
IN_CONSOLE = CONSOLE.parent / "studio" / "in_console.py"
CODE = "\n".join(path.read_text("utf-8") for path in (*TEMPLATES, *CONSOLE.glob("*.py"), IN_CONSOLE))
FAMILIES: dict[str, Sequence[str]] = {
    "activity.": (*get_args(Activity), "accepted", "held"),
    "agents.": ("is_away", "is_off", "away_then", "off_then"),
    "my_call.": ("is_away", "is_off", "away_then", "off_then"),
    "audit.": ("notice on", "notice off", "closing on", "closing off"),
    "away.": (*get_args(AwayReason), "missed", "busy", "supervisor", "vanished"),
    "board.age_": ("late", "long"),
    "call.": ("ringing", "active", *get_args(FinalCallStatus)),
    "callbacks.": ("canceled_state", *(status for status in get_args(CallbackStatus) if status != "canceled"),
                   "due", "later", "ended"),
    "callbacks.none_": ("due", "later", "ended"),
    "calls.": ("live", "ended"),
    "error.": ("400", "403", "404", "405", "413", "500", "503"),
    "me.flaw_": ("short", "long", "name", "same"),
    "messages.": get_args(MessagePart),
    "messages.none_": get_args(MessagePart),
    "not_now.": re.findall(r"\b[a-z_]+\b", (NotNow.__doc__ or "").partition("key.")[2]),
    "open.": get_args(State),
    "priority.": get_args(Priority),
    "reports.": ("median", "ninety"),
    "reports.by_": BYS,
    "reports.group_": tuple(reports.GROUPS),
    "reports.head_": reports.HEADLINES,
    "timeline.": ("hotline", "caller", "note"),
    "timeline.factor_": ("code", "pin"),
    "ticket.": (*get_args(TicketStatus), "unsettled"),
}  # fmt: skip
"""Keys whose end is a word of a closed vocabulary."""
MADE = {prefix + word for prefix, words in FAMILIES.items() for word in words}


def test_every_key_has_a_text_in_every_language() -> None:
    literal = set(re.findall(r"""(?<![\w.])t\(\s*["']([a-z_]+\.[\w.]+)["']\s*[,)]""", CODE))
    titles = set(re.findall(r"""title=["']([a-z_]+\.[\w.]+)["']""", CODE))
    assert len(literal | titles) > 30
    for key in literal | titles:
        for language in LANGUAGES:
            assert text(language, key).strip(), key


@pytest.mark.parametrize("key", sorted(MADE))
def test_every_word_of_a_closed_vocabulary_has_a_text(key: str) -> None:
    assert all(text(language, key).strip() for language in LANGUAGES)


def test_every_text_is_used() -> None:
    unused = {key for key in set(TEXTS) - MADE if not re.search(rf"""["']{re.escape(key)}["']""", CODE)}
    assert unused == set()
