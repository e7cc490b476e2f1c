"""Rules about keys in sentences: what is said must be what the keys do, the action first and the key last.

Sentences made from labels are right by themselves; these rules read what was written by hand.
"""

from collections.abc import Iterable, Iterator

from ivr.flow import model
from ivr.flow.checks.graph import Graph, quoted
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.checks.spoken import Mention, mentions, says_key_first, speech_of
from ivr.flow.issues import Place


@error("unmapped-key")
def unmapped_key(graph: Graph) -> Iterator[Problem]:
    reported: set[tuple[Place, str]] = set()
    for step in graph.steps:
        keys = graph.facts(step).keys
        if keys is None:
            continue
        wrong = {place for _, place in _wrong_keys(graph, step)} if isinstance(step, model.Menu) else set()
        for code, sentence in _sentences(step):
            if sentence.place in wrong:
                continue  # told as unspoken-key: it says another key than its own
            told = dict.fromkeys(mention.key for mention in _mentions(sentence, code))
            dead = [key for key in told if key not in keys and (sentence.place, key) not in reported]
            reported.update((sentence.place, key) for key in dead)
            if dead:
                does = "that key does" if len(dead) == 1 else "those keys do"
                message = f'the caller is told to press {quoted(dead)}, but in "{step.name}" {does} nothing'
                yield message + _there_is(keys), sentence.place


@error("unspoken-key")
def unspoken_key(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps:
        match step:
            case model.Menu():
                yield from _wrong_keys(graph, step)
            case model.Queue(leave=str(key), hold=model.Text() as hold):
                for code in hold.sentences:
                    said = _keys_of((text for text in (step.say, hold) if text), code)
                    if speech_of(code) and key not in said:
                        yield f'nobody tells the caller that key "{key}" leaves the queue', hold.sentences[code].place


@warning("key-first")
def key_first(graph: Graph) -> Iterator[Problem]:
    for sentence, code in _by_hand(graph):
        found = _mentions(sentence, code)
        if found and says_key_first(found[0], code):
            yield f'say what the key does before "{found[0].key}": the action first, the key last', sentence.place


@warning("words-after-key")
def words_after_key(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(model.Menu):
        for choice in step.choices:
            for code, sentence in choice.say.sentences.items() if choice.say else ():
                found = _mentions(sentence, code)
                if not found or says_key_first(found[0], code):
                    continue
                speech = speech_of(code)
                if speech and not speech.silent.match(found[-1].after):
                    yield (
                        f'nothing should follow the key, but "{found[-1].after.strip(" ,，.。")}" does; say it before '
                        "the choices",
                        sentence.place,
                    )


@warning("key-in-label")
def key_in_label(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(model.Menu):
        for choice in step.choices:
            for code, sentence in choice.label.sentences.items() if choice.label else ():
                if _mentions(sentence, code):
                    yield 'a label is spoken together with its key; leave the key out or use "say"', sentence.place


# --- what is said -------------------------------------------------------------------------------------------------


def _mentions(sentence: model.Sentence, code: str) -> tuple[Mention, ...]:
    return mentions(sentence.source, code)


def _sentences(step: model.Step) -> Iterator[tuple[str, model.Sentence]]:
    """What a step says by hand about its keys, with the language. Labels are no sentences."""
    said: list[model.Text | None] = []
    match step:
        case model.Menu():
            said = [step.menu, step.again, *(choice.say for choice in step.choices)]
        case model.Ask():
            said = [step.ask, step.star]
        case model.Identify():
            said = [step.account, step.star, step.code, step.pin]
        case model.Queue():
            said = [step.say, step.hold]
        case model.Survey():
            said = [step.survey]
    if isinstance(step, model.Prompting):
        said += [*step.silence, *step.wrong, step.explain, step.robot]
    return ((code, sentence) for text in said if text for code, sentence in text.sentences.items())


def _by_hand(graph: Graph) -> Iterator[tuple[model.Sentence, str]]:
    for step in graph.steps_of(model.Menu):
        for text in (step.menu, step.again, *(choice.say for choice in step.choices)):
            yield from ((sentence, code) for code, sentence in text.sentences.items()) if text else ()


def _there_is(keys: Iterable[str]) -> str:
    known = sorted(keys)
    return f"; there {'is' if len(known) == 1 else 'are'} {quoted(known)}" if known else ""


def _wrong_keys(graph: Graph, menu: model.Menu) -> Iterator[Problem]:
    for choice in menu.choices:
        yield from _unspoken(graph, menu, choice)


def _unspoken(graph: Graph, menu: model.Menu, choice: model.Choice) -> Iterator[Problem]:
    if choice.label and not choice.say:
        return
    for code in [choice.language] if choice.language else graph.set.languages:
        if speech_of(code) is None:
            continue
        own = choice.say.sentences.get(code) if choice.say else None
        if choice.key in _keys_of([text for text in (menu.menu, choice.say) if text], code):
            continue
        if own:
            said = list(dict.fromkeys(mention.key for mention in _mentions(own, code)))
            instead = f"says key {quoted(said)} instead of its own" if said else "says no key"
            yield f'choice "{choice.key}" {instead}; say the key that the caller must press', own.place
        else:
            yield f'nobody tells the caller of key "{choice.key}" in "{code}"; give the choice a label', choice.place


def _keys_of(texts: Iterable[model.Text], code: str) -> set[str]:
    sentences = [text.sentences[code] for text in texts if code in text.sentences]
    return {mention.key for sentence in sentences for mention in _mentions(sentence, code)}
