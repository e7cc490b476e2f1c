"""The languages the hotline speaks and understands, one table each.

Chinese and English are always there. Any other is made of CLDR, num2words and a file of words, and is there once a
configuration has named it (`learn`): a process serves one hotline, and speaks the languages of this hotline.
"""

from ivr.call.languages.en import EN
from ivr.call.languages.general import general_language, refined
from ivr.call.languages.language import Language, MissingValue
from ivr.call.languages.words import FALLBACK
from ivr.call.languages.zh import ZH
from ivr.texts.load import Texts

_TABLES = {language.code: language for language in (ZH, EN)}
LANGUAGES: dict[str, Language] = dict(_TABLES)


def learn(code: str, own: Texts) -> None:
    """Adds a language, or takes the sentences of a hotline's own file for one that is there. Raises ValueError for a
    code that CLDR does not know."""
    if code in _TABLES:
        LANGUAGES[code] = refined(_TABLES[code], own)
        return
    fallback = own.get("language", {}).get("fallback") or FALLBACK
    LANGUAGES[code] = general_language(code, own, _TABLES.get(fallback, EN))


__all__ = ["LANGUAGES", "Language", "MissingValue", "learn"]
