"""One step of identification, as the desk carries it out: count first, then check, then tell as little as possible.

An attempt is counted and committed before the wallet or the code is asked, so that a crash or a thousand guesses at
once can never make more attempts than the policy allows. Unknown accounts go the whole way with the known ones: they
are counted, "sent" a code and found wrong, in the same words.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from ivr.call.events import Check, LookedUp
from ivr.call.identity import CODE, Policy
from ivr.call.values import Value
from ivr.call.words import LANGUAGES
from ivr.desk.store import Store
from ivr.desk.store_rows import OutboxItem
from ivr.desk.wallet import Customer, Wallet

HOUR = 3600


class Attempts(Protocol):
    """What identification needs of the store; every call commits before it returns."""

    def claim(self, name: str, key: str, limit: int, now: datetime, window_seconds: int) -> bool:
        """Counts one more in this window unless the limit is reached; tells whether it was counted."""
        ...

    def reset(self, name: str, key: str) -> None:
        """Forgets what was counted."""
        ...


class TextedCodes:
    """One-time codes: sealed in the outbox until they are texted, hashed in the store until they are keyed in."""

    PURPOSE = "identify"

    def __init__(
        self, store: Store, new_code: Callable[[int], str], text_message: Callable[[str, str], str]
    ) -> None:
        """`new_code` makes a code of so many digits; `text_message` adds the sender's name to a body in a language."""
        self._store = store
        self._text_message = text_message
        self._new_code = new_code

    def send(self, customer: Customer, policy: Policy, call_id: str, language: str, now: datetime) -> None:
        """Texts a new code to the registered phone, and to no other; it takes the place of any before it."""
        code = self._new_code(policy.code_digits)
        valid = policy.code_valid_seconds
        self._store.codes.issue(customer.account, self.PURPOSE, call_id, code, now=now, valid_seconds=valid)
        speaker = LANGUAGES[language]
        words = {"code": Value("words", "{secret}"), "minutes": Value("duration", str(valid))}
        body = speaker.say(speaker.phrases.code_message, words, now.date())
        self._store.outbox.add(
            OutboxItem(
                key=f"{call_id}/code/{now.timestamp():.3f}",
                kind="sms",
                payload={"to": customer.phone, "body": self._text_message(body, language)},
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

    def __init__(self, attempts: Attempts, codes: TextedCodes, wallet: Wallet, clock: Callable[[], datetime]) -> None:
        self._attempts = attempts
        self._codes = codes
        self._wallet = wallet
        self._clock = clock

    def check(self, policy: Policy, check: Check, *, call_id: str, caller: str, language: str) -> LookedUp:
        """`asked`, `verified`, `wrong` or `locked`. Raises WalletUnavailable when the wallet does not answer."""
        now = self._clock()
        customer = self._wallet.find_customer(check.account)
        key = customer.account if customer else check.account
        if not check.factor:
            return self._ask(policy, check, customer, key, call_id=call_id, language=language, now=now)
        if not self._may_try(policy, key, caller, now):
            return LookedUp("locked")
        if not self._right(check, customer, call_id, now):
            return LookedUp("wrong")
        assert customer is not None  # noqa: S101 - nobody's secret is right
        self._attempts.reset("wrong-account", key)
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
        if (
            check.method == CODE
            and self._attempts.claim("codes", key, policy.codes_per_hour, now, HOUR)
            and customer is not None
        ):
            self._codes.send(customer, policy, call_id, language, now)
        return LookedUp("asked")

    def _may_try(self, policy: Policy, key: str, caller: str, now: datetime) -> bool:
        """Counts this attempt against the account and the calling number, before anything is checked."""
        if not self._attempts.claim("wrong-account", key, policy.tries_per_account, now, policy.lock_seconds):
            return False
        return not caller or self._attempts.claim("wrong-caller", caller, policy.tries_per_caller, now, HOUR)

    def _right(self, check: Check, customer: Customer | None, call_id: str, now: datetime) -> bool:
        """Whether the secret is right. The wallet is asked about unknown accounts too, so that both take as long."""
        if check.factor == CODE:
            return self._codes.redeem(customer.account if customer else check.account, call_id, check.secret, now)
        right = self._wallet.check_pin(customer.account if customer else check.account, check.secret)
        return right and customer is not None
