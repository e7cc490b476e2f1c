"""Where wishes lead: the keys from a menu to each, through the menus behind it."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from ivr.call.understanding.decision import Ways
from ivr.flow.model import ACTIONS, Callback, FlowSet, Menu, Prompting, Run, Text

DEEPEST = 4
"""How many menus one sentence may go through."""


class WishWays:
    """The ways of one flow set to what callers can want. What is found for a menu is kept."""

    def __init__(self, flows: FlowSet) -> None:
        self._flows = flows
        self._ways: dict[tuple[str, int, str], tuple[Prompting, Ways]] = {}

    def of(self, flow: str, menu: Prompting, language: str) -> Ways:
        """The keys that lead from a menu to each wish, through the menus behind them, for a caller of a language."""
        key = flow, id(menu), language
        if key not in self._ways:
            self._ways[key] = menu, self._found_ways(flow, menu, language)  # with the menu, or its id is given again
        return self._ways[key][1]

    def _found_ways(self, flow: str, menu: Prompting, language: str) -> Ways:
        found: dict[str, tuple[str, ...]] = {}
        for wish, keys in self._through(flow, menu, (), language):
            found.setdefault(wish, keys)
        for key, target in menu.keys.items():
            if target in ACTIONS:
                found.setdefault(target, (key,))
                continue
            away, step = self._address(flow, target)
            for wish, keys in self._behind(away, step, (key,), language):
                found.setdefault(wish, keys)
        home = {} if flow == self._flows.start else self.home_ways(language)
        everywhere = {wish: keys for wish, keys in home.items() if len(keys) == 1 and keys[0] in menu.keys}
        return {**everywhere, **found}  # who asks for a person is led where its key leads here

    def _through(
        self, flow: str, menu: Prompting, before: tuple[str, ...], language: str
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        for choice in menu.choices:
            if choice.key not in "*#" and choice.language in (None, language):
                yield from self._behind(flow, choice.next, (*before, choice.key), language)

    def _behind(
        self, flow: str, step: str, keys: tuple[str, ...], language: str
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The wishes that these keys lead to: the step's own, or those of the menu that it is."""
        if wish := self.wish_of(flow, step):
            yield wish, keys
        elif len(keys) < DEEPEST and (behind := self._menu(flow, step)):
            yield from self._through(*behind, keys, language)

    def _menu(self, flow: str, step: str) -> tuple[str, Menu] | None:
        """The menu that a step is, or with which the flow begins that it runs; and its flow."""
        target = self._flows.flows[flow].steps.get(step)
        if isinstance(target, Run):
            flow = target.run
            target = self._flows.flows[flow].steps.get(self._flows.flows[flow].start)
        return (flow, target) if isinstance(target, Menu) else None

    def _address(self, flow: str, target: str) -> tuple[str, str]:
        """The flow and step of a key that works everywhere: `hotline.security`, or a step of this flow."""
        away, dot, step = target.partition(".")
        return (away, step) if dot else (flow, target)

    def wish_of(self, flow: str, step: str) -> str:
        """The wish of callers who want to come to a step, or an end, of a flow; "" if nobody wrote what they say."""
        home = self._flows.flows[flow]
        target = home.steps.get(step)
        if isinstance(target, Run) and target.run in self._flows.flows[target.run].examples:
            return target.run
        return f"{flow}.{step}" if step in home.examples else ""

    def label(self, flow: str, menu: Menu, keys: tuple[str, ...]) -> Text | None:
        """What the way of these keys is called: its last choice, or the title of the flow it leads to."""
        for key in keys:
            choice = next((choice for choice in menu.choices if choice.key == key), None)
            if choice is None:
                return self._title(flow, menu.keys.get(key, ""))
            behind = None if self.wish_of(flow, choice.next) else self._menu(flow, choice.next)
            if behind is None:
                return choice.label
            flow, menu = behind
        return None

    def _title(self, flow: str, target: str) -> Text | None:
        if target in ACTIONS:
            return None
        away, name = self._address(flow, target)
        step = self._flows.flows[away].steps.get(name)
        return self._flows.flows[step.run].title if isinstance(step, Run) else None

    @cached_property
    def home(self) -> Menu | None:
        """The menu of the first flow that leads to most wishes."""
        start = self._flows.flows[self._flows.start]
        menus = [step for step in start.steps.values() if isinstance(step, Menu)]
        return max(menus, key=lambda menu: len(self.of(start.name, menu, self._flows.languages[0])), default=None)

    def home_ways(self, language: str) -> Ways:
        """The ways from that menu."""
        return self.of(self._flows.start, self.home, language) if self.home else {}

    def home_of(self, wish: str, language: str) -> str:
        """The menu, as a state, from which a wish is led to when a topic is over; "" if none leads there."""
        return f"{self._flows.start}.{self.home.name}" if self.home and wish in self.home_ways(language) else ""

    def is_end(self, wish: str, inside: Sequence[str]) -> bool:
        """Whether a flow that is open ends where this wish leads."""
        start = self._flows.flows[self._flows.start]
        runs = (step for step in start.steps.values() if isinstance(step, Run) and step.run in inside)
        return any(self.wish_of(start.name, end.next) == wish for run in runs for end in run.ways.values())

    @cached_property
    def callback(self) -> str:
        """The wish to be called back: the flow that begins with a menu in which a callback is booked; "" if none."""
        begun = {flow.name: (flow.steps, flow.steps.get(flow.start)) for flow in self._flows.flows.values()}
        offered = {name: [steps.get(each.next) for each in menu.choices] for name, (steps, menu) in begun.items()
                   if isinstance(menu, Menu)}  # fmt: skip
        return next((name for name, steps in offered.items() if any(isinstance(step, Callback) for step in steps)), "")

    @cached_property
    def urgent(self) -> frozenset[str]:
        """The wishes that go before all others."""
        return frozenset(flow.name for flow in self._flows.flows.values() if flow.urgent)
