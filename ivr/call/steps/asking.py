"""Steps that ask the caller: ask, survey, and what menus share with them.

One budget of tries is shared by silence and wrong input; whatever the caller does gives back what silence used of it.
A try is one listening. The words after a failed try may change from try to try (VoiceXML 2.0, section 5.2: `count`).
Unlike in VoiceXML, silence and wrong input count together, so that no mixture of the two keeps a caller for ever.
"""

from datetime import date, datetime, time

from ivr.call import answers, choices
from ivr.call.events import Digits, Gathering, Input, Silence, Spoken, SurveyAnswered, TryCause, TryUsed
from ivr.call.steps.branching import keep_hours
from ivr.call.steps.callback import next_such_time
from ivr.call.steps.elsewhere import MISSING, Question, global_key, named_key, said_instead
from ivr.call.turn import Result, TurnContext, retry_text
from ivr.call.values import Value, value_of
from ivr.flow import model
from ivr.flow.model import AnswerKind, Ask, Menu, Prompting, Survey

NUMBERS = frozenset(("digits", "account", "phone", "reference", "tail"))
"""Kinds of answers that are said digit by digit."""
CLOCK_DIGITS = 4
"""Digits of the longest time; a number that has more answers no question for one."""
NOON = 12
"""From this hour on a part of a day is a time; a morning is the first time of that day."""


# --- ask ----------------------------------------------------------------------------------------------------


def ask(step: Ask, context: TurnContext) -> Result:
    """What was said to the menu before may answer it ("call me tomorrow at ten"); it is read back then."""
    context.remember_for_back()
    said, context.answered = context.answered, ""
    if context.noted("answer"):
        return _confirming(step, context)
    answer = answer_in(said, step, context)
    return _question(step, context) if answer is None else _answered(step, context, answer)


def answer_in(said: str, step: Ask, context: TurnContext) -> Value | None:
    """The answer to a question that reads it back, or asks for a reference, in words that were said before it; None if
    there is none."""
    if said and step.as_ == "reference":
        digits = answers.digits_in(said, context.session.language)
        return _understood(step, context, Digits(digits)) if digits else None
    return _understood(step, context, Spoken(said)) if said and step.confirm else None


def ask_heard(step: Ask, context: TurnContext, heard: Input) -> Result | None:
    if context.noted("answer"):
        return _confirmed(step, context, heard)
    if isinstance(heard, Silence):
        return _retry_ask(step, context, "noinput")
    if not isinstance(heard, Digits | Spoken):
        return None
    if step.as_ in ("account", "phone") and means_own_number(heard, context):
        caller = calling_number(context)
        return _retry_ask(step, context, "nomatch", aloud=False) if caller is None else _keep(step, context, caller)
    elsewhere = _elsewhere(step, context, heard)
    if elsewhere is not None:
        return elsewhere
    if answer := _understood(step, context, heard):
        besides = _wanted_besides(step, context, heard) if answer == answers.NO else None
        return besides or _answered(step, context, answer)
    if corrected := _corrects(context, heard):
        return corrected
    instead = _said_instead(step, context, heard.words) if isinstance(heard, Spoken) else None
    if instead is None and (answer := _part_of_day(step, context, heard)):
        return _answered(step, context, answer)
    return _retry_ask(step, context, "nomatch") if instead is None else instead


def _corrects(context: TurnContext, heard: Digits | Spoken) -> Result | None:
    """The question before this one, where these words answer it anew: "sorry, I meant four", at the number; or the
    menu before, where they name another choice of it: "then as soon as possible", at the time."""
    before, session = context.previous_question(), context.session
    if before is None or before.stack != session.stack or isinstance(heard, Digits):
        return None
    asked = context.edition.flows.step(before.state)
    if isinstance(asked, Menu):
        key = choices.named(asked.choices, heard.words, session.language)
        led = next((choice.next for choice in asked.choices if choice.key == key), context.step.name)
        is_call = context.language.hearing.callback.search(answers.comparable(heard.words, session.language))
        is_open = is_call and not choices.is_name(asked.choices, heard.words, session.language)  # "call me later on"
        if key is None or led == context.step.name or is_open:
            return None
        context.keys_ahead = (key,)
        return before
    is_number = len(answers.digits_in(heard.words, session.language)) > CLOCK_DIGITS
    if not isinstance(asked, Ask) or not asked.confirm or is_number:
        return None
    if answer_in(heard.words, asked, context) is None:
        return None
    context.answered = heard.words
    return before


def _answered(step: Ask, context: TurnContext, answer: Value) -> Result:
    if step.as_ == "yes-no":
        return answer.text
    if step.within:
        calendar = context.edition.calendars[step.within]
        kept = context.session.values.get(step.into or step.name)
        answer = _completed(step, context, answer, context.noted("refused") or (kept.text if kept else ""))
        moment = next_such_time(answer, calendar, context)
        if moment is None:
            wished = _moment(answer, context)
            keep_hours(calendar, wished, context)
            if answer.kind != "time":
                context.note({"refused": wished.isoformat()})
            context.say(step.closed)  # understood, so it costs no try
            return _question(step, context)
        answer = Value("datetime", moment.isoformat())
    if step.confirm:
        context.note({"answer": answer.text, "kind": answer.kind, "refused": ""})
        return _confirming(step, context)
    return _keep(step, context, answer)


def _moment(wished: Value, context: TurnContext) -> datetime:
    """The moment that was wished for: that time of that day, or of today; now if it is past."""
    match wished.kind:
        case "time":
            moment = datetime.combine(context.today, wished.time, context.now.tzinfo)
        case "date":
            moment = datetime.combine(wished.date, time(), context.now.tzinfo)
        case _:
            moment = wished.datetime
    return max(moment, context.now)


def _elsewhere(step: Ask, context: TurnContext, heard: Digits | Spoken) -> Result | None:
    """What the one key does that was pressed or named; None if it does nothing, or can be an answer to the question."""
    question = _put(step, context)
    if isinstance(heard, Digits):
        return None if len(heard.keys) > 1 or _may_answer(step, context, heard) else question.press(heard.keys)
    if step.as_ == "words":  # any word is the answer
        return None
    said = answers.spoken_digits(heard.words, context.session.language) if step.as_ in NUMBERS else ""
    if len(said) == 1 and not _may_answer(step, context, Digits(said)):
        return question.press(said)
    return named_key(question, context, heard.words)


def _may_answer(step: Ask, context: TurnContext, heard: Digits) -> bool:
    may_answer = step.least <= 1 and heard.keys not in ("*", "#") and heard.keys in _answer_keys(step)
    return may_answer and _understood(step, context, heard) is not None


def _said_instead(step: Ask, context: TurnContext, words: str) -> Result | None:
    instead = said_instead(_put(step, context), context, words) if step.as_ != "words" else None
    return None if instead == MISSING and step.as_ == "yes-no" else instead


def _wanted_besides(step: Ask, context: TurnContext, heard: Digits | Spoken) -> Result | None:
    """Where who says no is led at once, to what is urgent; what else they want ("no, a refund") is the next need."""
    if isinstance(heard, Digits):
        return None
    wishes, language, needs, words = (
        context.edition.wishes,
        context.session.language,
        context.session.needs,
        heard.words,
    )
    wish = wishes.wanted(context.inside, step, words, language)
    home, keys = wishes.instead(context.inside, step, words, language)
    if keys and wish in wishes.ways.urgent and wish not in context.inside:
        return _put(step, context).press(keys[0])
    if home and wish not in dict(needs):
        context.keep_needs((*needs, (wish, words)))
    return None


def _put(step: Ask, context: TurnContext) -> Question:
    def again() -> Result:
        return _question(step, context)

    return Question(step, again, lambda key: global_key(step, context, key, again), _listening(step, context))


def say_star(step: Ask | model.Identify, context: TurnContext) -> None:
    """Tells of `*` for the number that the caller is calling from, where it is not withheld."""
    context.say(step.star if context.session.caller else None)


def means_own_number(heard: Digits | Spoken, context: TurnContext) -> bool:
    """Whether `*` was pressed, or words mean the number that the caller is calling from."""
    if isinstance(heard, Digits):
        return heard.keys == "*"
    return answers.own_number(heard.words, context.session.language)


def calling_number(context: TurnContext) -> Value | None:
    """The number that the caller is calling from, which `*` stands for; None, and said so, where it is withheld."""
    if context.session.caller:
        return Value("phone", context.session.caller)
    context.utter_phrase(context.language.phrases.number_withheld)
    return None


def _keep(step: Ask, context: TurnContext, answer: Value) -> str:
    context.keep(step.into or step.name, answer)
    return "next"


def _question(step: Ask, context: TurnContext) -> Gathering:
    context.say(step.ask)
    say_star(step, context)
    return _listening(step, context)


def _listening(step: Ask, context: TurnContext) -> Gathering:
    yes_no = step.as_ == "yes-no"
    most = 1 if yes_no else step.most
    fixed = yes_no or step.least == step.most
    return listening(step, context, most=most if fixed else 0, finish="" if yes_no else "#")


def listening(step: Prompting, context: TurnContext, most: int = 0, finish: str = "#") -> Gathering:
    """Waits for keys and words; the recogniser is told what the keys are called that work here."""
    code = context.session.language
    own = step.also.values() if isinstance(step, Ask) else ()
    called = tuple(name for names in (*step.called.values(), *own) for name in names.get(code, ()))
    return Gathering(step.wait, most, finish, speech=True, language=code, hints=called)


def _understood(step: Ask, context: TurnContext, heard: Digits | Spoken) -> Value | None:
    """The answer; a time that is still to come has the day that was said with it, or is any on a later day."""
    own = choices.standing_for(step.also, heard.words, context.session.language) if isinstance(heard, Spoken) else None
    if own:  # "not received", where that is a reason for yes
        return answers.YES if own == "1" else answers.NO
    if step.as_ != "time" or not step.ahead or isinstance(heard, Digits):
        return _understood_as(step.as_, step, context, heard)
    hearing, language = context.language.hearing, context.session.language
    words = _fit(context, heard)
    answer = _understood_as(step.as_, step, context, Spoken(words))
    if answer is None and step.within:
        answer = _understood_as(step.as_, step, context, Spoken(hearing.from_then.sub(" ", words)))
    day = answers.day_to_come(words, language, context.today)
    if answer is None and day:
        answer = answers.part_of_day(words, language)
        if answer is None or answer.time.hour < NOON:  # the first time of that day
            is_told = day.date > context.today or len(words) < 2 * hearing.shortest  # "today my card …" is no answer
            return day if step.within and is_told else None
    return _on_day(day.date, answer.time, context) if answer and day else answer


def _fit(context: TurnContext, heard: Spoken) -> str:
    """These words without the times that do not suit: "not Monday, Tuesday"."""
    return context.language.hearing.unfit.sub(" ", answers.comparable(heard.words, context.session.language)).strip()


def _part_of_day(step: Ask, context: TurnContext, heard: Digits | Spoken) -> Value | None:
    if step.as_ != "time" or not step.ahead or isinstance(heard, Digits):
        return None
    return answers.part_of_day(_fit(context, heard), context.session.language)


def _on_day(day: date, at: time, context: TurnContext) -> Value:
    return Value("datetime", datetime.combine(day, at, context.edition.time_zone).isoformat())


def _understood_as(kind: AnswerKind, step: Ask, context: TurnContext, heard: Digits | Spoken) -> Value | None:
    return understood(kind, context, heard, least=step.least, most=step.most, ahead=step.ahead)


def understood(
    kind: AnswerKind, context: TurnContext, heard: Digits | Spoken, *, least: int, most: int, ahead: bool = False
) -> Value | None:
    """The answer of this kind, in the caller's language and country; None if it is none (`answers.understand`)."""
    return answers.understand(
        kind,
        keys=heard.keys if isinstance(heard, Digits) else "",
        words=heard.words if isinstance(heard, Spoken) else "",
        language=context.session.language,
        today=context.today,
        ahead=ahead,
        least=least,
        most=most,
        region=context.edition.region,
    )


def _answer_keys(step: Ask) -> str:
    """Keys that are an answer when pressed alone. Nobody asks about an amount of 0, but many press 0 for a person."""
    return {"yes-no": "12", "amount": "123456789"}.get(step.as_, "0123456789")


def _confirming(step: Ask, context: TurnContext) -> Gathering:
    answer = value_of(context.noted("kind"), context.noted("answer"))
    context.utter_phrase(context.language.phrases.confirm, answer=answer)
    return listening(step, context, most=1, finish="")


def _confirmed(step: Ask, context: TurnContext, heard: Input) -> Result | None:
    """1 keeps the answer, 2 asks again, and another answer takes its place; anything else is a try of the question's
    own budget."""

    def again() -> Result:
        return _confirming(step, context)

    match heard:
        case Digits(keys):
            elsewhere = global_key(step, context, keys, again) if keys not in ("1", "2") else None
        case Spoken(words):
            asked = Question(step, again, lambda key: global_key(step, context, key, again), _listening(step, context))
            elsewhere = named_key(asked, context, words) if step.as_ != "words" else None
        case Silence():
            return "exhausted" if spent(step, context, "noinput") else again()
        case _:
            return None
    if elsewhere is not None:
        return elsewhere
    if isinstance(heard, Spoken) and (instead := _instead(step, context, heard)):
        context.note({"answer": "", "kind": ""})
        return _answered(step, context, instead)
    match understood("yes-no", context, heard, least=1, most=1):
        case answers.YES:
            return _keep(step, context, value_of(context.noted("kind"), context.noted("answer")))
        case answers.NO:
            context.note({"answer": "", "kind": ""})
            return "exhausted" if spent(step, context, "nomatch", aloud=False) else _question(step, context)
        case _:
            return "exhausted" if spent(step, context, "nomatch") else _confirming(step, context)


def _instead(step: Ask, context: TurnContext, heard: Spoken) -> Value | None:
    """The answer that these words put in the place of the one that is read back ("no, twelve", "make it Friday")."""
    before = value_of(context.noted("kind"), context.noted("answer"))
    if step.as_ in ("words", "yes-no") or choices.is_key(heard.words, context.session.language):
        return None
    found = _understood(step, context, heard) or _part_of_day(step, context, heard)
    if found and before.kind == "datetime":
        found = _completed(step, context, found, before.text)
    return None if found == before else found


def _completed(step: Ask, context: TurnContext, found: Value, before: str) -> Value:
    """A day or a time with what it leaves out: the time, or the day, of the moment wished for `before` ("then at
    four"), if somebody is there then."""
    if not before or found.kind not in ("time", "date"):
        return found
    kept, is_day = datetime.fromisoformat(before), found.kind == "date"
    moved = _on_day(found.date if is_day else kept.date(), kept.time() if is_day else found.time, context)
    calendar = context.edition.calendars.get(step.within)
    return moved if next_such_time(moved, calendar, context) else found


def _retry_ask(step: Ask, context: TurnContext, cause: TryCause, *, aloud: bool = True) -> Result:
    return "exhausted" if spent(step, context, cause, aloud=aloud) else _question(step, context)


# --- what menus and questions share -------------------------------------------------------------------------


def spent(step: Prompting, context: TurnContext, cause: TryCause, *, aloud: bool = True) -> bool:
    """Uses up one try for `noinput` or `nomatch`, says so, and tells whether it was the last.

    It is also the last for a caller who is silent in menus for too long: nobody listens, or nobody can answer.
    Before that, callers have been asked whether they are there: by the second text for silence, in whatever menu.
    Questions are not counted in this; people look for their number, or wait for a code.
    """
    silent = int(context.noted("silent") or 0) + (cause == "noinput")
    wrong = int(context.noted("tries") or 0) + (cause == "nomatch")
    used = silent + wrong
    context.note({"silent": str(silent or ""), "tries": str(wrong or "")})
    context.emit(TryUsed(context.session.state, cause, used, step.tries))
    if used >= step.tries or (cause == "noinput" and isinstance(step, Menu) and context.is_deserted()):
        return True
    if aloud:
        asked = max(used, context.session.silences) if isinstance(step, Menu) else used
        context.say(retry_text(step.silence, asked) if cause == "noinput" else retry_text(step.wrong, used))
    return False


# --- survey -------------------------------------------------------------------------------------------------


def survey(step: Survey, context: TurnContext) -> Result:
    context.say(step.survey)
    return Gathering(wait_seconds=step.wait, most=1, finish="", speech=True, language=context.session.language)


def survey_heard(step: Survey, context: TurnContext, heard: Input) -> Result | None:
    """Any other key, other words and silence are no answer. A survey never asks twice. Words are also heard as by the
    menu before it: whoever asks for a person comes to one, whoever takes the goodbye back to that menu."""
    match heard:
        case Digits(keys):
            return _scored(step, context, keys) or "next"
        case Spoken(words):
            digit = answers.spoken_digits(words, context.session.language)
            return _scored(step, context, digit) or _rather(step, context, words) or "next"
        case Silence():
            return "next"
        case _:
            return None


def _scored(step: Survey, context: TurnContext, key: str) -> Result | None:
    """What a key of the scale does, or one that works everywhere; None for any other."""
    if key in map(str, range(1, step.scale + 1)):
        context.emit(SurveyAnswered(int(key), step.scale, context.session.state))
        return "next"
    return global_key(step, context, key, lambda: survey(step, context))


def _rather(step: Survey, context: TurnContext, words: str) -> Result | None:
    wishes, language = context.edition.wishes, context.session.language
    for asked in context.session.history[-1:]:
        flow, menu = asked.state.partition(".")[0], context.edition.flows.step(asked.state)
        if isinstance(menu, Menu):
            wish = wishes.wanted((flow,), menu, words, language)
            key, *behind = wishes.ways.of(flow, menu, language).get(wish, ("",))
            if not behind and (elsewhere := _scored(step, context, key)):
                return elsewhere
            praises = understood("yes-no", context, Spoken(words), least=1, most=1) == answers.YES  # "very good"
            waits = answers.is_for_a_moment(words, language)
            return asked if waits or (not praises and wishes.goes_on(flow, menu, words, language)) else None
    return None
