"""A telephone that rings until somebody does something about it."""

import pytest

from ivr.network import Call, Line

from .twiml_app import NUMBER, network

OTHER = "+8613900000000"


@pytest.fixture
def ringing() -> Call:
    net, _ = network({"/out": "<Gather numDigits='1' timeout='60'><Say>Press 1.</Say></Gather>"})
    net.line(OTHER, Line.no_answer())
    call = net.place_call(NUMBER, OTHER, "http://hotline.test/out", timeout=30)
    call.wait(5)
    assert call.status == "ringing"
    return call


def test_picking_up_begins_the_call(ringing):
    assert ringing.pick_up()
    ringing.hears("Press 1.")
    assert ringing.status == "in-progress"


def test_declining_is_what_a_busy_line_does(ringing):
    assert ringing.decline()
    ringing.wait(1)
    assert (ringing.status, ringing.heard) == ("busy", "")


def test_a_call_is_picked_up_only_while_it_rings(ringing):
    ringing.wait(60)
    assert ringing.status == "no-answer"
    assert not ringing.pick_up()
    assert ringing.status == "no-answer"


def test_it_is_picked_up_once(ringing):
    assert ringing.pick_up()
    assert not ringing.pick_up()
    assert not ringing.decline()
    assert ringing.status == "in-progress"
