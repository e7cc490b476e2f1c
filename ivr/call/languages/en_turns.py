"""How callers who speak English turn in the middle of a sentence."""

from __future__ import annotations

import re

from ivr.call.languages.utterance import Turns

TURNS = Turns(
    taken_back=re.compile(
        r"\b(?:no wait|wait no|sorry no|no sorry|i mean|i meant|scratch that|correction|make that|or rather)\b"
    ),
    not_wanted=re.compile(
        r"(?:^|\b(?:its|it is|im|i am|this is|thats|i do|i) )(?:not|isnt|dont (?:want|need)|do not (?:want|need))\b"
        r"(?! (?:me|mine|my|i)\b)(?:(?!\bbut\b).){2,45}?"
        r"\b(?:but|its|it is|i just|im|i want|i need|just|thats|that is)\b"
    ),
    and_also=re.compile(r"\b(?:and also|but also|and oh|oh and|by the way|and while|plus i|another thing)\b"),
    least=6,
)
