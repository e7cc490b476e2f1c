"""How callers who speak Mandarin turn in the middle of a sentence."""

from __future__ import annotations

import re

from ivr.call.languages.utterance import Turns

TURNS = Turns(
    taken_back=re.compile("说错了?|口误|不对不对|哦不是?|啊不是|不是不是|我说的是|我是说|应该是|错了 ?是|等等 ?不?是"),
    not_wanted=re.compile(
        "(?:并?不是|不要|不想要?|不办|不用|没有?(?=被骗|被盗|丢钱))(?! ?(?:我|本人|自己|你|他|她))[^ ]{1,10}?"
        " ?(?:而是|是|我?要|我?想|我?就|只)"
    ),
    and_also=re.compile("另外|顺便|顺带|还有就是|还有个|再就是|对了 "),
    least=4,
)
