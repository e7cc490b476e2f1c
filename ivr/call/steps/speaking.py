"""Steps that only speak: say, play, notices, hangup."""

from __future__ import annotations

from typing import Any

from ivr.call.events import Ended, Played
from ivr.call.turn import Result, Scene
from ivr.flow.model import Hangup, Notices, Play, Say


def say(step: Say, scene: Scene) -> Result:
    scene.say(step.say)
    return "next"


def play(step: Play, scene: Scene) -> Result:
    """A recording where there is one for the language, else its words."""
    address = step.play.get(scene.session.language)
    if address:
        scene.emit(Played(address, scene.words(step.text), scene.session.language))
    else:
        scene.say(step.text)
    return "next"


def notices(step: Notices, scene: Scene) -> Result:
    for notice in scene.world.notices:
        if step.notices in ("all", notice.name):
            scene.utter(notice.text.get(scene.session.language, ""))
    return "next"


def hangup(step: Hangup, scene: Scene) -> Result:
    scene.say(step.hangup)
    return Ended("hangup")


ENTERS: dict[type, Any] = {Say: say, Play: play, Notices: notices, Hangup: hangup}
HEARS: dict[type, Any] = {}
