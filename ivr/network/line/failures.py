"""What a test that has failed shows of a network: its calls, the requests that failed, and the debugger."""

from collections.abc import Iterable

from ivr.network.line.leg import Leg
from ivr.network.line.transcript import format_entry
from ivr.network.wire.carrier import Exchange
from ivr.network.wire.debugger import Debugger


class UnexpectedError(AssertionError):
    """An error that a test did not expect, or one that it expected in vain; says what happened."""

    def __init__(self, debugger: Debugger, legs: Iterable[Leg]) -> None:
        self.unexpected = debugger.unexpected()
        self.absent = debugger.absent()
        told = [f"{entry}; if the test is about it: expects_error({entry.code})" for entry in self.unexpected]
        told += [f"error {code} was expected and did not come" for code in self.absent]
        super().__init__("\n".join([*told, happened(debugger, legs)]))


def happened(debugger: Debugger, legs: Iterable[Leg]) -> str:
    """Give what happened on a network as text: transcripts, failed requests with what came back, the debugger."""
    lines: list[str] = []
    for leg in legs:
        lines += [f"{leg.from_} to {leg.to}: {leg.status}", *(f"  {format_entry(entry)}" for entry in leg.transcript)]
        lines += [line for exchange in leg.requests if exchange.failed for line in _failed(exchange)]
    return "\n".join([*lines, *(f"debugger: {entry}" for entry in debugger)])


def _failed(exchange: Exchange) -> list[str]:
    given = ", ".join(f"{name}={value}" for name, value in exchange.params if value)
    told = exchange.text.strip().splitlines()
    return [
        f"  {exchange.method} {exchange.url}: {exchange.status or exchange.error}",
        f"    with {given}",
        *(f"    {line}" for line in told),
    ]
