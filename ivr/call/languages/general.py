"""The table of any language, made of its formats and its file of words. Chinese and English refine it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from ivr.call.languages.formats import Formats
from ivr.call.languages.hearing import Hearing
from ivr.call.languages.language import Language, Phrases, Speaker
from ivr.call.languages.number_words import NumberWords, spelling_of
from ivr.call.languages.words import LanguageWords, listed, merged, shipped_texts
from ivr.texts.load import Texts

UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
"""Languages that are written without spaces between words."""


def table(
    code: str,
    formats: Formats,
    listening: Callable[[], Hearing],
    *,
    speakers: Mapping[str, Speaker],
    fit: Callable[[str, str, str], str],
    choice: Callable[[str, str], str] | None = None,
) -> Language:
    """A language whose file is complete, with what it says in a way of its own."""
    texts = formats.texts
    return Language(
        code=code,
        name=texts["language"]["name"],
        called=tuple(listed(texts["language"]["called"])),
        say_code=texts["language"]["say"],
        listen_code=texts["language"]["listen"],
        voice=texts["language"]["voice"],
        speakers={**formats.speakers, **speakers},
        writers=formats.writers,
        keys={key: texts["menu"][key] for key in "*#"},
        phrases=Phrases.of(
            texts,
            choice=choice or partial(_choice, texts["menu"]["choice"]),
            ahead=partial(formats.counted, texts["ahead"]),
            opening_hours=formats.opening_hours,
        ),
        listening=listening,
        joiner=" " if formats.spaced else "",
        fit=fit,
    )


def _choice(form: str, label: str, key: str) -> str:
    return form.replace("{label}", label.rstrip(".,;，。；、؛،")).replace("{key}", key)


def refined(language: Language, own: Texts) -> Language:
    """A language with sentences of its own hotline in place of those that ship."""
    return replace(language, phrases=_phrases(own, language.phrases)) if own else language


def general_language(code: str, own: Texts, fallback: Language) -> Language:
    """Any language of CLDR: as it ships, with what its hotline has written. Raises ValueError where there is none."""
    texts = merged(own, shipped_texts(code))
    about, menu = texts.get("language", {}), texts.get("menu", {})
    formats = formats_of(about.get("locale") or code, texts)
    locale = formats.locale
    name = about.get("name") or str(locale.get_display_name() or code)
    phrases = _phrases(texts, replace(fallback.phrases, service=name))
    phrases = replace(phrases, choice=partial(_choice, menu.get("choice") or "{label}: {key}."))
    if texts.get("ahead", {}).get("other"):
        phrases = replace(phrases, ahead=partial(formats.counted, texts["ahead"]))
    if texts.get("hours", {}).keys() >= shipped_texts("en")["hours"].keys():
        phrases = replace(phrases, opening_hours=formats.opening_hours)
    said_as = about.get("say") or _with_territory(locale.language)
    return Language(
        code=code,
        name=name,
        called=(*listed(about.get("called", "")), *_names(locale.language)),
        say_code=said_as,
        listen_code=about.get("listen") or said_as,
        voice=about.get("voice", ""),
        speakers=formats.speakers,
        writers=formats.writers,
        keys={key: menu.get(key) or key for key in "*#"},
        phrases=phrases,
        listening=cache(lambda: _listening(formats)),
        joiner=" " if formats.spaced else "",
        fallback=fallback,
    )


def formats_of(tag: str, texts: Texts) -> Formats:
    """How the language of a locale says values, with the words of a file."""
    spaced = tag.partition("_")[0] not in UNSPACED
    others = {int(number): tuple(listed(words)) for number, words in texts.get("numbers", {}).items() if words}
    return Formats(tag=tag, texts=texts, numbers=NumberWords(spelling_of(tag), others, spaced), spaced=spaced)


def _listening(formats: Formats) -> Hearing:
    from ivr.call.languages.general_hearing import GeneralHearing  # its patterns are made when somebody speaks

    return GeneralHearing(formats, LanguageWords(formats.texts)).hearing


def _phrases(own: Texts, otherwise: Phrases) -> Phrases:
    """The phrases with those of a file in their place, as far as it has them."""

    def written(section: str) -> dict[str, Any]:
        return {name: text for name, text in own.get(section, {}).items() if text}

    fillers = tuple(written("one_moment").values())
    return replace(
        otherwise,
        **written("phrases"),
        one_moment=fillers or otherwise.one_moment,
        closed_for={**otherwise.closed_for, **written("closed_for")},
        whisper_factor={**otherwise.whisper_factor, **written("whisper_factor")},
        talk=replace(otherwise.talk, **written("talk")),
    )


def _with_territory(language: str) -> str:
    """The code with the country of most speakers: es-ES."""
    from babel.core import get_global

    likely = str(get_global("likely_subtags").get(language, language)).split("_")
    return f"{language}-{likely[-1]}" if len(likely) > 1 else language


def _names(language: str) -> tuple[str, ...]:
    """What the language is called in itself, in English and in Chinese."""
    from babel import Locale

    names = (Locale.parse(spoken).languages.get(language, "") for spoken in (language, "en", "zh"))
    return tuple(dict.fromkeys(str(name) for name in names if name))
