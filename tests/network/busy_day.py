"""A day on which much happens at once: menus, a queue with agents, a conference, recordings, screened calls.

Run as a program it prints everything that was said and asked, for a comparison from process to process.
"""

import sys

from ivr.network import Network, format_entry

MENU, DESK, SALES, ROOM = "+15005550001", "+15005550002", "+15005550003", "+15005550004"
PAGES = {
    "/menu": '<Gather numDigits="1" action="/choice" timeout="6"><Say language="zh-CN">查询请按一</Say></Gather>'
    "<Redirect>/menu</Redirect>",
    "/wait": "<Say>please hold</Say><Pause length='7'/>",
    "/left": "<Say>goodbye</Say>",
    "/desk": "<Dial timeout='40' record='record-from-answer'><Queue url='/whisper'>support</Queue></Dial>",
    "/whisper": "<Say>an agent comes</Say>",
    "/sales": '<Dial action="/left" timeout="15"><Number url="/screen">+15005550030</Number>'
    "<Number>+15005550031</Number></Dial>",
    "/screen": '<Gather numDigits="1" timeout="5"><Say>press one to accept</Say></Gather><Hangup/>',
    "/room": '<Dial><Conference waitUrl="" statusCallback="/events" statusCallbackEvent="start end join leave">room'
    "</Conference></Dial>",
    "/events": "",
}
CHOICES = {
    "1": '<Enqueue waitUrl="/wait" action="/left">support</Enqueue>',
    "2": '<Record action="/left" maxLength="20" timeout="3"/>',
}


def app(environ, start_response):
    form = environ["wsgi.input"].read().decode()
    path = environ["PATH_INFO"]
    if path == "/choice":
        digit = form.partition("Digits=")[2][:1]
        page = CHOICES.get(digit, "<Redirect>/menu</Redirect>")
    else:
        page = PAGES[path]
    start_response("200 OK", [("Content-Type", "text/xml")])
    return [f"<Response>{page}</Response>".encode()]


def play(callers, seed=1):
    """Let that many people call, do their part, and the day end; gives the network."""
    net = Network(seed=seed)
    net.number(MENU, "http://app.test/menu", app=app)
    net.number(DESK, "http://app.test/desk")
    net.number(SALES, "http://app.test/sales")
    net.number(ROOM, "http://app.test/room")
    net.person("+15005550030", answers_after=3, presses="1", says="sales", hangs_up_after=6)
    net.person("+15005550031", answers_after=9)
    after = net.clock.after
    for n in range(callers):
        number = (MENU, MENU, SALES, ROOM)[n % 4]
        call = net.dial(number, f"+8613{n:09}", wait=False)
        if number == MENU:
            after(4, lambda leg=call.leg, key="12"[n % 8 // 4]: leg.press(key))
            after(9, lambda leg=call.leg: leg.talk("hello", "en-US", 0.9, 2.5))
        after(120 + n % 7, lambda leg=call.leg: leg.hang_up("caller"))
        if n % 8 == 0:
            after(20, lambda n=n: net.dial(DESK, f"+1500777{n:04}", wait=False))
    net.run(600)
    return net


def expected(net):
    """Everything, as text."""
    lines = []
    for leg in net.legs.values():
        lines += [repr(leg.sid), *map(format_entry, leg.transcript)]
        lines += [
            f"{request.at} {request.method} {request.url} {request.params} {request.headers}"
            for request in leg.requests
        ]
    return "\n".join([*lines, *map(str, net.debugger), *map(str, net.recordings.values())])


if __name__ == "__main__":
    sys.stdout.write(expected(play(int(sys.argv[1]))))
