"""Every rule of `config.yaml` that no other document has, and its documentation."""

from __future__ import annotations

from collections.abc import Mapping

CONFIG_RULES: Mapping[str, str] = {
    "bad-account": "An account of Twilio begins with AC and has 34 characters; the console shows it on its first page.",
    "bad-date": "Single days are written as year, month and day: 2026-12-31.",
    "bad-hours": "Hours are written as 09:00-18:00; several spans stand in a list, and 22:00-02:00 runs over midnight.",
    "bad-music": "Music is a file beside config.yaml, such as media/waiting.mp3, or an https address.",
    "bad-number": "Phone numbers are written with + and country code, digits only: +8675512345678.",
    "bad-prefix": "What numbers may begin with is written with + and a country code: +86, or narrower.",
    "bad-url": "An address begins with http:// or https:// (a store's with sqlite:/// or postgresql://).",
    "bad-variable": "Environment variables have names in capital letters, such as TWILIO_AUTH_TOKEN.",
    "bad-weekday": "Weekdays are written mon, tue, wed, thu, fri, sat, sun, in spans (mon-fri) or lists (sat, sun).",
    "day-twice": "A weekday has hours in two places of one calendar; only one of them could hold.",
    "factors": "Callers are identified by a texted code, by a PIN, or by either; each is named once.",
    "given-twice": "A setting has a value in the file and a variable that holds it; only one of them could hold.",
    "half-configured": "Something needs another setting to work, such as a token without its account.",
    "name-twice": "An agent is named like a queue; a colleague is asked by either, and nobody could say whom you mean.",
    "no-codes": "A talk is closed with a code, so there is at least one.",
    "no-holiday-list": "No official holidays are known for a year that is about to come. Weekends that are worked in\n"
    "exchange for holidays are announced late in the year before; until then such days are taken for free ones.",
    "no-queues": "An agent without a queue would never be rung; only a supervisor may have none.",
    "out-of-range": "A number is larger or smaller than what works, or than what is safe.",
    "outside-allow-list": "A number that the hotline should ring is none it may ring: see numbers.allowed.",
    "overflow-circle": "Queues overflow to each other in a circle; one of them has to be the last.",
    "overlap": "Two spans of one day overlap, or a span over midnight runs into the next day's.",
    "phone-twice": "A phone is named in two places, or is the hotline's own; whoever it rings for has one alone.",
    "plain-http": "Over http everybody on the way can read what callers say and key in; use https.",
    "renamed-key": "A section has another name now. The former one is understood for one more release.",
    "secret-in-file": "A secret stands in the file, for everybody who can read it. It belongs into an environment\n"
    "variable, and the variable's name into the file: {env: TWILIO_AUTH_TOKEN}.",
    "unknown-calendar": "A queue, or `tickets`, names a calendar that does not stand under calendars.",
    "unknown-queue": "An agent or an overflow names a queue that does not stand under queues.",
    "unknown-country": "Countries are named by their two letters, with a region if need be: CN, US, DE-BY.",
    "unknown-language": "A language the hotline has no words for: see docs/flows.md on how to add one.",
    "unknown-zone": "Time zones are named as in the IANA database: Asia/Shanghai, Europe/London.",
    "unset-variable": "A setting is to come from an environment variable that is not set.",
}
"""What can be wrong with `config.yaml`, beyond what can be wrong with any document."""
