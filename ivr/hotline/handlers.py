"""How handlers are declared, found, checked and run. Knows no topic: `config.yaml` names the modules of the topics.

A handler is one decorated function that asks the back office and gives back what it found:

    @handler("refund", takes={"reference": "reference"}, optional={"reference"},
             outcomes={"approved": {"amount": "money", "expected_on": "date"}, "not_found": {}})
    def refund(case: Case, reference: str | None = None) -> Found:
        \"\"\"Where a refund is: by its number, or the latest.\"\"\"
        return found("approved", amount=Money(Decimal("128.50"), "CNY"), expected_on=date(2026, 11, 25))

The declaration is what the checker of flows knows, so it is held against the function when the module is imported and
against every answer when the handler runs. `unavailable` belongs to every handler and is never declared: it is the
outcome of one that raised, hung or was late.
"""

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from ivr.call.events import LookedUp
from ivr.call.values import Money, Value, Values, value_of
from ivr.flow.issues import did_you_mean
from ivr.flow.model import VALUE_KINDS, HandlerSpec, ValueKind
from ivr.hotline.back_office import Names, called, counting_delay

if TYPE_CHECKING:
    from ivr.hotline.tickets import StoredTickets

LONGEST_SECONDS = 8.0
"""No handler may take longer: the carrier gives a webhook 15 s in all (docs/trust.md#goal-38)."""

B = TypeVar("B")
"""The type of the back office that a handler asks."""


class HandlerMistake(Exception):
    """A handler is declared wrongly, or broke its declaration. The handler's author has to change something."""


class NotIdentified(Exception):
    """A handler that reads or changes an account was run in a call whose caller is not verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Generic[B]):
    """The call a handler works for, and whom it may ask. A handler says which back office it asks: `Case[Members]`.

    key: the same for every run of the same turn, so that a change is made once. account: "" unless the caller is
    verified, by `factor` ("code" or "pin"). caller: E.164 or "", and never evidence of anything, for it can be forged.
    now: aware, UTC. zone: where the caller's days and hours are counted.
    """

    call_id: str
    key: str
    account: str = field(repr=False)
    factor: str
    caller: str = field(repr=False)
    language: str
    now: datetime
    zone: tzinfo
    back_office: B
    tickets: "StoredTickets"

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def name(self, names: Names) -> str:
        """What something is called in the caller's language, or else in whatever language there is."""
        return called(names, self.language)


@dataclass(frozen=True, slots=True)
class Found:
    outcome: str
    values: Mapping[str, object] = field(default_factory=dict)


def found(outcome: str, /, **values: object) -> Found:
    """What a handler gives back: `found("approved", amount=..., expected_on=...)`."""
    return Found(outcome, values)


class Answer(NamedTuple):
    """What came of a run, and how many seconds later it would have come (a pretended slow back office; mostly 0)."""

    looked_up: LookedUp
    delay_seconds: float


@dataclass(frozen=True, slots=True)
class Handler:
    """A registered handler: what it promises, the function, and its time budget."""

    spec: HandlerSpec
    function: Callable[..., Found]
    within_seconds: float
    tries: Mapping[str, int] = field(default_factory=dict)


Body = Callable[..., Found]

_declared: dict[str, dict[str, Handler]] = {}


def handler(
    name: str,
    *,
    outcomes: Mapping[str, Mapping[str, str]],
    takes: Mapping[str, str] | None = None,
    optional: Iterable[str] = (),
    within_seconds: float = LONGEST_SECONDS,
    identified: bool = True,
    tries: Mapping[str, int] | None = None,
) -> Callable[[Body], Body]:
    """Registers a handler under the name that flows use. Raises HandlerMistake if the declaration can not hold.

    takes and outcomes: names and kinds of values. optional: which of `takes` a flow may leave out.
    identified: False only for what everybody may hear, and for the freeze. tries: how often a day one calling number,
    or one account, may come to an outcome while the caller is not verified: `{"not_matched": 3}`. After that the
    outcome is given without running the handler, so that nobody finds out by guessing.
    """

    def register(function: Body) -> Body:
        spec = HandlerSpec(
            name=name,
            takes=cast("Mapping[str, ValueKind]", dict(takes or {})),  # _mistakes looks at the kinds
            optional=frozenset(optional),
            outcomes={name: cast("Mapping[str, ValueKind]", dict(values)) for name, values in outcomes.items()},
            doc=inspect.getdoc(function) or "",
            identified=identified,
        )
        for mistake in (*_mistakes(spec, function, within_seconds), *_bad_tries(spec, tries or {})):
            raise HandlerMistake(f'handler "{name}" in {function.__module__}: {mistake}')
        _declared.setdefault(function.__module__, {})[name] = Handler(spec, function, within_seconds, dict(tries or {}))
        return function

    return register


def load_handlers(modules: Iterable[str], beside: Path | None = None) -> Mapping[str, Handler]:
    """The handlers that these modules declare, by name. A package stands for all modules in it.

    `beside` is the folder of the configuration: a module may lie there. Raises HandlerMistake for a module that can
    not be imported, with the reason, and for two modules that declare the same name.
    """
    loaded: dict[str, Handler] = {}
    owners: dict[str, str] = {}
    for module in _modules(modules, beside):
        for name, entry in _declared.get(module.__name__, {}).items():
            owner = owners.setdefault(name, module.__name__)
            if owner != module.__name__:
                raise HandlerMistake(f'handler "{name}" in {module.__name__}: the name is taken by {owner}')
            loaded[name] = entry
    return loaded


def load_value_names(modules: Iterable[str], beside: Path | None = None) -> Mapping[str, Names]:
    """What agents read beside values: `VALUE_NAMES` of these modules, such as `{"paid_on": {"en": "Paid on"}}`."""
    found: dict[str, Names] = {}
    for module in _modules(modules, beside):
        found.update(getattr(module, "VALUE_NAMES", {}))
    return found


def _modules(names: Iterable[str], beside: Path | None) -> Iterator[ModuleType]:
    """The modules of these names, and for a package all modules in it too."""
    for name in names:
        package = imported(name, beside)
        yield package
        for inside in pkgutil.iter_modules(getattr(package, "__path__", ())):
            yield imported(f"{name}.{inside.name}")


def imported(name: str, beside: Path | None = None) -> ModuleType:
    """A module that `config.yaml` names; it may lie in the folder `beside`. Raises HandlerMistake, with the reason."""
    if beside is not None and str(beside) not in sys.path:
        sys.path.append(str(beside))
    importlib.invalidate_caches()  # the folder may have been written a moment ago
    try:
        return importlib.import_module(name)
    except HandlerMistake:
        raise
    except Exception as error:  # whatever somebody's module does when it is imported
        raise HandlerMistake(f'the module "{name}" can not be imported: {error}') from error


def specs_of(handlers: Mapping[str, Handler]) -> Mapping[str, HandlerSpec]:
    """What the checker of flows knows of handlers; `unavailable` is not written out."""
    return {name: entry.spec for name, entry in handlers.items()}


def run(entry: Handler, case: Case[Any], given: Values) -> Answer:
    """Runs a handler to its end, in this thread; a time budget is the caller's business.

    given: the values of the flow's `with`, each read by the kind the handler declared. Raises NotIdentified,
    HandlerMistake (wrong input, undeclared outcome, value missing or of another type) and whatever the handler raises.
    """
    if entry.spec.identified and not case.account:
        raise NotIdentified(f'handler "{entry.spec.name}" needs a verified caller')
    taken = _taken(entry.spec, given)
    with counting_delay() as delay:
        answer = entry.function(case, **taken)
    return Answer(_checked(entry.spec, answer, case.zone), delay.seconds)


# --- between typed values and Python ----------------------------------------------------------------------------

_TEXTS = frozenset({"words", "name", "digits", "phone", "account", "reference", "tail"})


def to_python(value: Value, kind: str) -> Any:
    """The value read as this kind: str, Decimal, Money, date, time, aware datetime or timedelta. Raises ValueError."""
    text = value.text
    try:
        match kind:
            case "number":
                return Decimal(text)
            case "money":
                amount, _, currency = text.partition(" ")
                return Money(Decimal(amount), currency)
            case "date":
                return date.fromisoformat(text)
            case "time":
                return time.fromisoformat(text)
            case "datetime":
                return datetime.fromisoformat(text)
            case "duration":
                return timedelta(seconds=int(text))
            case _:
                return text
    except InvalidOperation:
        raise ValueError(f"not a {kind}") from None


def to_value(thing: object, kind: str, zone: tzinfo) -> Value:
    """What a handler found as a typed value; a moment is told in the caller's zone. Raises TypeError."""
    match kind, thing:
        case _, str() if kind in _TEXTS:
            return value_of(kind, str(thing))
        case "number", bool():
            pass
        case "number", int() | Decimal():
            return Value(kind, format(Decimal(thing), "f"))
        case "money", Money():
            return value_of(kind, str(thing))
        case "datetime", datetime(tzinfo=tz) if tz is not None:
            return Value(kind, thing.astimezone(zone).isoformat(timespec="seconds"))
        case "date", date() if not isinstance(thing, datetime):
            return Value(kind, thing.isoformat())
        case "time", time():
            return Value(kind, thing.isoformat(timespec="minutes"))
        case "duration", timedelta():
            return Value(kind, str(round(thing.total_seconds())))
    raise TypeError(f"expected a {kind}, not {type(thing).__name__}")


def _taken(spec: HandlerSpec, given: Values) -> dict[str, Any]:
    if unknown := set(given) - set(spec.takes):
        raise HandlerMistake(f'handler "{spec.name}" does not take {_quoted(unknown)}')
    if missing := set(spec.takes) - spec.optional - set(given):
        raise HandlerMistake(f'handler "{spec.name}" was not given {_quoted(missing)}')
    taken = {}
    for key, value in given.items():
        try:
            taken[key] = to_python(value, spec.takes[key])
        except ValueError:  # the text itself stays out of the message: it is a caller's
            raise HandlerMistake(f'handler "{spec.name}" takes "{key}" as {spec.takes[key]}, which it is not') from None
    return taken


def _checked(spec: HandlerSpec, answer: object, zone: tzinfo) -> LookedUp:
    if not isinstance(answer, Found):
        raise HandlerMistake(f'handler "{spec.name}" gave back {type(answer).__name__}; use found("outcome", ...)')
    declared = spec.outcomes.get(answer.outcome)
    if declared is None:
        near = did_you_mean(answer.outcome, spec.outcomes)
        raise HandlerMistake(f'handler "{spec.name}" has no outcome "{answer.outcome}"{near}')
    where = f'outcome "{answer.outcome}" of handler "{spec.name}"'
    if undeclared := set(answer.values) - set(declared):
        raise HandlerMistake(f"{where} does not declare {_quoted(undeclared)}")
    if missing := set(declared) - set(answer.values):
        raise HandlerMistake(f"{where} lacks {_quoted(missing)}")
    values = {}
    for key, kind in declared.items():
        try:
            values[key] = to_value(answer.values[key], kind, zone)
        except TypeError as error:
            raise HandlerMistake(f'{where}: "{key}": {error}') from None
    return LookedUp(answer.outcome, values)


# --- whether a declaration can hold -------------------------------------------------------------------------------

_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")


def _mistakes(spec: HandlerSpec, function: Body, within_seconds: float) -> Iterable[str]:
    """What is wrong with a declaration, worst first."""
    known = _declared.get(function.__module__, {}).get(spec.name)
    if known and known.function.__qualname__ != function.__qualname__:
        yield f"the name is taken by {known.function.__qualname__}"
    yield from _bad_words(spec)
    if not spec.outcomes:
        yield "it needs at least one outcome"
    if "unavailable" in spec.outcomes:
        yield '"unavailable" belongs to every handler and is not declared'
    if not spec.doc:
        yield "it needs a docstring, which is its documentation"
    if not 0 < within_seconds <= LONGEST_SECONDS:
        yield f"within_seconds must be above 0 and at most {LONGEST_SECONDS:g}"
    yield from _bad_parameters(spec, function)


def _bad_words(spec: HandlerSpec) -> Iterable[str]:
    """Names and kinds of values that a flow could not use."""
    words = [spec.name, *spec.takes, *spec.outcomes, *(key for values in spec.outcomes.values() for key in values)]
    for word in words:
        if not _WORD.match(word):
            yield f'"{word}" must be lower-case words joined by _'
    for kind in [*spec.takes.values(), *(kind for values in spec.outcomes.values() for kind in values.values())]:
        if kind not in VALUE_KINDS:
            yield f'"{kind}" is no kind of value{did_you_mean(kind, VALUE_KINDS)}'


def _bad_parameters(spec: HandlerSpec, function: Body) -> Iterable[str]:
    parameters = list(inspect.signature(function).parameters.values())
    first = parameters.pop(0) if parameters else None
    if first is None or first.name != "case" or {parameter.name for parameter in parameters} != set(spec.takes):
        yield "its parameters must be `case` and the names it takes"
    for parameter in parameters:
        if (parameter.default is parameter.empty) == (parameter.name in spec.optional):
            yield f'"{parameter.name}" must have a default exactly if it is optional'
    if stray := spec.optional - set(spec.takes):
        yield f"{_quoted(stray)} is optional but not taken"


def _bad_tries(spec: HandlerSpec, tries: Mapping[str, int]) -> Iterable[str]:
    for outcome, most in tries.items():
        if outcome not in spec.outcomes:
            yield f'tries: no outcome "{outcome}"{did_you_mean(outcome, spec.outcomes)}'
        elif spec.outcomes[outcome]:
            yield f'tries: "{outcome}" has values, so it cannot be said without running the handler'
        if most < 1:
            yield f'tries: "{outcome}" must be at least 1'


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))
