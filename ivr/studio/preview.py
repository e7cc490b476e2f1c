"""What a change does, before it counts: what callers will notice, and which call scripts go wrong."""

import threading
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ivr.app.checking import check_flows
from ivr.flow.catalogue import HandlerSpec
from ivr.flow.model import FlowSet
from ivr.store import Store
from ivr.studio.drafts import Drafts
from ivr.testing.diff import HEADINGS
from ivr.testing.local_target import LocalTarget
from ivr.testing.models import differences
from ivr.testing.suite import read, run_all

Row = Mapping[str, Any]
"""Ready for JSON."""
SCRIPTS = ("calls", "tests/calls")
"""Where call scripts are looked for, in the folder of the configuration."""
MOST = 100


class Preview:
    """Looks at the drafts as callers will. One thing at a time, because each takes seconds of a processor."""

    def __init__(self, drafts: Drafts, handlers: Mapping[str, HandlerSpec]) -> None:
        self._drafts = drafts
        self._handlers = handlers
        self._busy = threading.Lock()

    def noticed(self) -> Row:
        """What callers will hear otherwise than now: `against` is the number of the edition in force, 0 for the saved
        files. `why` instead where one of the two cannot be read."""
        with self._busy:
            number, sources = self._now()
            old, new = self._flows(sources), self._flows(self._drafts.sources())
            if old is None or new is None:
                return {"why": "errors"}
            found = differences(self._drafts.config, old, new)
        told = [{"heading": HEADINGS[each.kind], **asdict(each)} for each in found[:MOST]]
        return {"against": number, "differences": told, "count": len(found)}

    def scripts(self) -> Row:
        """How many calls the scripts of this hotline make, and which go wrong with the drafts; `why` there are none."""
        config = self._drafts.config
        folders = [config.folder / name for name in SCRIPTS if (config.folder / name).is_dir()]
        with self._busy:
            if self._flows(self._drafts.sources()) is None:
                return {"why": "errors"}
            with LocalTarget(config) as target:
                suite = read(folders, target.names)
                outcomes = list(run_all(suite, target, at=None, golden="ignore"))
        wrong = [outcome for outcome in outcomes if outcome.result in ("failed", "broken")]
        told = [
            {"name": outcome.item.name, "file": outcome.item.path.name, "why": outcome.message} for outcome in wrong
        ]
        told += [{"name": "", "file": Path(each.place.file).name, "why": each.message} for each in suite.issues]
        return {"count": len(outcomes), "wrong": told[:MOST]}

    def _now(self) -> tuple[int, Mapping[str, str]]:
        """What callers hear now."""
        with Store.open(self._drafts.config.store_url) as store:
            row = store.editions.in_force(datetime.now(UTC))
            if row is not None and row.digest:
                return row.number, store.flow_set(row.digest) or {}
        return 0, self._drafts.saved()

    def _flows(self, sources: Mapping[str, str]) -> FlowSet | None:
        flows, issues = check_flows(self._drafts.config, self._handlers, sources)
        return None if any(issue.is_error for issue in issues) else flows
