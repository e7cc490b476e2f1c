"""From the text of a call script to `Script` values: one for each language it is made in, all issues at once."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ivr.flow.issues import Issue, Place, did_you_mean
from ivr.flow.reading.fields import Reading, placed, read_fields
from ivr.flow.reading.scalars import NAME, WRONG, described
from ivr.flow.reading.source import Entry, ListNode, MapNode, Node, Scalar, parse
from ivr.flow.schema import Schema, schema_of
from ivr.hotline.demo import LOST_ANSWER, DemoFault
from ivr.testing.script import ANYTHING, Caller, Given, OneAct, Script, Step

SUFFIX = ".call.yaml"
"""How the name of a file ends that is a call script."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a hotline that a script may use. An empty set is not checked."""

    languages: tuple[str, ...] = ("zh", "en")
    queues: frozenset[str] = frozenset()
    calendars: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()
    """`flow.step` for every step."""
    faults: frozenset[str] = field(default=frozenset())
    """What can fail, as `fails` names it."""
    outcomes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What handlers can answer, by handler."""
    caller: str = "+8613800138000"
    """Who calls where a script names nobody."""


def read_script(text: str | bytes, file: str, names: Names) -> tuple[tuple[Script, ...], list[Issue]]:
    """The calls of one file, one per language it is made in, and what is wrong; none with an error in it.

    `file` is the name for places.
    """
    root, issues = parse(text, file)
    if root is None:
        return (), issues
    if not isinstance(root, MapNode):
        found = "nothing" if isinstance(root, Scalar) and not root.text else described(root)
        message = f"expected a call script with call: and steps: but found {found}"
        return (), [*issues, Issue("wrong-type", message, root.place)]
    told = list(issues)
    scripts = []
    for language in _languages(root, names):
        reading = Reading(names.languages)
        script = _read(_by_name(_in_language(root, language, names, reading), reading), language, reading)
        if script is not None:
            script = script if script.from_ else replace(script, from_=Caller(names.caller))
            reading.issues.extend(_check(script, names))
        told += [issue for issue in reading.issues if issue not in told]
        if script is not None:
            scripts.append(script)
    return (() if any(issue.is_error for issue in told) else tuple(scripts)), sorted(told, key=lambda one: one.place)


def script_schema(languages: tuple[str, ...] = ()) -> Schema:
    schema = schema_of(Script, "Call script", languages)
    definitions = schema["$defs"]
    given = schema_of(Given, "Given", languages)
    definitions |= given.pop("$defs")
    given["properties"] = {
        "back_office": {
            "description": "what the demo of the back office holds: an account and what is changed of it, or a list",
            "type": ["object", "array"],
        },
        **given["properties"],
    }
    definitions["given"] = {key: given[key] for key in ("type", "description", "properties", "additionalProperties")}
    schema["properties"]["given"] = {"$ref": "#/$defs/given", "description": "the world before the call"}
    definitions["step"]["anyOf"].append(
        {
            "description": "what somebody does whom `given` names, such as lin: answer",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "propertyNames": {"not": {"enum": list(Step.either)}},
            "additionalProperties": {"anyOf": [{"$ref": f"#/$defs/{kind}step"} for kind in ("agent", "customer")]},
        }
    )
    by_language = {"type": "object", "propertyNames": {"enum": list(languages)} if languages else {"type": "string"}}
    for one in (schema, *(d for name, d in definitions.items() if name != "given")):
        for properties in _properties(one):
            for word in ("from", "hear", "press", "say", "says", "text", "never"):
                if word in properties:
                    properties[word] = {"anyOf": [properties[word], by_language]}
    return schema


def _properties(schema: Schema) -> Iterator[dict[str, Any]]:
    for part in (schema, *schema.get("anyOf", ())):
        if isinstance(part.get("properties"), dict):
            yield part["properties"]


# --- languages ----------------------------------------------------------------------------------------------


def _languages(root: MapNode, names: Names) -> tuple[str, ...]:
    """The languages this script is made in; the hotline's first one if it names none that is known."""
    entry = root.get("language")
    items: tuple[Node, ...] = ()
    if entry is not None:
        items = entry.value.items if isinstance(entry.value, ListNode) else (entry.value,)
    known = [item.text for item in items if isinstance(item, Scalar) and item.text in names.languages]
    return tuple(dict.fromkeys(known)) or names.languages[:1]


def _in_language(root: MapNode, language: str, names: Names, reading: Reading) -> MapNode:
    """The script with what is written by language chosen; the world has its own texts by language, and stays."""

    def chosen(node: Node) -> Node:
        match node:
            case ListNode(items=items):
                return replace(node, items=tuple(map(chosen, items)))
            case MapNode(entries=entries) if entries and all(one.key.text in names.languages for one in entries):
                own = node.get(language)
                if own is None:
                    reading.error("missing-language", f'nothing is written for "{language}" here', node.place)
                    return entries[0].value
                return own.value
            case MapNode(entries=entries):
                return replace(node, entries=tuple(Entry(one.key, chosen(one.value)) for one in entries))
        return node

    return replace(
        root,
        entries=tuple(
            one if one.key.text in ("given", "language") else Entry(one.key, chosen(one.value)) for one in root.entries
        ),
    )


# --- people by name -----------------------------------------------------------------------------------------

_NAMED = {"agents": "agent", "callers": "customer"}
"""Where people get their short names, and what their steps are."""


def _by_name(root: MapNode, reading: Reading) -> MapNode:
    """The script with the steps of named people written out: `lin: hold` is `agent: {does: hold, of: lin}`."""
    people = dict(_people(root, reading))
    steps = root.get("steps")
    if not people or steps is None or not isinstance(steps.value, ListNode):
        return root
    written = replace(steps.value, items=tuple(_written_out(item, people) for item in steps.value.items))
    entries = (Entry(one.key, written) if one.key.text == "steps" else one for one in root.entries)
    return replace(root, entries=tuple(entries))


def _people(root: MapNode, reading: Reading) -> Iterator[tuple[str, str]]:
    given = root.get("given")
    for where, what in _NAMED.items():
        group = given.value.get(where) if given is not None and isinstance(given.value, MapNode) else None
        for entry in group.value.entries if group is not None and isinstance(group.value, MapNode) else ():
            name = entry.key.text
            if name in ("does", *Step.either):
                reading.error("bad-name", f'"{name}" is something that is done; call the person otherwise',
                              entry.key.place)  # fmt: skip
            else:
                yield name, what


def _written_out(item: Node, people: Mapping[str, str]) -> Node:
    if not isinstance(item, MapNode) or len(item.entries) != 1 or item.entries[0].key.text not in people:
        return item
    (entry,) = item.entries
    who = Entry(entry.key._replace(text="of"), entry.key)
    value = entry.value
    act = value.entries if isinstance(value, MapNode) else (Entry(entry.key._replace(text="does"), placed(entry)),)
    step = MapNode(entries=(*act, who), place=value.place)
    return replace(item, entries=(Entry(entry.key._replace(text=people[entry.key.text]), step),))


# --- reading ------------------------------------------------------------------------------------------------


def _read(root: MapNode, language: str, reading: Reading) -> Script | None:
    whole = reading.only_in(language)
    if not _all_said(root, reading):  # and what follows from it is not told as well
        return None
    written = read_fields(root, Script, whole, called="call script", others=("given",), at=root.place)
    given: Any = Given()
    if "given" in written.others:
        given = _read_given(written.others["given"], reading)
    if not written.complete or given is WRONG or any(issue.is_error for issue in reading.issues):
        return None
    values = {**written.values, "language": (language,), "given": given}
    return Script(**values, place=root.place, places=written.places)


def _all_said(root: MapNode, reading: Reading) -> bool:
    """Whether every step is a known act and says something; an unquoted `#` is the usual reason why one does not."""
    steps = root.get("steps")
    items = steps.value.items if steps is not None and isinstance(steps.value, ListNode) else ()
    people = [name for name, _ in _people(root, Reading(()))]
    complete = True
    for item in items:
        if misspelt := _misspelt(item, people):
            complete = False
            reading.error(misspelt.rule, misspelt.message, misspelt.place)
            continue
        for entry in item.entries if isinstance(item, MapNode) else ():
            if not isinstance(entry.value, Scalar) or not entry.value.is_empty or entry.key.text not in Step.either:
                continue
            complete = False
            if entry.value.comment:
                message = '# begins a comment in YAML; write the key as "#" in quotes'
                reading.error("unquoted-key", message, entry.value.comment)
            else:
                reading.error("wrong-type", f'nothing is written after "{entry.key.text}"', entry.key.place)
    return complete


_ALONE = ("silence", "hang up", "restart")
_ACT_GLUED = re.compile(rf"({'|'.join(Step.either)})(?:\s*[：:]\s*|\s+)(\S.*)")


def _misspelt(item: Node, people: Iterable[str]) -> Issue | None:
    """What is wrong with a step whose colon is missing or full-width, or that begins with no act and no name."""
    if isinstance(item, Scalar) and (glued := _ACT_GLUED.fullmatch(item.text)):
        message = f'"{item.text}" lacks the colon and the blank after the act; write {glued[1]}: {glued[2]}'
        return Issue("yaml-syntax", message, item.place)
    if not isinstance(item, MapNode) or len(item.entries) != 1:
        return None
    key = item.entries[0].key
    if key.text in _ALONE:
        message = f'"{key.text}" is written alone, without a colon'
        return Issue("unknown-field", message, key.place)
    if key.text in ("does", *Step.either) or not NAME.fullmatch(key.text):
        return None
    hint = did_you_mean(key.text, (*Step.either, *people)) or (
        f"; a step is one of {', '.join((*Step.either, *_ALONE))}, or begins with a name that stands under given, in "
        "agents: or callers:"
    )
    return Issue("unknown-field", f'unknown field "{key.text}" in step{hint}', key.place)


def _read_given(entry: Entry, reading: Reading) -> Any:
    node = entry.value
    if isinstance(node, Scalar) and node.is_empty:
        return Given()
    if not isinstance(node, MapNode):
        message = f"expected given with back_office:, queue:, fails: but found {described(node)}"
        return reading.error("wrong-type", message, node.place)
    written = read_fields(node, Given, reading, called="given", others=("back_office",), at=node.place)
    places = dict(written.places)
    worlds: tuple[Mapping[str, Any], ...] = ()
    world = written.others.get("back_office")
    if world is not None:
        value = world.value
        items = value.items if isinstance(value, ListNode) else (value,)
        for index, item in enumerate(items):
            if not isinstance(item, MapNode):
                return reading.error("wrong-type", f"expected an account: and its fields, not {described(item)}",
                                     item.place)  # fmt: skip
            worlds += (_plain(item, f"back_office.{index}", places),)
    return Given(**written.values, back_office=worlds, places=places) if written.complete else WRONG


def _plain(node: Node, path: str, places: dict[str, Place]) -> Any:
    """Text, mappings and lists of it, as the back office takes them; notes each value's place."""
    places[path] = node.place
    match node:
        case MapNode(entries=entries):
            return {one.key.text: _plain(one.value, f"{path}.{one.key.text}", places) for one in entries}
        case ListNode(items=items):
            return [_plain(item, f"{path}.{index}", places) for index, item in enumerate(items)]
        case Scalar(is_empty=True):
            return None
    return node.text


# --- what no type can say -------------------------------------------------------------------------------------


def _check(script: Script, names: Names) -> Iterator[Issue]:
    for step in script.steps:
        yield from _one_act(step)
        for one in (step.agent, step.customer):
            if one is not None:
                yield from _one_act(one)
        yield from _known_people(step, script, names)
    yield from _check_given(script.given, names)
    if script.expect.path and names.steps:
        known = names.steps | {step.partition(".")[2] for step in names.steps}
        for index, name in enumerate(script.expect.path):
            if name not in ANYTHING:
                yield from _known("step", name, known, script.expect.places[f"path.{index}"])


def _check_given(given: Given, names: Names) -> Iterator[Issue]:
    for name, agent in given.agents.items():
        for queue in agent.queues:
            yield from _known("queue", queue, names.queues, given.places[f"agents.{name}"])
        if name in given.callers:
            yield Issue("written-twice", f'"{name}" is an agent and a caller', given.places[f"callers.{name}"])
    for name in given.queue:
        yield from _known("queue", name, names.queues, given.places[f"queue.{name}:"])
        yield from _counted(name, given)
    for name in given.closures:
        known = names.calendars | {"all"} if names.calendars else names.calendars
        yield from _known("calendar", name, known, given.places[f"closures.{name}:"])
    yield from _check_faults(given, names)
    for name, answers in given.answers.items():
        yield from _known("handler", name, frozenset(names.outcomes), given.places[f"answers.{name}:"])
        for answer in answers:
            known = names.outcomes.get(name, frozenset())
            yield from _known("outcome", answer, known, given.places[f"answers.{name}"])


def _check_faults(given: Given, names: Names) -> Iterator[Issue]:
    for name, fault in given.fails.items():
        yield from _known("part that can fail", name, names.faults, given.places[f"fails.{name}:"])
        if fault == LOST_ANSWER and name not in ("sms", "calls"):
            message = f'"{LOST_ANSWER}" is for sms and calls; "once" loses an answer of the carrier'
            yield Issue("no-effect", message, given.places[f"fails.{name}"])
        elif DemoFault(fault).slow_seconds and name.startswith("queue:"):
            yield Issue("no-effect", "a queue can lose callers, but is never slow", given.places[f"fails.{name}"])


def _counted(name: str, given: Given) -> Iterator[Issue]:
    """Numbers of people start at 0."""
    for what in ("waiting", "agents", "most"):
        if (getattr(given.queue[name], what) or 0) < 0:
            yield Issue(
                "bad-number", f'"{what}" is a number of people, and not less than 0', given.places[f"queue.{name}"]
            )


def _known_people(step: Step, script: Script, names: Names) -> Iterator[Issue]:
    """Whether everybody whom a step names is there."""
    given = script.given
    agent, customer = step.agent, step.customer
    everybody = {"customer", *given.callers}
    if agent is not None:
        known = names.queues | given.agents.keys() if names.queues else names.queues
        what = "agent or queue" if given.agents else "queue"
        for field_name in ("of", "consult"):
            if getattr(agent, field_name):
                yield from _known(what, getattr(agent, field_name), known, agent.places[field_name])
        if agent.hand_over:
            yield from _known("queue", agent.hand_over, names.queues, agent.places["hand_over"])
        if agent.call_back:
            yield from _known("caller", agent.call_back, everybody, agent.places["call_back"])
    if customer is not None and customer.of:
        yield from _known("caller", customer.of, everybody, customer.places["of"])


def _one_act(step: OneAct) -> Iterator[Issue]:
    """A step does one thing: two would have no order."""
    written = [name for name in step.either if getattr(step, name) not in (None, ())]
    for name in written[1:]:
        message = f'a step does one thing; write "{name}" in a step of its own, after "{written[0]}"'
        yield Issue("two-acts", message, step.places.get(name, step.place))


def _known(what: str, name: str, known: frozenset[str] | set[str], place: Place) -> Iterator[Issue]:
    if known and name not in known:
        hint = did_you_mean(name, known) or (f"; there is {', '.join(sorted(known))}" if len(known) < 12 else "")
        yield Issue(f"unknown-{what.split(maxsplit=1)[0]}", f'there is no {what} "{name}"{hint}', place)
