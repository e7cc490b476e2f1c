"""Rules about the languages of a text: what stands side by side must say the same, each in its own language."""

from collections.abc import Iterator

from ivr.flow.checks.graph import Graph, quoted
from ivr.flow.checks.rule import Problem, warning
from ivr.flow.checks.spoken import is_other_language


@warning("uneven-values")
def uneven_values(graph: Graph) -> Iterator[Problem]:
    for _, text in graph.said:
        names = {code: {slot.name for slot in sentence.slots} for code, sentence in text.sentences.items()}
        every = set().union(*names.values())
        for code, own in names.items() if every else ():
            if missing := sorted(every - own):
                braced = [f"{{{name}}}" for name in missing]
                yield f'the text in "{code}" leaves out {quoted(braced)}', text.sentences[code].place


@warning("other-language")
def other_language(graph: Graph) -> Iterator[Problem]:
    for _, text in graph.said:
        for code, sentence in text.sentences.items():
            if is_other_language("".join(part for part in sentence.parts if isinstance(part, str)), code):
                yield f'this does not look like "{code}"; translate it', sentence.place
