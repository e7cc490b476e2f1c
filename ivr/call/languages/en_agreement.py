"""Yes and no in English, from Britain to Singapore. The words are `normal`: no capitals and no apostrophes."""

from __future__ import annotations

import re

from ivr.call.languages.agreement import Phrase, agreement, meanings_of
from ivr.call.languages.en_numbers import tokens_of


def _phrases(words: str) -> list[Phrase]:
    return [tuple(phrase.split()) for phrase in words.split(", ")]


_MEANINGS = meanings_of(
    {
        "yes": _phrases(
            "mm hmm, mhm, mmhm, im sure, yes im sure, that is me, sounds right, that sounds right, that sounds good, "
            "that sounds great, looks good, looks right, that looks right, i accept that, its true, thats true, "
            "so it is, id say yes, it certainly is, thats what i want, that would work, i want it, i want that, "
            "yes i am, for sure, hundred percent, one hundred percent, a hundred percent, totally, naturally, "
            "thatll do, that will do, that would do, im happy with that, happy to, be my guest, knock yourself out, "
            "you may, you can, would you please, id be grateful, id appreciate that, id appreciate it, thatll work, "
            "thats the one, id be happy to, im happy to, i accept, accept, accepted, approved, please go on, "
            "make it so, you know it, it does, they did, i have, we do, we did, thats mine, its mine, that is mine, "
            "yes, yeah, yep, yup, yea, ya, yah, yes please, affirmative, positive, absolutely, exactly, definitely, "
            "certainly, indeed, of course, by all means, you bet, aye, i do, i did, i would, i agree, agreed, "
            "i confirm, confirm, confirmed, it is, it was me, that was me, thats me, it is me, its me, speaking, "
            "true, too right, i need it, i need that, please do, go ahead, go for it, do it, do that, lets do it, "
            "lets do that, lets go, proceed, continue, carry on, why not, uh huh, id love to, id love that, "
            "id love it, id like that, id like to, i would like that, i would like to, i would love to, "
            "i would love that, sounds good, sounds great, good idea, i believe so, i guess so, i suppose so, "
            "that works, works for me, thats correct, that is correct, thats right, that is right, thats it, can lah, "
            "ya can, yes can, okay can, ok can, sure can, yes lah"
        ),
        "soft yes": _phrases(
            "rightio, righty ho, thats good, thats great, thats perfect, thats lovely, sounds fine, sounds okay, "
            "sounds alright, works, nice, super, fantastic, if you dont mind, id be glad, as you like, no objection, "
            "ok, okay, okey, okie dokie, okey dokey, fine, thats fine, its fine, fine by me, good, very good, "
            "very well, all good, great, that would be great, thatd be great, that would be lovely, thatd be lovely, "
            "that would be good, thatd be good, that would be nice, thatd be nice, that would be helpful, "
            "thatd be helpful, perfect, lovely, cool, awesome, wonderful, excellent, brilliant, sure, sure thing, "
            "right, righto, correct, alright, all right, alrighty, no problem, not a problem, no worries, go on, "
            "go on then, its okay, its ok, its alright, jolly good, very much so, if you could, if you would"
        ),
        "yes alone": _phrases(
            "i am, i want, i want to, i need, i need to, can, please, one, 1, press one, press 1, option one, "
            "option 1, that one, got it"
        ),
        "no": _phrases(
            "maybe later, id rather, i would rather, i would not, i would never, would not, no i would not, later, "
            "please no, no can, disagree, i disagree, i object, id say no, thats a no, not true, thats not true, "
            "cancel please, please cancel, please cancel it, please cancel that, cancel, cancel it, cancel that, "
            "cancel this, stop it, stop that, hang up, no please, not exactly, not quite, not that one, not mine, "
            "thats not me, hardly, i dont think, i do not think, i never, no one did, no it wasnt, havent, hasnt, "
            "couldnt, wouldnt, shouldnt, doesnt, arent, aint, nothing like that, no, nope, nah, nay, nuh uh, uh uh, "
            "na, no thanks, no thank you, not, not right, not correct, wrong, incorrect, isnt, isnt right, "
            "isnt correct, do not, dont, i dont, i do not, negative, false, never, not really, it is not, it isnt, "
            "its not, wasnt, it wasnt, it was not, that wasnt, that was not, thats not, didnt, did not, i didnt, "
            "i did not, wont, i wont, i will not, i cant, i cannot, cannot, cant, i havent, i have not, "
            "absolutely not, certainly not, definitely not, of course not, by no means, not at all, no thats fine, "
            "no thats ok, no thats okay, no its ok, no its okay, no its fine, no its alright, im good, im fine, "
            "im okay, im ok, im all set, all set, no im good, no im fine, i dont think so, i do not think so, "
            "dont think so, no way, no chance, not a chance, hell no, cannot lah, i doubt it, yeah no, yeah nah, "
            "ok no, no one, nothing, none, neither, nobody, not so, not a bit"
        ),
        "no alone": _phrases("two, 2, press two, press 2, option two, option 2, pass, stop"),
        "refusal": _phrases(
            "another day, maybe another day, rather wait, do it later, call back later, call you back, "
            "ring back later, call later, try later, try again later, do it another time, do it myself, "
            "leave it for now, leave that for now, leave it as it is, not right away, no no thank you, please stop, "
            "please dont, better not, lets not, lets leave it, id rather you didnt, i would rather you didnt, "
            "dun want, dun need, no lah, hold off, leave it out, not for now, not just now, thanks but no, enough, "
            "no thanks, no thank you, leave it, just leave it, leave it be, leave that, dont bother, do not bother, "
            "dont worry, dont worry about it, forget it, forget about it, forget that, skip it, skip that, "
            "never mind, nevermind, id rather not, i would rather not, rather not, id prefer not to, "
            "i would prefer not to, id prefer not, no need, no needs, not necessary, wont be necessary, not needed, "
            "not interested, not today, not now, not yet, not right now, not at the moment, not this time, "
            "some other time, another time, maybe another time, maybe some other time, maybe next time, next time, "
            "ill pass, i will pass, i decline, decline, i refuse, changed my mind, dont want, dont want it, "
            "dont want to, dont want that, do not want, dont need, dont need it, dont need that, do not need, "
            "please do not, dont do that, do not do that, dont do it, do not do it, no need lah, dont want lah, "
            "not for me, i dont want to, i dont want it, i dont need it, call it off, no more, im not interested, "
            "drop it, let it be, maybe not, perhaps not"
        ),
        "doubt": _phrases(
            "not too sure, not entirely sure, not quite sure, not really sure, not so sure, not completely sure, "
            "not very sure, im not too sure, sort of, kind of, whatever, come again, excuse me, either one, "
            "ill think, i think ill, let me, give me a, hang on, hold on, i have a question, im confused, cant tell, "
            "couldnt tell, i wonder, i havent decided, havent decided, i didnt get, i havent a clue, no one knows, "
            "not clear, its not clear, nothing happened, didnt work, i couldnt hear, i dont see, i dont follow, "
            "dont follow, not sure, i am not sure, im not sure, dont know, i dont know, i do not know, do not know, "
            "dunno, i dunno, maybe, perhaps, possibly, probably, could be, might be, depends, it depends, no idea, "
            "no clue, i have no idea, i dont understand, i do not understand, i didnt understand, "
            "i did not understand, didnt understand, dont understand, i didnt hear, i didnt hear you, i did not hear, "
            "i didnt catch, i didnt catch that, i didnt get that, didnt catch that, i cant hear, i cant hear you, "
            "cant hear you, i cannot hear, what, why, who, how, when, where, which, which one, pardon, huh, either, "
            "both, i dont get it, not certain, im not certain, i cant decide, i cant remember, i dont remember, "
            "i do not remember, yes or no, is it, do i, should i, can i, can you, could you, would you, i dont care, "
            "i dont mind, do you, are you, is this, is that, what if, never heard, or, not a clue, no comment, "
            "does it, will it, hard to say, i couldnt say"
        ),
    }
)
_FILLERS = frozenset(
    _phrases(
        "hmm, um, uh, er, erm, well, oh, ah, hello, hi, hey, that, thats, that is, this, its, is, it, i, think, so, "
        "but, and, please, thanks, thank you, thank, you, very much, lah, leh, lor, then, just, sorry, actually, "
        "mate, sir, maam, madam, love, dear, man, now, honestly, really, there, would, be, do, like, for me, me, to, "
        "guess, suppose, the, my, number, is right, if you dont mind, as well, too, if possible, when you can, ja, "
        "mm, also, first, hm"
    )
)
_CORRECTION = re.compile(r"\b(?:sorry|wait|i meant?|scratch that|actually|correction|on second thoughts?)\b")
_NEGATED = re.compile(
    r"\b(dont think|lets not|please dont|not|dont|cant|cannot|wont|wouldnt) "
    r"(?:do (?:that|it)|agree|accept|confirm|thats (?:right|correct|it|me)|it is|so)\b"
)


def yes_or_no(words: str) -> bool | None:
    """yes, that's right, no thank you; "yes, sorry, no" and "it's fine, leave it" are a no; "not sure" is neither."""
    pieces = _CORRECTION.split(_NEGATED.sub(r"\1", " ".join(tokens_of(words))))
    return agreement([piece.split() for piece in pieces], _MEANINGS, _FILLERS)
