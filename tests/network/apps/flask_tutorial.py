"""An IVR in the style of a tutorial: Flask, the helper library, a menu, a planet, an agent and a voicemail."""

from flask import Flask, redirect, request, session, url_for
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

app = Flask(__name__)
app.secret_key = "not a secret"

PLANETS = {"2": "+12025550142", "3": "+12025550143"}


def twiml(response):
    reply = app.make_response(str(response))
    reply.headers["Content-Type"] = "text/xml"
    return reply


@app.route("/ivr/welcome", methods=["POST"])
def welcome():
    response = VoiceResponse()
    session["visits"] = session.get("visits", 0) + 1
    with response.gather(num_digits=1, action=url_for("menu"), method="POST") as g:
        g.say(
            "Thanks for calling the E T Phone Home Service. Press 1 for directions. Press 2 to call a planet.", loop=3
        )
    response.redirect(url_for("goodbye"))
    return twiml(response)


@app.route("/ivr/menu", methods=["POST"])
def menu():
    option = request.form["Digits"]
    actions = {"1": directions, "2": planets}
    if option in actions:
        response = VoiceResponse()
        actions[option](response)
        return twiml(response)
    return redirect(url_for("welcome_again"))


@app.route("/ivr/again")
def welcome_again():
    response = VoiceResponse()
    response.say(f"That is no choice. You have been here {session.get('visits', 0)} times.")
    response.redirect(url_for("welcome"))
    return twiml(response)


def directions(response):
    response.say("To get to your extraction point, get on your bike.", voice="Polly.Amy", language="en-GB")
    response.hangup()
    return response


def planets(response):
    gather = Gather(numDigits=1, action=url_for("planet"), finish_on_key="")
    gather.say("To call the planet Broh doe As O G, press 2. To leave a message press star.")
    gather.pause(length=2)
    response.append(gather)
    return response


@app.route("/ivr/planet", methods=["POST"])
def planet():
    selected = request.form["Digits"]
    response = VoiceResponse()
    if selected in PLANETS:
        dial = Dial(action="/ivr/after", timeout=10)
        dial.number(PLANETS[selected], url=url_for("screen"))
        response.append(dial)
    elif selected == "*":
        response.say("Leave a message after the beep.")
        response.record(max_length=30, action="/ivr/recorded", finish_on_key="#")
    else:
        response.redirect(url_for("welcome"))
    return twiml(response)


@app.route("/ivr/screen", methods=["POST"])
def screen():
    response = VoiceResponse()
    with response.gather(num_digits=1, action="/ivr/connect") as g:
        g.say("You have a call from planet earth. Press any key to accept.")
    response.hangup()
    return twiml(response)


@app.route("/ivr/connect", methods=["POST"])
def connect():
    response = VoiceResponse()
    response.say("Connecting you.")
    return str(response)  # text/html, as many write it


@app.route("/ivr/after", methods=["POST"])
def after():
    response = VoiceResponse()
    response.say(f"The planet said {request.form['DialCallStatus']}.")
    return twiml(response)


@app.route("/ivr/recorded", methods=["POST"])
def recorded():
    response = VoiceResponse()
    response.say(f"Got {request.form['RecordingDuration']} seconds. Goodbye.")
    return twiml(response)


@app.route("/ivr/goodbye", methods=["POST"])
def goodbye():
    response = VoiceResponse()
    response.say("Thank you, goodbye.")
    return twiml(response)
