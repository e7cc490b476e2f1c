"""The languages the hotline speaks and understands, one table each.

A new language is a module with one `Language` in it, a line here, and the texts of the flows.
"""

from collections.abc import Mapping

from ivr.call.languages.en import EN
from ivr.call.languages.language import Language, MissingValue
from ivr.call.languages.zh import ZH

LANGUAGES: Mapping[str, Language] = {language.code: language for language in (ZH, EN)}

__all__ = ["LANGUAGES", "Language", "MissingValue"]
