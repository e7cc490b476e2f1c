"""What a call script says about the demo wallet, under `given: back_office:`.

A script is text. Numbers and truths become the wallet's own types here; `DemoWallet.give` reads the rest.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, get_type_hints

from ivr.hotline.back_office import Progress
from ivr.hotline.demo import Problem
from ivr.wallet.demo import DemoWallet
from ivr.wallet.demo_world import TRANSACTIONS
from ivr.wallet.model import Balance, Customer, Limits, Outage

RECORDS: Mapping[str, type[Any]] = {
    "customer": Customer,
    "limits": Limits,
    "balance": Balance,
    **TRANSACTIONS,
    "outage": Outage,
    "case": Progress,
}
TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
ANY_DAY = datetime.fromisoformat("2026-11-23T02:00:00+00:00")


def give(wallet: DemoWallet, world: Mapping[str, Any]) -> Iterable[Problem]:
    """Changes the wallet as one entry of a script says; what does not fit, field by field."""
    try:
        wallet.give(_typed(world))
    except ValueError as wrong:
        return list(_misfits(world)) or [("", str(wrong))]
    return []


def _misfits(world: Mapping[str, Any]) -> Iterator[Problem]:
    """Tries every field by itself on a wallet of its own."""
    account = world.get("account")
    own = {} if account is None else {"account": account}
    for name, written in world.items():
        if name == "account":
            continue
        several = isinstance(written, list)
        found = False
        records = (written if several else [written]) if name in RECORDS else []
        for number, record in enumerate(records):
            path = f"{name}.{number}" if several else name
            for key, value in record.items() if isinstance(record, Mapping) else ():
                if wrong := _wrong({**own, name: {key: value}}):
                    found = True
                    yield f"{path}.{key}", wrong
        if not found and (wrong := _wrong({**own, name: written})):
            yield name, wrong


def _wrong(world: Mapping[str, Any]) -> str:
    try:
        DemoWallet(ANY_DAY).give(_typed(world))
    except ValueError as wrong:
        return str(wrong)
    return ""


def _typed(world: Mapping[str, Any]) -> dict[str, Any]:
    """The wallet's own types for fields that are numbers or truths; the rest is text, as written."""
    return {
        name: _typed_record(RECORDS[name], written) if name in RECORDS else written for name, written in world.items()
    }


def _typed_record(kind: type[Any], written: Any) -> Any:
    if isinstance(written, list):
        return [_typed_record(kind, one) for one in written]
    if not isinstance(written, Mapping):
        return written
    hints = _hints(kind)
    typed: dict[str, Any] = {}
    for name, value in written.items():
        typed[name] = value
        if hints.get(name) is bool and str(value).lower() in TRUTHS:
            typed[name] = TRUTHS[str(value).lower()]
        elif hints.get(name) is int and str(value).isdigit():
            typed[name] = int(value)
    return typed


_hints: Callable[[Any], Mapping[str, Any]] = functools.cache(get_type_hints)
