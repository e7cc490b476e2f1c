"""How is my case doing: ticket number -> state, next step, by when; and hurry it up.

Nothing else of a ticket is told, so that its number is enough: the caller may have opened it without being verified.
Whoever has no number at hand is told the latest of their account, once verified.
"""

from ivr.hotline.handlers import Case, Found, found, handler
from ivr.wallet.model import Wallet


@handler(
    "case_status",
    takes={"reference": "reference"},
    identified=False,
    outcomes={
        "open": {"by": "datetime"},
        "working": {"by": "datetime"},
        "waiting": {},
        "overdue": {},
        "solved": {"solved_on": "date"},
        "not_found": {},
    },
)
def case_status(case: Case[Wallet], reference: str) -> Found:
    """How a ticket is doing: open (nobody has begun), working, waiting (for the caller), overdue or solved.

    `by` is when the caller hears of it; overdue: that is past, or was never said.
    """
    progress = case.tickets.progress(reference) or case.back_office.progress(reference)
    if progress is None:
        return found("not_found")
    match progress.state, progress.due_at:
        case "solved", _:
            return found("solved", solved_on=(progress.changed_at or case.now).astimezone(case.zone).date())
        case "waiting", _:
            return found("waiting")
        case _, None:
            return found("overdue")
        case _, due if due <= case.now:
            return found("overdue")
        case "open", due:
            return found("open", by=due)
        case _, due:
            return found("working", by=due)


@handler("my_case", outcomes={"found": {"ticket": "reference"}, "none": {}})
def my_case(case: Case[Wallet]) -> Found:
    """The number of the caller's latest ticket, an open one before those that are closed; none: there is none."""
    progress = case.tickets.latest(case.account)
    return found("found", ticket=progress.reference) if progress else found("none")


@handler(
    "hurry_case",
    takes={"reference": "reference"},
    identified=False,
    outcomes={"hurried": {"by": "datetime"}, "undated": {}, "already": {}, "solved": {}, "not_found": {}},
)
def hurry_case(case: Case[Wallet], reference: str) -> Found:
    """Raises a ticket's priority; `by` is when the caller hears of it now, undated: nobody can say. already: somebody
    asked for that before."""
    keeper = case.tickets if case.tickets.progress(reference) else case.back_office
    progress = keeper.progress(reference)
    if progress is None:
        return found("not_found")
    if progress.state == "solved":
        return found("solved")
    if not keeper.hurry(reference, case.key):
        return found("already")
    by = (keeper.progress(reference) or progress).due_at
    return found("hurried", by=by) if by and by > case.now else found("undated")


@handler(
    "case_about",
    takes={"reference": "reference"},
    outcomes={"open": {"ticket": "reference", "answer_by": "date"}, "none": {}},
)
def case_about(case: Case[Wallet], reference: str) -> Found:
    """The caller's ticket about the refund, payment … with this number, so that nobody opens a second one.

    none: there is none that is open, or its answer is late: then a new one makes a new promise.
    """
    progress = case.tickets.latest(case.account, about=reference)
    due = progress.due_at if progress and progress.state != "solved" else None
    if progress is None or due is None or due <= case.now:
        return found("none")
    return found("open", ticket=progress.reference, answer_by=due.astimezone(case.zone).date())
