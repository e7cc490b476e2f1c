"""`ivr new`: the folder of a hotline to begin with, in the languages its callers speak. It takes calls at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from itertools import islice
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from ivr.cli.options import stop

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "welcome": "您好，这里是街角书店。",
        "language_label": "中文服务",
        "silence": "没有收到您的输入。",
        "wrong": "抱歉，没有识别到您的输入。",
        "closed": "现在是非营业时间，我们{next_opening}开始营业。",
        "holiday": "今天是{closed_for}，我们{next_opening}开始营业。",
        "main": "请问需要什么帮助？",
        "address_label": "门店地址",
        "address_also": "地址, 在哪里",
        "address": "我们在中山路12号。",
        "message_label": "给我们留言",
        "message_also": "留言",
        "person_label": "人工服务",
        "person_also": "人工, 客服",
        "person": "正在为您转接，请稍候。",
        "hold": "请稍候，您前面还有{position}位。留言请按1。",
        "nobody": "现在没有人能接听您的电话。",
        "message": "请在提示音后留言，说完请按井号键。",
        "ticket": "我们已收到您的留言，受理编号是{ticket}。",
        "goodbye": "感谢您的来电，再见。",
        "hear_address": "中山路",
        "hear_nobody": "没有人能接听",
        "hear_monday": "11月23日星期一上午9点",
        "hear_ticket": "受理编号是",
        "spoken": "请给我留一本字典",
        "who": "请输入您的会员号或注册手机号，以井号键结束。",
        "code": "验证码已发送到注册手机。请输入验证码，以井号键结束。改用电话密码，请按星号键，再按井号键。",
        "pin": "请输入您的电话密码，以井号键结束。改用短信验证码，请按星号键，再按井号键。",
        "failed": "您输入的信息与我们的记录不一致，请再试一次。",
        "unverified": "没有关系，我们请同事帮您核实。",
        "locked": "为了保护账户安全，现在暂时不能通过按键核实身份，我们请同事帮您。",
    },
    "en": {
        "welcome": "Hello, this is the Corner Bookshop.",
        "language_label": "service in English",
        "silence": "I did not hear anything.",
        "wrong": "Sorry, I did not get that.",
        "closed": "We are closed now. We open on {next_opening}.",
        "holiday": "We are closed for {closed_for}. We open on {next_opening}.",
        "main": "How can we help?",
        "address_label": "our address",
        "address_also": "address, where are you",
        "address": "You find us at 12 Market Street.",
        "message_label": "to leave a message",
        "message_also": "message, voicemail",
        "person_label": "to speak to a person",
        "person_also": "person, agent",
        "person": "One moment. I am putting you through.",
        "hold": "Please hold. Callers before you: {position}. To leave a message instead, press 1.",
        "nobody": "Nobody can take your call right now.",
        "message": "Please leave your message after the tone, then press hash.",
        "ticket": "We have your message. Your reference number is {ticket}.",
        "goodbye": "Thank you for calling. Goodbye.",
        "hear_address": "Market Street",
        "hear_nobody": "Nobody can take your call",
        "hear_monday": "Monday, November 23 at 9 AM",
        "hear_ticket": "Your reference number",
        "spoken": "keep a dictionary for me please",
        "who": "Please key in your member number or registered phone number, then press hash.",
        "code": "We have texted a code to the registered phone. Please key it in, then press hash. "
        "To use your phone PIN instead, press star, then hash.",
        "pin": "Please key in your phone PIN, then press hash. To use a texted code instead, press star, then hash.",
        "failed": "That does not match our records. Please try once more.",
        "unverified": "That is all right. One of us will help you with this.",
        "locked": "To keep the account safe, codes and PINs are not accepted for a while. One of us will help you.",
    },
}
_HOMES = {"zh": ("CN", "Asia/Shanghai"), "en": ("GB", "Europe/London")}
"""The country and time zone of a hotline in these languages, if none is given."""
_BACK_OFFICE = """
back_office:
  module: my_back_office           # who callers are is asked of it: a Python module beside this file
"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--languages", default="zh,en", show_default=True, help="What callers speak, the first one spoken first.")
@click.option("--country", metavar="XX", help="Where they call from, for numbers and public holidays; by language.")
@click.option("--time-zone", metavar="ZONE", help="Where the hours are counted, such as Europe/Paris; by language.")
@click.option("--identity", is_flag=True, help="Also a flow that finds out who calls, and a back office to begin with.")
def new(folder: Path, languages: str, country: str | None, time_zone: str | None, identity: bool) -> None:
    """Write a small hotline into FOLDER, which is made: flows, configuration, call scripts, and schemas for editors.

    It greets, knows its hours, answers a question, takes messages and leads to a person. Nothing is overwritten.
    """
    spoken = tuple(dict.fromkeys(code.strip() for code in languages.split(",") if code.strip()))
    strange = [code for code in spoken if code not in _WORDS]
    if strange or not spoken:
        stop(f'there are words to begin with in {" and ".join(_WORDS)}, not in "{", ".join(strange)}"')
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        stop(f'there is something in "{folder}" already; name a folder that is empty or not there')
    home, zone = _HOMES[spoken[0]]
    try:
        ZoneInfo(time_zone or zone)
    except (ZoneInfoNotFoundError, ValueError):
        stop(f'there is no time zone "{time_zone}"; they are named like Europe/London and Asia/Shanghai')
    for name, text in _files(spoken, country or home, time_zone or zone, identity=identity).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"written {path}")
    click.echo(f"\ncd {folder}\nivr call                  # dial it; ivr phone is the same as a page")
    click.echo("ivr check                 # after every change")
    click.echo("ivr replay tests/calls    # are callers still answered as they were?")


def _files(languages: tuple[str, ...], country: str, time_zone: str, *, identity: bool) -> Mapping[str, str]:
    """Every file of the folder, by its path in it."""
    from ivr.config import config_schema
    from ivr.flow.schema import flow_schema
    from ivr.testing.reader import script_schema

    values = {name: _text(name, languages) for name in _WORDS[languages[0]]}
    values |= {"languages": ", ".join(languages), "country": country, "time_zone": time_zone}
    values |= {"prefix": _prefix(country), **_phones(country)}
    values |= {"back_office": _BACK_OFFICE if identity else "", "language": languages[0]}
    values |= _opening(languages)
    written = {
        "config.yaml": "config.yaml",
        "flows/hotline.yaml": "hotline.yaml",
        "tests/calls/in-hours.call.yaml": "in-hours.call.yaml",
        "tests/calls/closed.call.yaml": "closed.call.yaml",
    }
    if identity:
        written |= {"flows/identity.yaml": "identity.yaml", "my_back_office.py": "my_back_office.txt"}
    schemas = {"flow": flow_schema(languages), "config": config_schema(languages), "script": script_schema(languages)}
    return {path: Template(_starter(name)).substitute(values) for path, name in written.items()} | {
        f"schemas/{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


def _starter(name: str) -> str:
    return files(__package__).joinpath("starter", name).read_text("utf-8")


def _text(name: str, languages: tuple[str, ...]) -> str:
    """A text as the flow language writes it; other words for a choice as lists."""
    if name.endswith("_also"):
        return "{" + ", ".join(f"{code}: [{_WORDS[code][name]}]" for code in languages) + "}"
    return "{" + ", ".join(f'{code}: "{_WORDS[code][name]}"' for code in languages) + "}"


def _opening(languages: tuple[str, ...]) -> Mapping[str, str]:
    """The first step, and how scripts pass it: a menu of languages where there are several, else a greeting."""
    if len(languages) == 1:
        greeting = f"  welcome: {{say: {_text('welcome', languages)}, next: notices}}\n"
        return {"start": "welcome", "greeting": greeting, "choose": f'- hear: "{_WORDS[languages[0]]["welcome"]}"'}
    keys = ", ".join(f"{code}: {key}" for key, code in enumerate(languages, 1))
    lines = ["  language:", f"    menu: {_text('welcome', languages)}", "    choices:"]
    for key, code in enumerate(languages, 1):
        label = _WORDS[code]["language_label"]
        lines.append(f"      - {{key: {key}, language: {code}, label: {label}, next: notices}}")
    return {"start": "language", "greeting": "\n".join(lines) + "\n", "choose": f"- press: {{{keys}}}"}


def _phones(country: str) -> Mapping[str, str]:
    """Numbers of made-up people there: two callers and an agent."""
    from ivr.hotline.numbers import example_numbers

    numbers = tuple(islice(example_numbers(country), 3)) or ("", "", "")
    return dict(zip(("first", "second", "phone"), numbers, strict=True))


def _prefix(country: str) -> str:
    from ivr.hotline.numbers import prefix_of

    found = prefix_of(country)
    if not found:
        stop(f'there is no country "{country}"; they are named by two capital letters, such as CN, GB and US')
    return found
