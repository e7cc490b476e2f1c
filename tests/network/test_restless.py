"""Callers who dither: what they do, that it can be done again, and what they find that a script does not."""

import re

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.network import CallerLost, Network, restless_callers
from tests.network.sockets import served
from tests.network.twiml_app import NUMBER, TwimlApp

GOODBYE = "<Say>Goodbye.</Say><Hangup/>"


def menu(key=None, tries=0):
    """A menu of two keys that gives up after three tries."""
    if tries >= 3 or key == "2":
        return GOODBYE
    said = "You have 3 points." if key == "1" else "Sorry." if key else ""
    return (f'<Gather numDigits="1" action="/menu?tries={tries + 1}"><Say>{said} For points press 1, to end press 2.'
            f'</Say></Gather><Redirect>/menu?tries={tries + 1}</Redirect>')  # fmt: skip


def pressed(request):
    return menu(request.form.get("Digits"), int(request.query.partition("tries=")[2] or 0))


SOUND = {"/voice": menu(), "/menu": pressed}


def dialling(pages):
    """Gives what makes a call to a fresh app on a fresh network."""

    def dial():
        net = Network(auth_token="12345")
        net.number(NUMBER, "http://app.test/voice", app=TwimlApp(dict(pages)))
        return net.dial(NUMBER)

    return dial


def test_equal_seeds_do_the_same():
    one, other = (dialling(SOUND)() for _ in range(2))
    assert one.restless(7) == other.restless(7)
    assert [entry.text for entry in one.transcript] == [entry.text for entry in other.transcript]
    assert dialling(SOUND)().restless(8) != one.restless(7)


def test_all_that_people_do_is_done():
    done = {step.kind for seed in range(40) for step in dialling(SOUND)().restless(seed)}
    assert done == {"listen", "wait", "press", "say", "hang_up"}


def test_a_sound_app_brings_every_one_of_them_to_a_good_end():
    restless_callers(dialling(SOUND), range(100), ends_with="Goodbye")


def twice(request):
    if "tries=2" in request.query and request.form.get("Digits") == "1":
        raise KeyError("points")  # only who asks for the points again
    return pressed(request)


def star(request):
    return (int(request.form.get("Digits", "0")) and "") or pressed(request)


def silent(request):
    return pressed(request) if request.form.get("Digits") else menu(None, 0)


FAULTY = {
    "the second time is an error": {"/menu": twice},
    "a star is no number": {"/menu": star},
    "silence leads round for ever": {"/menu": silent},
    "a wrong key cuts the call": {"/menu": lambda request: pressed(request)
                                  if request.form.get("Digits") in ("1", "2", None) else "<Hangup/>"},
    "a pause that nobody ends": {
        "/menu": lambda request: (
            "<Redirect>/wait</Redirect>" if request.form.get("Digits") == "1" else pressed(request)
        ),
        "/wait": "<Pause length='5'/><Redirect>/wait</Redirect>",
    },
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTY)
def test_it_finds_what_a_caller_who_does_as_told_does_not(fault):
    dial = dialling(SOUND | FAULTY[fault])
    call = dial()
    call.listen()
    call.press("2")  # the script that its author wrote
    call.hears("Goodbye.")
    with pytest.raises(CallerLost) as found:
        restless_callers(dial, range(100), ends_with="Goodbye")
    assert len(found.value.script) <= 3


def test_the_shortest_script_is_python_that_goes_wrong():
    with pytest.raises(CallerLost) as found:
        restless_callers(dialling(SOUND | FAULTY["a star is no number"]), range(100), ends_with="Goodbye")
    lines = [str(step) for step in found.value.script]
    assert len(lines) == 1
    assert lines[0] in str(found.value)
    call = dialling(SOUND | FAULTY["a star is no number"])()
    exec(lines[0], {"call": call})
    call.listen()
    assert call.leg.net.debugger.failure() is not None


def test_entries_are_keyed_in():
    pages = {"/voice": '<Gather numDigits="4" action="/in"><Say>Your PIN.</Say></Gather>', "/in": GOODBYE}
    keyed = {step.value for seed in range(20) for step in dialling(pages)().restless(seed, ("2468",))}
    assert "2468" in keyed


def test_a_person_or_waiting_for_one_is_a_good_end():
    pages = {"/voice": "<Dial><Number>+15005550020</Number></Dial>"}

    def dial():
        net = Network(auth_token="12345")
        net.number(NUMBER, "http://app.test/voice", app=TwimlApp(dict(pages)))
        net.person("+15005550020", answers_after=2, hangs_up_after=20)
        return net.dial(NUMBER, "+8613800138000", wait=False)

    restless_callers(dial, range(10), ends_with="Goodbye")
    restless_callers(dialling({"/voice": "<Enqueue>support</Enqueue>"}), range(10), ends_with="Goodbye")


def dialled(pages, *options):
    with served(TwimlApp(dict(pages))) as address:
        return CliRunner().invoke(main, ["dial", f"{address}/voice", *options])


def test_the_command_calls_as_one_of_them_and_shows_what_they_did():
    ran = dialled(SOUND, "--restless", "7", "--seed", "a")
    assert ran.exit_code == 0
    assert "what the caller did:" in ran.output
    assert re.search(r"  call\.\w+\(", ran.output)


def test_the_command_calls_as_many_of_them_and_shows_the_first_who_is_lost():
    assert (
        "12 restless callers came to a good end"
        in dialled(SOUND, "--restless", "1-12", "--ends-with", "Goodbye").output
    )
    ran = dialled(SOUND | FAULTY["a wrong key cuts the call"], "--restless", "1-50", "--ends-with", "Goodbye")
    assert ran.exit_code == 1
    assert "shortest script" in ran.output
