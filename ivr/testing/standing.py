"""A caller who stands at a step of the flows already, with made-up values: for whoever tries flows out."""

from collections.abc import Mapping
from dataclasses import replace

from ivr.call.session import Session
from ivr.call.values import Value, value_of
from ivr.flow.checks.dataflow import dataflow
from ivr.flow.checks.graph import Graph
from ivr.flow.checks.step_facts import VERIFIED
from ivr.flow.model import Catalogue, FlowSet, ValueKind
from ivr.hotline.demo import DemoCaller
from ivr.testing.explorer.actions import example


def standing_at(
    session: Session, state: str, flows: FlowSet, catalogue: Catalogue, caller: DemoCaller | None
) -> Session:
    """The session of a call that begins at `state` (`flow.step`). Raises KeyError for a step that is not there.

    What may be set on the way there has a value; who must be identified there is this caller. The flows are in order.
    """
    flow, _, step = state.partition(".")
    flows.step(state)
    graph = Graph(flows, catalogue)
    flowing = graph.once(dataflow)
    if flow not in graph.live or step not in graph.resolved[flow].reached:
        return session.replace(state=state)
    language = caller.language if caller and caller.language in flows.languages else session.language
    known = flowing.before(flow, step)
    kinds = {name: min(kinds) for name, kinds in flowing.kinds.items() if flowing.is_sometimes(known, name)}
    is_identified = kinds.pop(VERIFIED, None) is not None and caller is not None and bool(caller.account)
    values = {name: example(kind, name, language) for name, kind in kinds.items() if name not in catalogue.always}
    if caller and is_identified:
        values |= _known_of(caller, kinds, language)
    return replace(
        session,
        state=state,
        stack=_stack(graph, flow),
        language=language,
        values={**session.values, **values},
        account=caller.account if caller and is_identified else "",
        factor=("pin" if caller.factors == ("pin",) else "code") if caller and is_identified else "",
    )


def _known_of(caller: DemoCaller, kinds: Mapping[str, ValueKind], language: str) -> Mapping[str, Value]:
    """What is true of this caller, among the values that are set."""
    told = {
        **caller.knows, "registered_phone": caller.phone,
        "customer": caller.names.get(language) or next(iter(caller.names.values()), ""),
    }  # fmt: skip
    return {name: value_of(kind, told[name]) for name, kind in kinds.items() if told.get(name)}


def _stack(graph: Graph, flow: str) -> tuple[str, ...]:
    """The steps that run each other's flows down to this one, from the flow that answers the call."""
    sites = graph.sites[flow]
    if flow == graph.set.start or not sites:
        return ()
    caller, step = sites[0]
    return (*_stack(graph, caller), f"{caller}.{step.name}")
