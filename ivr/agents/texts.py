"""What agents read about a call, in their own language: names of values and topics, and sentences on what happened."""

import re
from collections.abc import Iterable
from datetime import date
from functools import reduce
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from ivr.call.languages import LANGUAGES
from ivr.call.languages.language import at_home
from ivr.call.values import Value
from ivr.flow.model import FlowSet
from ivr.texts.load import Texts, load_texts

Family = Literal["value", "topic", "factor", "happened"]
"""What a key of the texts begins with."""
TEXTS = load_texts(Path(__file__).with_name("texts.yaml"))


def named(family: Family, key: str, language: str, own: Texts = MappingProxyType({})) -> str:
    """The name of a thing in a language, else in English, else its key with spaces. `own` are a hotline's own names."""
    words = own.get(key) or TEXTS.get(f"{family}.{key}", {})
    return words.get(language) or words.get("en") or key.replace("_", " ")


def sentence(key: str, language: str, /, **slots: object) -> str:
    """What happened in a call, with its slots filled."""
    return named("happened", key, language).format(**slots)


def code_title(codes: Texts, code: str, language: str) -> str:
    """How a talk ended, as the configuration calls it; "" while nobody has said."""
    words = codes.get(code, {})
    return words.get(language) or next(iter(words.values()), code)


def topics_title(flows: FlowSet | None, topics: Iterable[str], language: str) -> str:
    """What a call is about, for the head of a line: Refund, also: Fees and limits."""
    titles = dict.fromkeys(topic_title(flows, topic, language) for topic in topics)
    first, *others = titles or (topic_title(flows, "", language),)
    several = named("topic", "several", language)
    return reduce(lambda said, title: several.format(first=said, other=title), others, first)


def topic_title(flows: FlowSet | None, topic: str, language: str) -> str:
    """A topic at the head of a line: 退款, Refund. A flow's title is written for the middle of a sentence."""
    for flow in flows.flows.values() if flows is not None else ():
        if topic and flow.topic == topic and flow.title is not None:
            sentence = flow.title.sentences.get(language)
            if sentence is not None:
                return headed(sentence.source)
    return headed(named("topic", topic or "none", language))


_ARTICLE = re.compile(r"^(?:an?|the) ")


def headed(words: str) -> str:
    """Words for the head of a line: without an article, with a capital letter."""
    bare = _ARTICLE.sub("", words)
    return bare[:1].upper() + bare[1:]


def dialled(number: str, language: str, country: str) -> str:
    """A phone number as it is written in a country (two letters): 138 0013 8000, +44 7700 900123. "" stays ""."""
    words = LANGUAGES.get(language) or LANGUAGES["en"]
    return words.write(Value("phone", at_home(number, country)), today=date.min) if number else ""


def masked(number: str, country: str) -> str:
    """A phone or account number without its middle: 138****8000, +44****0123, 62****01. "" stays ""."""
    bare = re.sub("[^0-9+]", "", at_home(number, country))
    if len(bare) < 6:
        return "****" if bare else ""
    if len(bare) < 11:
        return f"{bare[:2]}****{bare[-2:]}"
    return f"{bare[:3]}****{bare[-4:]}"
