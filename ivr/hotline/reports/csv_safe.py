"""Tables for spreadsheets: CSV in which no cell can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are =, +, - and @ in full width, which Chinese
and Japanese editions read like the narrow ones. Source: OWASP, "CSV Injection"."""


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """CSV by RFC 4180; a cell that would be read as a formula gets an apostrophe before it."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerows([f"'{cell}" if cell.startswith(TRIGGERS) else cell for cell in row] for row in rows)
    return written.getvalue()
