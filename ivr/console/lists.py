"""Long lists: what a reader asks for by the address, a page at a time, and the links to the pages before and after."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask.typing import ResponseReturnValue

from ivr.console.permissions import scope
from ivr.console.routes import LoginSession, Route
from ivr.store.views import ListFilter

LARGEST_PAGE = 1000
_YEARS = range(1971, 9000)
"""Their days and moments can be kept and shown in every zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """What is asked for: `wanted` for the store, without words; `typed` is what stands in the search field."""

    wanted: ListFilter
    typed: str
    page: int

    def one_more(self) -> ListFilter:
        """With one row more than a page shows: whether there is one tells whether a page follows."""
        return replace(self.wanted, limit=self.wanted.limit + 1)


def asked_for(session: LoginSession, shown: int) -> ListRequest:
    """What the address asks for, `shown` rows a page. What makes no sense is left out."""
    args, zone = request.args, session.services.zone
    first, last = day_of(args.get("from", "")), day_of(args.get("to", ""))
    queue, agent, number = args.get("queue", ""), args.get("agent", ""), args.get("page", "")
    page = min(int(number), LARGEST_PAGE) if number.isascii() and number.isdecimal() else 1
    return ListRequest(
        wanted=ListFilter(
            since=datetime.combine(first, time(), zone) if first else None,
            until=datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
            queue=queue if queue in session.services.boards.queues else "",
            agent=agent if agent in session.context.agents else "",
            topic=args.get("topic", "")[:80],
            limit=shown,
            skipped=(max(page, 1) - 1) * shown,
        ),
        typed=args.get("q", "").strip()[:60],
        page=max(page, 1),
    )


def page_of(session: LoginSession, path: str, asked: ListRequest, rows: Sequence[Any]) -> dict[str, object]:
    """What the list at `path` needs in its template; `rows` are those of `one_more`."""
    here, seen = session.services, scope(session)
    titles = {name: here.boards.title(name, session.language) for name in here.boards.queues if seen.sees(name)}
    topics = session.context.store.topics()
    return {
        "rows": rows[: asked.wanted.limit],
        "asked": request.args,
        "typed": asked.typed,
        "query": request.query_string.decode("ascii", "replace"),
        "number": asked.page,
        "before": _address(path, asked.page - 1) if asked.page > 1 else "",
        "after": _address(path, asked.page + 1) if len(rows) > asked.wanted.limit else "",
        "queues": list(titles.items()),
        "agents": [(name, agent.called(session.language)) for name, agent in session.context.agents.items()],
        "topics": [(topic, here.timelines.topic(topic, session.language)) for topic in topics],
    }


def list_routes(
    name: str, path: str, listed: Callable[[LoginSession], Mapping[str, object]], *, key: str, icon: str
) -> tuple[Route, Route]:
    """The page of a list, and the part of it that an open page fetches again; `listed` gives what both show."""

    def page(session: LoginSession) -> ResponseReturnValue:
        return session.page(f"{name}.html", **listed(session))

    def now(session: LoginSession) -> ResponseReturnValue:
        return session.page(f"{name}_now.html", **listed(session))

    return (
        Route(name, path, page, title=f"{name}.title", key=key, icon=icon),
        Route(f"{name}_now", f"{path}/now", now, quiet=True),
    )


def _address(path: str, page: int) -> str:
    kept = [(name, value) for name, value in request.args.items() if name != "page" and value]
    return f"{path}?" + urlencode([*kept, ("page", str(page))])


def day_of(text: str) -> date | None:
    """A day of an address such as 2026-11-30; None for a text that is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def moment_of(text: str, zone: tzinfo) -> datetime:
    """The moment that a form names by what clocks show, such as 2026-11-30T10:00. Raises ValueError."""
    moment = datetime.fromisoformat(text).replace(tzinfo=zone)
    if moment.year not in _YEARS:
        raise ValueError(text)
    return moment
