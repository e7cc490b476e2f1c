"""Listening to English: times, yes and no, and what matters in a wish. All functions take `normal` words."""

import re
from datetime import time
from decimal import Decimal

from ivr.call.languages.agreement import Phrase, agreement
from ivr.call.languages.characters import normal
from ivr.call.languages.en_dates import DAY_BEFORE_TIME, DAY_OF_MONTH, WEEKDAYS, heard_date
from ivr.call.languages.en_numbers import TENS, amount, digits, meant, number, number_of, tokens_of, words_of
from ivr.call.languages.hearing import Hearing, Turns, latest, of_day
from ivr.call.languages.words import LanguageWords, shipped_texts

WORDS = LanguageWords(shipped_texts("en"))

# --- times ----------------------------------------------------------------------------------------------------

_PARTS = {
    "pm": True, "afternoon": True, "arvo": True, "evening": True, "night": True, "tonight": True, "am": False,
    "morning": False,
}  # fmt: skip
_PART = re.compile(rf"(?<![a-z])({'|'.join(_PARTS)})\b")
_DAY_PARTS = tuple(
    (re.compile(rf"\b(?:{part})\b"), hour)
    for part, hour in (
        ("morning|first thing", 9),
        ("lunch ?time", 12),
        ("afternoon|arvo", 14),
        ("evening|night|tonight", 19),
    )
)
_NEAR_TIMES = words_of(
    "at in the around about please oclock o clock it its was is past for today tomorrow yesterday on ish like i think "
    "sharp dot exactly roughly maybe say just approximately so a bit my i reckon guess believe said me yeah yes "
    "well thanks call me back ring phone can could you next this coming week make let us lets then how what ok okay "
    "rather better instead would be"
)
_HOURS = r"(?=one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[0-9])"
_ANY_TIME = (
    rf"(?:(?:next|this|on|in|at|the) )*(?:(?:{'|'.join(WEEKDAYS)}|today|tomorrow)(?: (?:{'|'.join(_PARTS)}))?"
    rf"|{'|'.join(_PARTS)}|{_HOURS}\w+(?: oclock| am| pm)?)\b"
)
_UNFIT = re.compile(
    rf"\b(?:not|except|but|cant (?:do|make|manage|wait (?:un)?till?|wait for)|dont want|until|till) {_ANY_TIME}"
    rf"|\b{_ANY_TIME} (?:is )?(?:doesnt|does not|dont|wont|will not|isnt|not|no|too|cant)(?: really)?"
    r"(?: (?:work|suit|good|possible|do|convenient|ok|okay|fine|late|early|for me))+\b"
)
_RESPOKEN = (
    (r"([0-9])([ap]m)\b", r"\1 \2"), (r"\b([0-9]+)ish\b", r"\1"), (r"\bor so\b", ""),
    (r"\b(?:after|when) (?:i (?:finish|leave|am off) )?work\b", ""),
    (r"\b(?:twelve|12) (?:oclock )?(?=noon|midday|midnight)", ""), (r"\b(?:high )?(?:noon|midday)\b", "twelve pm"),
    (r"\bmidnight\b", "twelve am"), (rf"\bhalf {_HOURS}", "half past "),
    (rf"\b(quarter|five|ten|twenty) of {_HOURS}", r"\1 to "),
    (r"\b([0-9]{2})([0-9]{2}) hours\b", r"\1:\2"),
)  # fmt: skip


_CALL_ME = (
    r"(?:(?:call|ring|phone|telephone|buzz) (?:me|back)|give me (?:a|another) (?:call|ring|bell|buzz)"
    r"|(?:want|need|like|request|arrange|book|schedule|have|get|prefer|please)(?: (?:a|another|my|me))* call ?back"
    r"|(?:book|schedule|arrange)(?: me)? a call)\b"
)


def heard_time(words: str) -> time | None:
    """6 pm, half past six, half six, quarter to nine, six thirty in the evening, noon, 18:00, fourteen hundred hours.

    "Eight pm, no, nine" is 21:00. Only that counts where a call is asked for: "no refund yet, call me at six".
    """
    pieces = meant(words)
    part = next((found[1] for piece in pieces if (found := _PART.search(piece))), "")
    return latest(lambda piece: _time(piece, part), pieces) or latest(_time_of_call, pieces)


def _time_of_call(text: str) -> time | None:
    *_, asked = re.split(rf"\b{_CALL_ME}", text)
    about = re.compile(r"\b(?:about|regarding|concerning) (?:my|the|an?|this|that)\b.*|\bbecause\b.*")
    return _time(about.sub("", asked), "") if asked != text or about.search(text) else None


def _time(text: str, part: str) -> time | None:
    """The time in a text; the `part` of the day is that of a text which names none."""
    text = DAY_BEFORE_TIME.sub("", DAY_OF_MONTH.sub("", text))
    for spoken, plainer in _RESPOKEN:
        text = re.sub(spoken, plainer, text)
    tokens = text.split()
    parts = [word for word in tokens if word in _PARTS] or [part] * bool(part)
    if len({_PARTS[word] for word in parts}) > 1:
        return None
    rest = [word for word in tokens if word not in _PARTS]
    offset, rest = _offset(rest)
    if offset is None:
        return None
    rest = [word for word in rest if word not in _NEAR_TIMES and word not in WEEKDAYS]
    found = _hour_and_minute(rest)
    if not found:
        return None
    hour, minute, exact = found
    if exact and not parts:
        return time(hour % 24, minute) if hour <= 24 and minute < 60 else None
    if parts and parts[0] == "night" and hour in (12, 1, 2, 3, 4):  # one at night is one in the morning
        parts = ["am"]
    if parts and parts[0] == "morning" and hour == 12 and offset < 0:  # five to twelve in the morning
        parts = []
    said = of_day(hour, minute, _PARTS[parts[0]] if parts else None)
    if said is None or not offset:
        return said
    return time(*divmod((said.hour * 60 + said.minute + offset) % 1440, 60))


_SIDES = {"past": 1, "after": 1, "to": -1, "before": -1, "till": -1, "til": -1}


def _offset(tokens: list[str]) -> tuple[int | None, list[str]]:
    """Minutes past (or, negative, to) the hour, and what stands behind: "ten to nine" is -10 and nine.

    None where something stands before a "to" that is no number of minutes: "from two to three".
    """
    at = next((at for at, word in enumerate(tokens) if word in _SIDES), None)
    if at is None:
        return 0, tokens
    before = [word for word in tokens[:at] if word not in _NEAR_TIMES]
    said = [word for word in before if word not in ("minute", "minutes")]
    minutes = {"half": Decimal(30), "quarter": Decimal(15)}.get(" ".join(said)) or number_of(said)
    least = 5 if said == before else 1  # "two to three" is rather from two to three
    if minutes is None or not least <= minutes < 60:
        return None, tokens
    return int(minutes) * _SIDES[tokens[at]], tokens[at + 1 :]


def _hour_and_minute(tokens: list[str]) -> tuple[int, int, bool] | None:
    """Hour, minute, and whether it was said or written as on a 24-hour clock (18:00, 03:15, oh six hundred)."""
    if len(tokens) == 1 and (found := re.fullmatch("([0-9]{1,2}):([0-9]{2})", tokens[0])):
        return int(found[1]), int(found[2]), len(found[1]) == 2
    if not tokens:
        return None
    exact = "hundred" in tokens or "hours" in tokens
    if tokens[0] in ("oh", "o", "zero") and len(tokens) > 1 and tokens[1] != "hundred":
        tokens, exact = tokens[1:], True
    size = 2 if tokens[0] == "twenty" and tokens[1:2] in (["one"], ["two"], ["three"]) else 1
    hour = number_of(tokens[:size])
    rest = [word for word in tokens[size:] if word not in ("hundred", "hours", "oh", "o")]
    minute = number_of(rest) if rest else Decimal(0)
    if tokens[0] in TENS and len(rest) == len(tokens) - size == 1 and minute and minute < 10:
        return None  # "twenty five" is no time
    if hour is None or minute is None or hour > 24 or hour % 1 or minute > 59 or minute % 1:
        return None
    return int(hour), int(minute), exact


# --- yes and no, from Britain to Singapore ---------------------------------------------------------------------


def _phrases(words: str) -> list[Phrase]:
    return [tuple(phrase.split()) for phrase in words.split(", ")]


_MEANINGS = WORDS.meanings(_phrases)
_PASSED_OVER = frozenset(_phrases(WORDS.texts["agreement"]["fillers"]))
_CORRECTION = re.compile(
    r"\b(?:no (?:no )+(?=thats (?:right|correct|me|fine)|it is|yes)"
    r"|sorry|wait|i meant?|scratch that|actually|correction|on second thoughts?)\b"
)
_NEGATED = re.compile(
    r"\b(dont think|lets not|please dont|not|dont|cant|cannot|wont|wouldnt) "
    r"(?:do (?:that|it)|agree|accept|confirm|thats (?:right|correct|it|me)|it is|so)\b"
)


def yes_or_no(words: str) -> bool | None:
    """yes, that's right, no thank you; "yes, sorry, no" and "it's fine, leave it" are a no; "not sure" is neither."""
    pieces = _CORRECTION.split(_NEGATED.sub(r"\1", " ".join(tokens_of(words))))
    return agreement([piece.split() for piece in pieces], _MEANINGS, _PASSED_OVER)


# --- what matters in a wish ------------------------------------------------------------------------------------

_MEANINGLESS = words_of(
    "a an the to for of my your me i im id we is it its was are "
    "be am on in at and or with that this has have had want need like would please "
    "help hello hi can could you get about some any service problem question option ask talk speak tell "
    "know do does did what where how up there thing something"
)


_ENDINGS = ("ings", "ing", "ed", "es", "ly", "ers", "er", "s")


def content(words: str) -> tuple[str, ...]:
    """I want to ask about my refunds -> refund."""
    return tuple(_stem(word) for word in tokens_of(words) if word not in _MEANINGLESS)


def _stem(word: str) -> str:
    """A word without its commonest endings, so that refunds, refunded and refunding meet; scammed and scam, too."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith("ss"):
            word = word.removesuffix(ending)
            doubled = len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls"
            word = word[:-1] if doubled else word
            break
    return word.removesuffix("e") if len(word) > 4 else word


_TURNS = Turns(
    taken_back=re.compile(
        r"\b(?:no wait|wait no|sorry no|no sorry|i mean|i meant|scratch that|correction|make that|or rather"
        r"|(?:no|wait|oh|hang on|hold on) actually|actually (?:no|wait)|forget (?:that|it)"
        r"|(?:no|wait|actually|but) (?:let me )?first)\b"
        r"|^(?:(?:no|nah|nope) )+(?=(?:i (?:just )?(?:want|need)|id like|let me|give me|get me|just)\b)"
    ),
    not_wanted=re.compile(
        r"(?:^|\b(?:its|it is|im|i am|this is|thats|i do|i) )(?:not|isnt|dont (?:want|need)|do not (?:want|need))\b"
        r"(?! (?:me|mine|my|i)\b)(?:(?!\bbut\b).){2,45}?"
        r"\b(?:but|its|it is|i just|im|i want|i need|just|thats|that is)\b"
    ),
    and_also=re.compile(r"\b(?:and also|but also|and oh|oh and|by the way|and while|plus i|another thing)\b"),
    least=6,
)

_JOINS = re.compile(
    r"\b(?:and then|after that|then|also|as well as|first|second|secondly|one is|(?:and )?the other(?: one)? is"
    r"|(?<!ask )about(?= (?:my|an?|the|our|this|that)\b)"
    r"|and(?= (?:my|where|what|whats|how|can|could|i (?:want|need)|id like|check|ask|tell|then)\b))\b"
)

_OTHERS = (
    "(?:you|i|he|she|it|they|me|(?:any|some)(?:one|body)|(?:you|they)d"
    "|that|to|be|a|will|would|is|are|have|has|going|for)"
)
_NO_CALL = (  # refused, told of, asked about, or expected of a supervisor
    "(?:"
    rf"\b(?:dont|do not|didnt|did not|never|not|no ?(?:one|body)|stop|hav(?:ent|e not)|hasnt"
    r"|(?:they|you|he|she) (?:wont|cant))"
    rf"(?: (?:{_OTHERS}|want|need|like|ever|even|please|bother))* {_CALL_ME}"
    rf"|\b(?:said|says|told|promised|supposed|meant|was|were|wait(?:ing|ed)|expecting)(?: {_OTHERS})* {_CALL_ME}"
    rf"|\b(?:when|why|who|did|does|do|are|is)(?: {_OTHERS})* {_CALL_ME}"
    rf"|\b(?:they|people|scammers|manager|supervisor)(?: (?:please|just|to|always|keep))* {_CALL_ME}"
    r"|\b(?:i|ill|i will|let me|i want to|shall i|should i)(?: just)? (?:call|ring|phone) back"
    rf"|{_CALL_ME}(?: an?\b(?! (?:bit|little|while))|(?: \w+){{0,2}} (?:yesterday|ago|last)\b)"
    ")"
)

_PLACES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}
_PLACE = re.compile(
    rf"(?:(?:u[hm]+|well|ok|okay|yes|yeah|please|i|ill|id|like|want|need|take|have|go|with|for|its|choose|pick) )*"
    rf"the ({'|'.join(_PLACES)})(?: (?:one|option|choice|thing|of those|of them|please|then|thanks|thank you))*"
)


def _place(heard: str) -> int | None:
    found = _PLACE.fullmatch(heard)
    return _PLACES[found[1]] if found else None


HEARING = Hearing(
    normal=normal,
    digits=digits,
    number=number,
    amount=amount,
    date=heard_date,
    time=heard_time,
    parts=_DAY_PARTS,
    unfit=_UNFIT,
    from_then=re.compile(rf"\b(?:any ?time |sometime )?(?:after|from|past) {_HOURS}"),
    agreement=yes_or_no,
    content=content,
    stem=_stem,
    needs=_TURNS.needs,
    joins=_JOINS,
    greeting=re.compile(
        r"(?:(?:hello|hi|hey|hiya|there|good (?:morning|afternoon|evening)|u[hm]+|erm?|well"
        r"|ok(?:ay)?|(?:many )?thanks|thank you|great|right|cheers)\b ?)+"
    ),
    refusal=re.compile(
        r"(?:\b(?:do not|dont|never|without|no need to|instead of)|(?:^|\b(?:am|im|rather|please) )not)\b"
        r"(?: (?:want|need|wish|like|calling|going|here|to|you|my|the|a|be|ask|asking|for|about))*(?: \w+)?"
    ),
    place=_place,
    no_key=re.compile(
        rf"\b(?:i am|im|(?:he|she) is|s?hes|aged|turn(?:ed|s|ing)|at|since|un?till?|around|about) {_HOURS}"
        r"|\bthe (?!number|option|key|button|digit)\w+ one\b"
        r"|\b(?:which|any|this|that|another|no|every|other|wrong) one\b"
    ),
    lacking=re.compile(r"\b(?:no|not|\w+n['’]?t|cannot|little|bad|poor|difficult|hard|instead of)\b"),
    missing=re.compile(
        r"\b(?:(?:do|did|have|has|could) ?n(?:o)?t|cant|cannot|never|no longer)(?: (?:actually|really|even|yet))? "
        r"(?:have|got|get(?! (?:that|what|you|the (?:last|question)))|know|remember|recall|find|receiv\w+|set|come)\b"
        r"|\b(?:forgot|forgotten)\b|\bno (?:idea|clue|account|number|code|pin|message|text)\b"
        r"|\bnot (?:with me|at hand|on me|sure)\b"
    ),
    which=re.compile(r"\b(?:which|what)(?: \w+)? (?:number|account|code|pin|digits|phone|amount|date|day|time)\b"),
    instead_of={
        "code": re.compile(
            r"(?P<pin>\bpin\b|\bphone password\b)"
            r"|\b(?:charging|upstairs|downstairs|other (?:phone|mobile|room))\b|\babroad\b|\bno (?:texts|messages)\b"
            r"|\b(?:number|phone|sim) (?:has |is |was )?changed\b"
            r"|\b(?:changed|new) (?:my )?(?:number|phone|sim)\b|\bnot (?:want to|going to|gonna) (?:give|tell|share)\b"
        ),
        "pin": re.compile(r"\b(?:code|text|texted|sms)\b"),
    },
    resend=re.compile(
        r"\bre ?send\b|\bwhere(?:s| is) (?:the|my|that) (?:code|text)\b"
        r"|\bdeleted\b|\bsend\b.*\b(?:again|another|new)\b|\b(?:another|new) (?:code|one|text)\b"
        r"|\b(?:didnt|did not|havent|have not|hasnt|has not|never|not|nothing)(?: \w+)? "
        r"(?:get|got|had|c[ao]me|receiv\w+|arriv\w+)\b(?!.*\b(?:with me|(?:my|a) (?:phone|mobile|cell))\b)"
    ),
    why=re.compile(
        r"\bwhat(?:s| is)? (?:this |the |a |that )?(?:code|pin)\b|\bhow do i know\b"
        r"|\b(?:why|what) do (?:i|you) (?:need|want|have to|ask)\b"
        r"|\b(?:you|this|it) (?:(?:could|might|may|can) (?:well )?be|are|is) (?:an? |really )?"
        r"(?:scam\w*|fraud\w*|fake|crook\w*|not real)\b"
        r"|\b(?:are you|is (?:this|it))(?: really)?(?: an?)? (?:scam\w*|real|genuine|legit\w*|fraud\w*|fake)\b"
    ),
    own_number=re.compile(
        r"(?!.*\b(?:not|no|never|lost|\w+nt|\w+n t)\b)"
        r"(?:(?:(?:yes|please|just|use|call|ring|on|me|back|to|it|is|its|the|my|with) )*(?:this|the same|same|current)"
        r"(?: (?:number|phone|one|line|mobile))+(?: (?:please|is fine|will do|thanks?|here))*"
        r"|.*\b(?:number|phone|one|line|mobile) (?:that )?i(?: a)?m (?:calling|ringing|phoning|on)\b.*"
        r"|.*\b(?:calling|ringing|phoning) (?:you )?(?:from|on|with) (?:it|this|that|my phone)\b.*)"
    ),
    papers=re.compile(
        r"\b(?:which|what)(?: kind of)? (?:documents?|papers?|proof|photos?|pictures?|evidence|forms?|id)\b"
        r"|\bwhere (?:do|should|can|must|shall) (?:i|we) (?:send|upload|post|put|attach|submit)\b"
    ),
    question=re.compile(
        r"^(?:(?:and|so|but|ok|okay|well|right|then|yes|yeah|oh) )*(?:(?:what|where|when|how|who|why|which)"
        r"(?!s? (?:about|else))|(?:do|does|did|can|could|should|must|will|is|are) (?:i|it|that|they|there|my|we))\b"
        r"|\bhow (?:long|soon|much|many|do i|can i)\b|\bwhat (?:do|should) i\b"
    ),
    callback=re.compile(rf"^(?!.*{_NO_CALL}).*\b{_CALL_ME}"),
    moment=re.compile(
        r"\b(?:(?<!cant )(?<!not )wait|h[oa](?:ld|ng) on|(?:a|one|just a) (?:moment|second|minute|sec)"
        r"|let me (?:look|see|find|get|check))\b"
    ),
    shortest=_TURNS.least,
    asks=WORDS.asks,
    in_order=False,
)
