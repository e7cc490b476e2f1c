"""The voices of the tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sound:
    voice: str
    say: str
    listen: str


VOICES = {"zh": Sound("Polly.Zhiyu", "cmn-CN", "cmn-Hans-CN"), "en": Sound("Polly.Joanna", "en-US", "en-US")}
