"""Callers who dither: they press into prompts, too late, twice and wrong, mumble, and hang up at odd moments.

What such a caller does is made up from a seed while the call goes on, and written down in steps that can be done again.
So a call that went wrong is told as the shortest script that still goes wrong.
"""

import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, assert_never

from ivr.network.line.leg import Leg
from ivr.network.line.listening import Listening
from ivr.network.line.transcript import Entry, format_entry

_KEYS = "0123456789*#"
_MUMBLES = ("um", "what?", "hello?", "sorry, I did not get that", "嗯", "啊？", "喂？", "等一下")
_STEPS = (0, 3, 6, 10, 15, 25, 60)  # after so many a caller does nothing more
_PATIENCE_SECONDS = 900.0  # how long a caller who has nothing more to do stays on the line


class CallerSide(Protocol):
    """What a caller needs of a `Call`."""

    @property
    def leg(self) -> Leg: ...
    @property
    def ended(self) -> bool: ...
    @property
    def listening(self) -> Listening | None: ...
    @property
    def transcript(self) -> tuple[Entry, ...]: ...
    def listen(self) -> str: ...
    def wait(self, seconds: float) -> None: ...
    def press(self, keys: str) -> None: ...
    def say(self, text: str, confidence: float = 0.9) -> None: ...
    def hang_up(self) -> None: ...


@dataclass(frozen=True, slots=True)
class CallerStep:
    """One thing a caller does. `wait` has seconds, `press` keys, `say` words; as text it is a line of Python."""

    kind: Literal["listen", "wait", "press", "say", "hang_up"]
    value: str | float = ""

    def __str__(self) -> str:
        return f"call.{self.kind}({self.value!r})" if self.value else f"call.{self.kind}()"


class CallerLost(AssertionError):
    """A caller who dithered came to no good end; carries the seed and the shortest script that shows it."""

    def __init__(self, seed: object, why: str, script: Sequence[CallerStep], call: CallerSide) -> None:
        steps = "\n".join(f"    {step}" for step in script)
        heard = "\n".join(f"  {format_entry(entry)}" for entry in call.transcript)
        super().__init__(f"restless caller {seed}: {why}\n  shortest script:\n{steps}\n{heard}")
        self.seed = seed
        self.why = why
        self.script = tuple(script)


def restless(call: CallerSide, seed: object, entries: Sequence[str] = ()) -> tuple[CallerStep, ...]:
    """Have a call as somebody who dithers; gives what they did. Equal seeds do the same to the same app.

    `entries` are what callers of this line key in, such as account numbers: some are tried. Whoever has done enough
    stays on the line for a quarter of an hour; a call that has not ended then goes on.
    """
    chance = random.Random(f"{seed}")  # noqa: S311 - the same every time
    done: list[CallerStep] = []
    most = chance.choice(_STEPS)
    while not call.ended and len(done) < most:
        for step in _made_up(call, chance, entries):
            if not call.ended:
                done.append(step)
                _do(call, step)
    call.leg.net.clock.run_until(lambda: call.ended, within=_PATIENCE_SECONDS)
    return tuple(done)


def restless_callers(
    dial: Callable[[], CallerSide],
    seeds: Iterable[object] = range(200),
    *,
    ends_with: str | Sequence[str] = (),
    entries: Sequence[str] = (),
) -> None:
    """Let many callers dither; raises CallerLost for the first whose call comes to no good end.

    A good end: no error in the debugger, and the caller hung up, or waits for a person, or has one on the line, or
    the app hung up, having said one of `ends_with` last if that is given. `dial` makes a call, best to an app that
    remembers nothing of the one before.
    """
    goodbyes = (ends_with,) if isinstance(ends_with, str) else tuple(ends_with)
    for seed in seeds:
        call = dial()
        script: Sequence[CallerStep] = restless(call, seed, entries)
        why = _lost(call, goodbyes)
        if why:
            raise CallerLost(seed, *_shortest(dial, script, goodbyes) or (why, script, call))


def _do(call: CallerSide, step: CallerStep) -> None:
    if call.ended:
        return
    match step.kind:
        case "listen":
            call.listen()
        case "wait":
            call.wait(float(step.value))
        case "press":
            call.press(str(step.value))
        case "say":
            call.say(str(step.value), 0.4)
        case "hang_up":
            call.hang_up()
        case _:
            assert_never(step.kind)


def _lost(call: CallerSide, goodbyes: Sequence[str]) -> str:
    """Give why a call came to no good end, or nothing; the caller hangs up if it has not ended."""
    errors = [entry for entry in call.leg.net.debugger.unexpected() if entry.call_sid == call.leg.sid]
    if errors:
        return str(errors[0])
    if not call.ended:
        waits = call.listening
        call.hang_up()
        on_hold = waits is not None and (waits.holding or waits.kind in ("hold", "bridge"))
        return "" if on_hold else f"after {_PATIENCE_SECONDS:g} s of silence the call was not over, and led to nobody"
    connected = any(entry.kind == "connected" for entry in call.transcript)
    if connected or call.leg.ended_by == call.leg.role or not goodbyes:
        return ""
    last = next((entry.text for entry in reversed(call.transcript) if entry.kind == "said"), "")
    return "" if any(words in last for words in goodbyes) else f"the app hung up after saying {last!r}"


def _made_up(call: CallerSide, chance: random.Random, entries: Sequence[str]) -> tuple[CallerStep, ...]:
    """Give what somebody does next who is not quite there."""
    key = CallerStep("press", _key(call, chance))
    listen = CallerStep("listen")

    def wait(least: float, most: float) -> CallerStep:
        return CallerStep("wait", round(chance.uniform(least, most), 1) or 0.1)

    habits: list[tuple[float, Callable[[], tuple[CallerStep, ...]]]] = [
        (5, lambda: (listen, wait(0.2, 1.5), key)),
        (3, lambda: (wait(0.1, 3.0), key)),  # into the prompt
        (2, lambda: (listen, wait(4.0, 12.0), key)),  # too late, or just in time
        (2, lambda: (listen, wait(0.2, 1.0), key, key)),  # twice
        (1, lambda: (listen, wait(0.2, 1.0), key, wait(0.1, 0.6), key)),
        (2, lambda: (listen, CallerStep("press", _digits(chance)))),
        (2, lambda: (listen, CallerStep("say", chance.choice(_MUMBLES)))),
        (1, lambda: (wait(0.1, 2.0), CallerStep("say", chance.choice(_MUMBLES)))),
        (1, lambda: (listen, wait(5.0, 30.0))),
        (0.4, lambda: (wait(0.1, 4.0), CallerStep("hang_up"))),
    ]
    if entries:
        habits.append((8, lambda: (listen, wait(0.2, 1.5), CallerStep("press", chance.choice(entries)))))
    weights, acts = zip(*habits, strict=True)
    chosen: Callable[[], tuple[CallerStep, ...]] = chance.choices(acts, weights)[0]
    return chosen()


def _key(call: CallerSide, chance: random.Random) -> str:
    """Mostly a key that was named last, sometimes any."""
    last = next((entry.text for entry in reversed(call.transcript) if entry.kind == "said"), "")
    named = re.findall(r"[0-9*#]", last)
    return chance.choice(named) if named and chance.random() < 0.7 else chance.choice(_KEYS)


def _digits(chance: random.Random) -> str:
    return "".join(chance.choices("0123456789", k=chance.randint(2, 8))) + chance.choice(("", "#", "*"))


def _shortest(
    dial: Callable[[], CallerSide], script: Sequence[CallerStep], goodbyes: Sequence[str]
) -> tuple[str, Sequence[CallerStep], CallerSide] | None:
    """Leave steps out as long as the call still goes wrong: why, the script and its call; None where it never does."""
    found = None
    size = len(script)
    while size:
        at = 0
        while at < len(script):
            shorter = [*script[:at], *script[at + size :]]
            call = dial()
            for step in shorter:
                _do(call, step)
            call.leg.net.clock.run_until(lambda: call.ended, within=_PATIENCE_SECONDS)  # noqa: B023 - called at once
            if why := _lost(call, goodbyes):
                found, script = (why, shorter, call), shorter
            else:
                at += size
        size //= 2
    return found
