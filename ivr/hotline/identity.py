"""One step of identification, as the hotline carries it out: count first, then check, then tell as little as possible.

An attempt is counted and committed before the back office or the code is asked, so that a crash or a thousand guesses
at once can never make more attempts than the policy allows. Unknown accounts go the whole way with the known ones: they
are counted, "sent" a code and found wrong, in the same words.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from ivr.call.events import Check, LookedUp
from ivr.call.identity import CODE, Policy
from ivr.call.languages import LANGUAGES
from ivr.call.values import Value
from ivr.hotline.back_office import BackOffice, Customer
from ivr.store import Store
from ivr.store.rows import OutboxItem

HOUR = 3600
FOR_EVER = 365 * 24 * HOUR
MOST_IN_A_ROW = 100
"""Wrong answers without a right one after which only a person can help (NIST SP 800-63B: at most 100)."""


class Attempts(Protocol):
    """What identification needs of the store; every call commits before it returns."""

    def claim(self, name: str, key: str, limit: int, now: datetime, window_seconds: int) -> bool:
        """Counts one more in this window unless the limit is reached; tells whether it was counted."""
        ...

    def reset(self, name: str, key: str) -> None:
        """Forgets what was counted."""
        ...

    def give_back(self, name: str, key: str) -> None:
        """Takes the latest count back."""
        ...


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
        valid = policy.code_valid_seconds
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

    def redeem(self, account: str, call_id: str, code: str, now: datetime) -> bool:
        """Whether this is the code that was texted in this call, in time and for the first time."""
        return self._store.codes.redeem(account, self.PURPOSE, call_id, code, now=now)


class Identification:
    """Carries out the checks of a policy. Lives as long as the hotline; safe to share between threads."""

    def __init__(
        self, attempts: Attempts, codes: TextedCodes, back_office: BackOffice, clock: Callable[[], datetime]
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
        if not check.factor:
            return self._ask(policy, check, customer, key, call_id=call_id, language=language, now=now)
        if not self._may_try(policy, key, caller, now):
            return LookedUp("locked")
        if not self._right(check, customer, call_id, now):
            return LookedUp("wrong")
        assert customer is not None  # noqa: S101 - nobody's secret is right
        self._forgive(key, caller)
        return LookedUp(
            "verified",
            {
                "account": Value("account", customer.account),
                "customer": Value("name", customer.called(language)),
                "registered_phone": Value("phone", customer.phone),
            },
        )

    def _ask(
        self, policy: Policy, check: Check, customer: Customer | None, key: str,
        *, call_id: str, language: str, now: datetime,
    ) -> LookedUp:  # fmt: skip
        """Texts a code if that is the method; a limit on codes is silent, as an unknown account is."""
        if check.method == CODE and self._attempts.claim("codes", key, policy.codes_per_hour, now, HOUR):
            phone = customer.phone if customer else ""
            self._codes.send(key, phone, policy, call_id=call_id, language=language, now=now)
        return LookedUp("asked")

    def _may_try(self, policy: Policy, key: str, caller: str, now: datetime) -> bool:
        """Counts this attempt against the account and the calling number, before anything is checked.

        Both windows slide: an account takes no more than so many wrong answers in any `lock_seconds`.
        """
        limits = [
            ("wrong-caller", caller, policy.tries_per_caller, HOUR),  # first: who is locked out can lock nobody else
            ("wrong-account", key, policy.tries_per_account, policy.lock_seconds),
            ("wrong-in-a-row", key, MOST_IN_A_ROW, FOR_EVER),
        ]
        return all(self._attempts.claim(name, who, most, now, window) for name, who, most, window in limits if who)

    def _forgive(self, key: str, caller: str) -> None:
        """A right answer ends the row of wrong ones. It was counted before it was known to be right; of the calling
        number only that is taken back, or whoever has an account could guess at others for ever."""
        self._attempts.reset("wrong-account", key)
        self._attempts.reset("wrong-in-a-row", key)
        if caller:
            self._attempts.give_back("wrong-caller", caller)

    def _right(self, check: Check, customer: Customer | None, call_id: str, now: datetime) -> bool:
        """Whether the secret is right. Unknown accounts are asked about too, so that both take as long."""
        account = customer.account if customer is not None else check.account
        if check.factor == CODE:
            right = self._codes.redeem(account, call_id, check.secret, now)
        else:
            right = self._back_office.check_pin(account, check.secret)
        return right and customer is not None
