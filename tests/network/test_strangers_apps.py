"""Apps that nobody here wrote for this network, dialled through unchanged, in process and over sockets."""

import importlib
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from twilio.request_validator import RequestValidator

from ivr.network import Line, Network, Options, VirtualClock

from .apps import faulty, flask_tutorial, raw_wsgi
from .sockets import NODE, node, program, served, trickling
from .twiml_app import TOKEN, TwimlApp

NUMBER = "+15005550006"
APPS = Path(__file__).parent / "apps"


@pytest.fixture(params=["in process", "by address"])
def dialled(request):
    """Gives a function of (app, path) that gives a network whose number is answered by that app."""
    with Network() as net:
        stack = []

        def dial(app, path, **more):
            base = "http://app.test:5000"
            if request.param == "in process":
                net.serve(base, app)
            else:
                server = served(app)
                base = server.__enter__()
                stack.append(server)
            net.number(NUMBER, base + path, **more)
            return net

        yield dial
        for server in stack:
            server.__exit__(None, None, None)


def test_a_tutorial_in_flask_gives_directions(dialled):
    call = dialled(flask_tutorial.app, "/ivr/welcome").dial(NUMBER)
    call.hears("Press 2 to call a planet.")
    call.press("1")
    call.hears("get on your bike")
    call.listen()
    assert (call.status, call.ended_by) == ("completed", "hotline")


def test_a_tutorial_keeps_its_session_over_a_redirected_post(dialled):
    net = dialled(flask_tutorial.app, "/ivr/welcome")
    call = net.dial(NUMBER)
    call.press("9")
    call.hears("You have been here 1 times")
    call.press("9")
    call.hears("You have been here 2 times")
    assert net.debugger.errors == []


@pytest.mark.parametrize(
    ("presses", "expected"), [("1", "The planet said completed."), ("", "The planet said completed.")]
)
def test_a_tutorial_screens_the_callee(dialled, presses, expected):
    net = dialled(flask_tutorial.app, "/ivr/welcome")
    planet = net.person("+12025550142", presses=presses, says="hello earth", hangs_up_after=9, language="en-US")
    call = net.dial(NUMBER)
    call.press("2")
    call.hears("press 2")
    call.press("2")
    call.hears(expected)
    assert ("hello earth" in call.heard) is bool(presses)
    assert ("Connecting you." in planet.call.heard) is bool(presses)


def test_a_tutorial_takes_a_message(dialled):
    net = dialled(flask_tutorial.app, "/ivr/welcome")
    call = net.dial(NUMBER)
    call.press("2")
    call.hears("press star")
    call.press("*")
    call.listen()
    call.say("call me back", seconds=4)
    call.press("#")
    call.hears("Got 4 seconds")


def test_a_tutorial_hears_of_a_busy_planet(dialled):
    net = dialled(flask_tutorial.app, "/ivr/welcome")
    net.line("+12025550142", Line.busy())
    call = net.dial(NUMBER)
    call.press("2")
    call.listen()
    call.press("2")
    call.hears("The planet said busy.")


def test_a_queue_without_a_library(dialled):
    net = dialled(raw_wsgi.application, "/app/start")
    waiting = net.dial(NUMBER)
    waiting.listen()
    waiting.say("我要人工")
    waiting.hears("第1位")
    other = net.dial(NUMBER, "+8613800138001")
    other.press("1")
    other.hears("第2位")
    waiting.press("5")
    waiting.hears("结果：leave")
    other.hears("第1位")
    base = net.numbers[NUMBER].voice_url.rpartition("/")[0]
    net.number("+15005550007", f"{base}/agent")
    agent = net.dial("+15005550007", "+8613900000000")
    agent.say("您好")
    other.hears("您好")
    other.hang_up()
    agent.hears("completed")
    assert net.debugger.codes() == []


def test_a_queue_gives_up_after_two_silences(dialled):
    call = dialled(raw_wsgi.application, "/app/start").dial(NUMBER)
    call.silence()
    call.silence()
    call.hears("再见")


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_a_menu_in_node_with_cookies_and_gzip():
    with node(APPS / "menu.js") as base, Network() as net:
        net.number(NUMBER, f"{base}/voice")
        call = net.dial(NUMBER)
        call.press("2")
        call.hears("请输入密码")
        call.press("12")
        call.press("34")
        call.hears("Welcome & goodbye.")
        assert [exchange.method for exchange in call.requests] == ["POST", "POST", "GET", "POST"]
        failing = net.dial(NUMBER)
        failing.press("1")
        failing.hears("Enter your PIN")
        failing.press("9999")
        failing.hears("Wrong: 9999. For English")
        net.number(NUMBER, f"{base}/crash")
        assert "application error" in net.dial(NUMBER).listen()
        assert net.debugger.codes() == [11217]


@pytest.mark.skipif(shutil.which("php") is None, reason="install PHP: apt-get install php-cli")
def test_a_line_in_plain_php_with_sessions():
    with program("php", "-S", "127.0.0.1:0", APPS / "salon.php") as base, Network() as net:
        net.number(NUMBER, f"{base}/voice", status_callback=f"{base}/status")
        net.person("+15005550020", answers_after=2, says="Salon, hello.", talks_for=7, language="en-US")
        call = net.dial(NUMBER, from_="+4930123456")
        call.hears("Schnitt & Farbe: drücken")
        call.press("1")
        call.hears("You chose 1 from +4930123456.")
        call.hears("Salon, hello.")
        call.hears("It was completed for 9 seconds.")
        silent = net.dial(NUMBER)
        silent.silence()
        silent.hears("Once more, in-progress 12.")
        silent.hears("Goodbye.")
        assert not net.debugger.codes()


@pytest.mark.slow  # the JDK begins by compiling it
@pytest.mark.skipif(shutil.which("java") is None, reason="install a JDK: apt-get install default-jdk-headless")
def test_a_queue_and_a_recording_by_the_server_of_the_jdk():
    with program("java", APPS / "Waiting.java") as base, Network() as net:
        net.number(NUMBER, f"{base}/voice")
        call = net.dial(NUMBER)
        call.hears("You are number 1.")
        call.wait(20)
        call.press("1")
        call.hears("leave after")
        call.listen()
        call.say("please call me back", language="en-US")
        call.press("#")
        call.hears("ended by #.")
        assert not net.debugger.codes()


def test_a_name_is_said_to_an_app_of_aiohttp():
    with program(sys.executable, "-u", APPS / "aiohttp_names.py") as base, Network() as net:
        net.number(NUMBER, f"{base}/voice")
        call = net.dial(NUMBER)
        call.hears("Say your name.")
        call.say("Ann Lee", language="en-US")
        call.hears("Thank you, Ann Lee (Ann Lee).")
        assert [exchange.method for exchange in call.requests if "/part" not in exchange.url] == ["POST", "POST", "GET"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("json", 12300),
        ("untyped", 11200),
        ("empty", 11770),
        ("broken", 12100),
        ("unclosed", 12100),
        ("blank-line", 12100),
        ("bom", 12100),
        ("root", 12102),
        ("html", 12100),
        ("huge", 11750),
        ("loop", 0),
        ("here", 0),
        ("address", 11100),
        ("port", 11100),
        ("scheme", 11100),
        ("bomb", 12100),
        ("nested", 12100),
        ("charset", 12100),
        ("crash", 11217),
        ("500", 11217),
        ("404", 11217),
        ("308", 11216),
        ("304", 11216),
        ("redirects", 11215),
        ("nowhere", 11216),
        ("endless", 11750),
        ("gone", 11217),
    ],
)
@pytest.mark.parametrize("when", ["at once", "mid-call"])
def test_a_faulty_app_is_reported_and_its_caller_told(fault, code, when):
    with Network() as net:
        net.number(NUMBER, f"http://faulty.test/{'menu/' * (when == 'mid-call')}{fault}", app=faulty.app)
        call = net.dial(NUMBER)
        call.press("1")
        call.listen()
        assert "an application error has occurred" in call.heard
        assert (call.status, net.debugger.failure().code) == ("completed", code)


@pytest.mark.parametrize("fault", ["json", "crash", "loop", "huge", "address"])
def test_a_fallback_document_saves_a_faulty_call(fault):
    with Network() as net:
        net.number(NUMBER, f"http://faulty.test/menu/{fault}", app=faulty.app,
                   voice_fallback_url="http://safe.test/fallback")  # fmt: skip
        net.serve("http://safe.test", raw_wsgi.application)
        raw_wsgi.PAGES["fallback"] = lambda request: f"<Say>saved from {request['ErrorCode']}</Say>"
        call = net.dial(NUMBER)
        call.press("1")
        call.hears("saved from")
        assert net.debugger.failure() is None
        assert len(net.debugger.errors) == 1


@pytest.mark.parametrize("fault", ["lower", "gather-no-action", "latin"])
def test_a_slightly_faulty_app_is_survived(fault):
    with Network(options=Options(loop_guard_documents=30)) as net:
        net.number(NUMBER, f"http://faulty.test/{fault}", app=faulty.app)
        call = net.dial(NUMBER)
        if not call.ended:
            call.press("1")
        call.silence()
        net.run(400)
        assert (call.ended, net.debugger.codes()) == (True, [12200] if fault == "lower" else [])
        assert call.heard == ("café" if fault == "latin" else "")


def test_an_app_that_trickles_nothing_in_process_is_cut_off():
    with Network() as net:
        net.number(NUMBER, "http://faulty.test/nothing-for-ever#tt=100&rc=0", app=faulty.app)
        assert "application error" in net.dial(NUMBER).listen()
        assert net.debugger.codes() == [11203]


def test_a_server_that_trickles_is_cut_off():
    with trickling(0.01) as base, Network(VirtualClock()) as net:
        net.number(NUMBER, f"{base}/#tt=300&rc=0")
        call = net.dial(NUMBER)
        assert "application error" in call.listen()
        assert net.debugger.codes() == [11203]


def test_the_apps_know_nothing_of_this_project():
    for path in APPS.glob("*.py"):
        assert "ivr.network" not in path.read_text()
        assert importlib.import_module(f"tests.network.apps.{path.stem}" if path.stem != "__init__" else __package__)


def test_behind_a_tunnel_an_app_on_this_machine_believes_that_it_is_on_the_web():
    app = TwimlApp({"/voice": "<Say>Hello.</Say>"})
    with served(app) as address:
        options = Options(tunnel=f"shop.example={urlsplit(address).netloc}")
        with Network(auth_token=TOKEN, options=options) as net:
            net.number(NUMBER, "https://shop.example/voice")
            net.dial(NUMBER).hears("Hello.")
    (request,) = app.to("/voice")
    assert (request.headers["Host"], request.headers["X-Forwarded-Proto"]) == ("shop.example", "https")
    signature = request.headers["X-Twilio-Signature"]
    assert RequestValidator(TOKEN).validate("https://shop.example/voice", request.form, signature)
