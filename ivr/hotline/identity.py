"""One step of identification, as the hotline carries it out: count first, then check, then tell as little as possible.

An attempt is counted and committed before the back office or the code is asked, so that a crash or a thousand guesses
at once can never make more attempts than the policy allows. Unknown accounts go the whole way with the known ones: they
are counted, "sent" a code and found wrong, in the same words.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.call.events import Check, LookedUp
from ivr.call.identity import CODE, Policy
from ivr.call.languages import LANGUAGES
from ivr.call.values import Value
from ivr.hotline.back_office import BackOffice, Customer
from ivr.store import Store
from ivr.store.counters import Counters
from ivr.store.rows import OutboxItem

HOUR = 3600
DAY = 24 * HOUR
FOR_EVER = 365 * 24 * HOUR
MOST_IN_A_ROW = 50
"""Wrong answers without a right one after which only a person can help: 50 from the registered phone and 50 from all
others, and so at most 100 (NIST SP 800-63B)."""
DAILY_LOCKS = 3
"""After so many locks in a day an account stays locked for strangers until the day is over."""
WITHHELD = "withheld"
"""All callers without a number are one caller to the counters, with more tries."""
WITHHELD_CALLERS = 3
OWN = "own"
"""Marks what callers from the phone of an account have of their own."""
SPRAYING = "wrong-all"
"""The counter of wrong answers about all accounts, but for callers from the phone of the account."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Limit:
    """At most so many in any window of so many seconds. Those of an account end with a right answer."""

    name: str
    key: str
    most: int
    seconds: int = HOUR
    of_account: bool = False


class TextedCodes:
    """One-time codes: sealed in the outbox until they are texted, hashed in the store until they are keyed in."""

    PURPOSE = "identify"

    def __init__(self, store: Store, new_code: Callable[[int], str], text_message: Callable[[str, str], str]) -> None:
        """`new_code` makes a code of so many digits; `text_message` adds the sender's name to a body in a language."""
        self._store = store
        self._text_message = text_message
        self._new_code = new_code

    def send(self, account: str, phone: str, policy: Policy, *, call_id: str, language: str, now: datetime) -> None:
        """Texts a new code to this phone; it takes the place of any before it. Without a phone, nothing leaves, but
        as much is done: an account that does not exist must not be known by its speed."""
        code = self._new_code(policy.code_digits)
        valid = policy.code_valid
        self._store.codes.issue(account, self.PURPOSE, call_id, code, now=now, valid_seconds=valid)
        speaker = LANGUAGES[language]
        words = {"code": Value("words", "{secret}"), "minutes": Value("duration", str(valid))}
        body = speaker.say(speaker.phrases.code_message, words, now.date())
        if phone:
            self._store.outbox.add(
                OutboxItem(
                    key=f"{call_id}/code/{now.timestamp():.3f}",
                    kind="sms",
                    payload={"to": phone, "body": self._text_message(body, language)},
                    not_before=now,
                    not_after=now + timedelta(seconds=valid),
                    secret=code,
                )
            )

    def warn(self, phone: str, *, call_id: str, language: str, now: datetime) -> None:
        body = self._text_message(LANGUAGES[language].phrases.guessing_message, language)
        item = OutboxItem(key=f"{call_id}/guessing", kind="sms", payload={"to": phone, "body": body}, not_before=now)
        self._store.outbox.add(item)

    def redeem(self, account: str, call_id: str, code: str, now: datetime) -> bool:
        """Whether this is the code that was texted in this call, in time and for the first time."""
        return self._store.codes.redeem(account, self.PURPOSE, call_id, code, now=now)


class Identification:
    """Carries out the checks of a policy. Lives as long as the hotline; safe to share between threads."""

    def __init__(
        self, attempts: Counters, codes: TextedCodes, back_office: BackOffice, clock: Callable[[], datetime]
    ) -> None:
        self._attempts = attempts
        self._codes = codes
        self._back_office = back_office
        self._clock = clock

    def check(self, policy: Policy, check: Check, *, call_id: str, caller: str, language: str) -> LookedUp:
        """`asked`, `verified`, `wrong` or `locked`. Raises BackOfficeUnavailable when there is no answer."""
        now = self._clock()
        customer = self._back_office.find_customer(check.account)
        key = customer.account if customer else check.account
        budget = f"{key} {OWN}" if customer is not None and caller == customer.phone != "" else key
        if not check.factor:
            if check.method == CODE and not self._reached(_code_limits(policy, budget, caller), call_id, now):
                phone = customer.phone if customer else ""  # a limit on codes is silent, as an unknown account is
                self._codes.send(key, phone, policy, call_id=call_id, language=language, now=now)
            return LookedUp("asked")
        limits = _limits(policy, budget, caller)
        if reached := self._reached(limits, call_id, now):
            told = budget == key and reached == "wrong-account" and self._attempts.claim("owner told", key, 1, now, DAY)
            if told and customer is not None and customer.phone:
                self._codes.warn(customer.phone, call_id=call_id, language=language, now=now)
            return LookedUp("locked")
        if not self._right(check, customer, call_id, now):
            return LookedUp("wrong")
        assert customer is not None  # noqa: S101 - nobody's secret is right
        self._forgive(limits)
        if check.factor == CODE:
            self._forgive(_code_limits(policy, budget, caller)[:-1])
        return LookedUp(
            "verified",
            {
                "account": Value("account", customer.account),
                "customer": Value("name", customer.called(language)),
                "registered_phone": Value("phone", customer.phone),
            },
        )

    def _reached(self, limits: Sequence[_Limit], call_id: str, now: datetime) -> str:
        """Counts one against each limit until one is reached; gives its name, "" for none."""
        for one in limits:
            if not self._attempts.claim(one.name, one.key, one.most, now, one.seconds):
                log.warning("guessing held off", extra={"call": call_id, "limit": one.name})
                return one.name
        return ""

    def _forgive(self, limits: Sequence[_Limit]) -> None:
        """A right answer ends the row of wrong ones. It was counted before it was known to be right; of the calling
        number only that is taken back, or whoever has an account could guess at others for ever."""
        for limit in limits:
            if limit.of_account:
                self._attempts.reset(limit.name, limit.key)
            else:
                self._attempts.give_back(limit.name, limit.key)

    def _right(self, check: Check, customer: Customer | None, call_id: str, now: datetime) -> bool:
        """Whether the secret is right. Unknown accounts are asked about too, so that both take as long."""
        account = customer.account if customer is not None else check.account
        if check.factor == CODE:
            right = self._codes.redeem(account, call_id, check.secret, now)
        else:
            right = self._back_office.check_pin(account, check.secret)
        return right and customer is not None


def _limits(policy: Policy, budget: str, caller: str) -> Sequence[_Limit]:
    """What an attempt is counted against before anything is checked, the calling number first: who is locked out can
    lock nobody else. The windows slide: there are no more than so many wrong answers in any of that length.

    The phone of the account has a budget of its own, so that no stranger can lock its owner out; whoever forges it as
    the calling number gains as many tries once more, and nothing else.
    """
    return (
        _of_caller("wrong-caller", policy, caller),
        _Limit("wrong-account", budget, policy.tries_per_account, policy.lock_for, of_account=True),
        _Limit("wrong-in-a-day", budget, policy.tries_per_account * DAILY_LOCKS, DAY, of_account=True),
        _Limit("wrong-in-a-row", budget, MOST_IN_A_ROW, FOR_EVER, of_account=True),
        *(() if budget.endswith(f" {OWN}") else (_Limit(SPRAYING, "", policy.tries_an_hour),)),
    )


def _code_limits(policy: Policy, budget: str, caller: str) -> Sequence[_Limit]:
    """What a texted code is counted against, that of the account last. Of the others it is taken back when it is keyed
    in: strangers who have codes texted to many people, and key in none, may do so as seldom as guess."""
    of_account = _Limit("codes", budget, policy.codes_per_hour)
    if budget.endswith(f" {OWN}"):
        return (of_account,)
    return (_of_caller("codes-caller", policy, caller), _Limit("codes-all", "", policy.tries_an_hour), of_account)


def _of_caller(name: str, policy: Policy, caller: str) -> _Limit:
    most = policy.tries_per_caller
    return _Limit(name, caller, most) if caller else _Limit(name, WITHHELD, most * WITHHELD_CALLERS)


def unlock(attempts: Counters, account: str) -> int:
    """Forgets what was counted against an account, for its owner and for strangers. Gives how much."""
    names = ("wrong-account", "wrong-in-a-day", "wrong-in-a-row", "codes")
    return sum(attempts.reset(name, budget) for name in names for budget in (account, f"{account} {OWN}"))
