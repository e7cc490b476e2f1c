"""Reads a file of texts: a key a line, and under it the text in each language.

    word.queue: {zh: 队列, en: Queue}

`{name}` in a text stands for a value. Files of texts belong to the program: what somebody else wrote (flows, the
configuration) is read by `ivr.flow.reading`, which finds faults and tells their places.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

Texts = Mapping[str, Mapping[str, str]]
"""By key and language."""

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Makes nothing but texts of what stands there: of `yes` and `on` too."""


def load_texts(file: Path) -> Texts:
    return cast("Texts", yaml.load(file.read_text("utf-8"), _LOADER))  # noqa: S506 - it is a base loader
