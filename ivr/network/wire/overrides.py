"""What the `#fragment` of an address says about the connection. [D] docs/twilio-facts.md#a4-http-client"""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from ivr.network.wire.debugger import Problem
from ivr.network.wire.transport import Timeouts

_EDGES = frozenset("ashburn dublin frankfurt roaming sao-paulo singapore sydney tokyo umatilla".split())  # noqa: SIM905
_POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})


@dataclass(frozen=True, slots=True)
class ConnectionOverrides:
    """What a URL's `#fragment` asks of the connection. [D]"""

    timeouts: Timeouts = field(default_factory=Timeouts)
    retries: int = 1
    policies: frozenset[str] = frozenset({"ct"})
    problems: tuple[Problem, ...] = ()


NO_OVERRIDES = ConnectionOverrides()


def read_overrides(fragment: str) -> ConnectionOverrides:
    written = dict(parse_qsl(fragment, keep_blank_values=True))
    problems: list[Problem] = []

    def number(name: str, default: float, low: int, high: int) -> float:
        text = written.get(name, "")
        return min(high, max(low, int(text))) if text.isdecimal() else default

    policies = frozenset(p.strip() for p in written.get("rp", "ct").split(","))
    if not policies <= _POLICIES:
        problems.append(Problem(11243, f"rp={written['rp']!r} is no retry policy; use 4xx, 5xx, ct, rt or all"))
        policies = frozenset({"ct"})
    unknown = [edge for edge in written.get("e", "").split(",") if edge and edge not in _EDGES]
    if unknown:
        problems.append(Problem(11240, f"e={unknown[0]!r} is no edge; use {', '.join(sorted(_EDGES))}"))
    return ConnectionOverrides(
        timeouts=Timeouts(
            number("ct", 5000, 100, 10_000) / 1000,
            number("rt", 15_000, 100, 15_000) / 1000,
            number("tt", 15_000, 100, 15_000) / 1000,
        ),
        retries=int(number("rc", 1, 0, 5)),
        policies=policies,
        problems=tuple(problems),
    )
