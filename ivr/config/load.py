"""Turns `config.yaml` into a `Config`: reads it, takes secrets from the environment, and checks."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr.call.calendar import Calendar, ever_opens
from ivr.call.holiday_source import country_problem
from ivr.call.identity import Policy
from ivr.config.calendars import CalendarReader, plain_texts
from ivr.config.checks import VARIABLE, check, check_environment, settings_and_secrets
from ivr.config.places import Places
from ivr.config.settings import (
    AgentSettings,
    BackOfficeSettings,
    CallbacksSettings,
    ConsoleSettings,
    HotlineSettings,
    KeepSettings,
    LimitsSettings,
    NumbersSettings,
    QueueSettings,
    Secret,
    Setting,
    Settings,
    TicketsSettings,
    TwilioSettings,
    VoiceSettings,
)  # fmt: skip
from ivr.flow.issues import Issue, Place
from ivr.flow.model import Catalogue, HandlerSpec
from ivr.flow.reading.fields import Reading, fields_of, read
from ivr.flow.reading.source import Entry, ListNode, MapNode, Node, Scalar, parse

if TYPE_CHECKING:
    from ivr.call.languages import Language


@dataclass(frozen=True, kw_only=True)
class Config:
    """A configuration that was read and checked. Secrets are in it, but never in its repr.

    `folder` is where the file stands: relative paths are relative to it. Phone numbers are E.164.
    """

    folder: Path
    hotline: HotlineSettings
    languages_named: bool
    """Whether the languages are written, or those of a hotline that names none."""
    voices: Mapping[str, VoiceSettings]
    """One for every language of the hotline."""
    twilio: TwilioSettings
    store_url: str = dataclasses.field(repr=False)
    calendars: Mapping[str, Calendar]
    policies: Mapping[str, Policy]
    queues: Mapping[str, QueueSettings]
    agents: Mapping[str, AgentSettings]
    """The people who log in; the bare phones of queues are not among them."""
    callbacks: CallbacksSettings
    console: ConsoleSettings
    numbers: NumbersSettings
    back_office: BackOfficeSettings
    tickets: TicketsSettings
    limits: LimitsSettings
    keep: KeepSettings
    message_opening: Mapping[str, str]

    @property
    def flows(self) -> Path:
        return self.folder / self.hotline.flows

    @property
    def on_twilio(self) -> bool:
        """Whether an account is configured; otherwise the simulated network carries calls and text messages."""
        return bool(self.twilio.account_sid.value and self.twilio.auth_token.value)

    @property
    def has_real_back_office(self) -> bool:
        """Whether a back office is asked at an address, and not its demo."""
        return self.back_office.url is not None and bool(self.back_office.url.value)

    @property
    def auth_tokens(self) -> tuple[str, ...]:
        """The tokens by which a signature may be made: the present one, and the old one while it is being changed."""
        old = self.twilio.old_auth_token
        return tuple(filter(None, (self.twilio.auth_token.value, old.value if old else "")))

    @property
    def messages_from(self) -> str:
        return self.twilio.messages_from or self.hotline.number

    @property
    def queue_calendars(self) -> Mapping[str, Calendar]:
        return {name: self.calendars[queue.calendar] for name, queue in self.queues.items() if queue.calendar}

    def text_message(self, body: str, language: str) -> str:
        """A text message as it is sent, with its opening."""
        opening = self.message_opening.get(language, "")
        return f"{opening} {body}" if opening[-1:].isascii() and opening else opening + body

    def catalogue(self, handlers: Mapping[str, HandlerSpec]) -> Catalogue:
        return Catalogue(
            handlers=handlers,
            calendars=frozenset(self.calendars),
            never_open=frozenset(name for name, each in self.calendars.items() if not ever_opens(each, date.min)),
            no_holidays=frozenset(name for name, each in self.calendars.items() if not (each.holidays or each.days)),
            policies=frozenset(self.policies),
            queues=frozenset(self.queues),
            destinations=frozenset(self.numbers.destinations),
            languages=self.hotline.languages,
            offered=self.hotline.languages if self.languages_named else (),
            back_office=bool(self.back_office.module),
            folder=self.folder,
        )


def load_config(path: Path, *, today: date, environ: Mapping[str, str]) -> tuple[Config | None, list[Issue]]:
    """The configuration of a file, or None when it has errors, and all issues in reading order.

    `today` decides which years' holiday lists are missed; `environ` holds the values of `{env: NAME}`.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        message = f"the configuration can not be read: {error.strerror or type(error).__name__}"
        return None, [Issue("unreadable", message, Place(str(path)))]
    return read_config(text, str(path), folder=path.parent, today=today, environ=environ)


def read_config(
    text: str | bytes, file: str, *, folder: Path, today: date, environ: Mapping[str, str]
) -> tuple[Config | None, list[Issue]]:
    """As `load_config`, from the text of a file called `file` for places."""
    from ivr.config.languages import is_known, learn_languages

    root, issues = parse(text, file)
    if root is None:
        return None, issues
    if isinstance(root, Scalar) and root.is_empty:
        root = MapNode((), root.place)
    root, leaked = _without_secrets(root)
    places = Places(file, root)
    reading = Reading(languages=_languages(root, is_known), issues=[*issues, *leaked])
    settings = read(root, Settings, reading, "config.yaml")
    if settings is None or leaked:
        return None, _in_order(reading.issues)
    settings = settings if places.is_written("queues") else _default_queues(settings)
    settings = _filled_in(_at_home(settings, places), environ)
    wrong = list(check_environment(settings, places))
    issues = [*reading.issues, *(wrong or check(settings, places, is_known, folder))]
    issues += learn_languages(settings.hotline.languages, folder, places)
    calendars = {}
    for name, hours in settings.calendars.items():
        reader = CalendarReader(name, hours, places)
        calendars[name] = reader.read(settings.hotline.time_zone, today)
        # Nobody is warned of a calendar that nobody wrote.
        issues += [issue for issue in reader.issues if issue.is_error or places.is_written("calendars")]
    if any(issue.is_error for issue in issues):
        return None, _in_order(issues)
    usable = {name: calendar for name, calendar in calendars.items() if calendar is not None}
    languages_named = places.is_written("hotline", "languages")
    return _config(settings, usable, folder, languages_named), _in_order(issues)


def _config(settings: Settings, calendars: Mapping[str, Calendar], folder: Path, languages_named: bool) -> Config:
    from ivr.call.languages import LANGUAGES
    from ivr.config.languages import spoken

    return Config(
        folder=folder,
        hotline=settings.hotline,
        languages_named=languages_named,
        voices={
            code: _voice(settings.voices.get(code), LANGUAGES[code]) for code in spoken(settings.hotline.languages)
        },
        twilio=settings.twilio,
        store_url=_from_folder(settings.store.url.value, folder),
        calendars=calendars,
        policies={name: dataclasses.replace(policy, name=name) for name, policy in settings.policies.items()},
        queues=settings.queues,
        agents=settings.agents,
        callbacks=settings.callbacks,
        console=settings.console,
        numbers=settings.numbers,
        back_office=settings.back_office,
        tickets=settings.tickets,
        limits=settings.limits,
        keep=settings.keep,
        message_opening=plain_texts(settings.messages.opening),
    )


def _voice(voice: VoiceSettings | None, language: Language) -> VoiceSettings:
    written = voice or VoiceSettings()
    return VoiceSettings(
        say=written.say or language.say_code,
        voice=written.voice or language.voice,
        listen=written.listen or language.listen_code,
    )


def _from_folder(url: str, folder: Path) -> str:
    """`sqlite:///data/ivr.db` means the folder of the configuration, not the one the command was started in."""
    path = url.removeprefix("sqlite:///")
    if path == url or not path or path.startswith(("/", ":memory:")):
        return url
    return f"sqlite:///{(folder / path).resolve()}"


def config_schema(languages: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON Schema of `config.yaml` for editors; with `languages`, texts must be written in each of them."""
    from ivr.flow.schema import schema_of

    return schema_of(Settings, "Configuration of a hotline", languages)


# --- reading ------------------------------------------------------------------------------------------------


def _languages(root: Node, is_known: Callable[[str], bool]) -> tuple[str, ...]:
    """The languages that texts of this file are written in. Needed before the file is read, so looked at first."""
    hotline = root.get("hotline") if isinstance(root, MapNode) else None
    entry = hotline.value.get("languages") if hotline and isinstance(hotline.value, MapNode) else None
    if entry is None:
        return HotlineSettings().languages
    items = entry.value.items if isinstance(entry.value, ListNode) else (entry.value,)
    found = tuple(item.text for item in items if isinstance(item, Scalar) and is_known(item.text))
    return found if found and len(set(found)) == len(found) else HotlineSettings().languages


def _without_secrets(root: Node) -> tuple[Node, list[Issue]]:
    """The document without secrets that stand in it, so that no message can show one; an issue for each."""
    if not isinstance(root, MapNode):
        return root, []
    issues: list[Issue] = []
    sections = fields_of(Settings)

    def cleaned(name: str, entry: Entry, section: type[Any]) -> Entry | None:
        shape = fields_of(section).get(entry.key.text)
        if shape is None or shape.annotation not in (Secret, Secret | None) or not isinstance(entry.value, Scalar):
            return entry
        if entry.value.is_empty and shape.annotation != Secret:
            return entry
        message = (
            f"{entry.key.text} stands in the file for all to read; put it into an environment variable and write "
            f"{{env: {_variable(name, entry.key.text)}}} here"
        )
        issues.append(Issue("secret-in-file", message, entry.key.place))
        return None

    entries = []
    for entry in root.entries:
        shape = sections.get(entry.key.text)
        section: Any = shape.annotation if shape else None
        is_section = dataclasses.is_dataclass(section)
        if is_section and isinstance(entry.value, MapNode):
            kept = [
                clean for each in entry.value.entries if (clean := cleaned(entry.key.text, each, section)) is not None
            ]
            entries.append(Entry(entry.key, MapNode(tuple(kept), entry.value.place)))
        else:
            entries.append(entry)
    return MapNode(tuple(entries), root.place), issues


def _variable(section: str, key: str) -> str:
    return f"{section}_{key}".upper()


def _default_queues(settings: Settings) -> Settings:
    """The queues of a hotline that writes none. Their calendar is left out where it does not exist."""
    queues = {
        name: queue if queue.calendar in settings.calendars else dataclasses.replace(queue, calendar="")
        for name, queue in settings.queues.items()
    }
    return dataclasses.replace(settings, queues=queues)


def _at_home(settings: Settings, places: Places) -> Settings:
    """With the time zone and the numbers of the country, where it is written and they are not."""
    hotline, numbers = settings.hotline, settings.numbers
    if hotline.country == HotlineSettings().country or country_problem(hotline.country):
        return settings
    from ivr.call.countries import prefixes_of, zones_of

    zones, prefixes = zones_of(hotline.country), prefixes_of(hotline.country)
    if zones and not places.is_written("hotline", "time_zone"):
        hotline = dataclasses.replace(hotline, time_zone=zones[0])
    if prefixes and not places.is_written("numbers", "allowed"):
        numbers = dataclasses.replace(numbers, allowed=prefixes)
    return dataclasses.replace(settings, hotline=hotline, numbers=numbers)


def _filled_in(settings: Settings, environ: Mapping[str, str]) -> Settings:
    sections: dict[str, Any] = {}
    for (section, name), given in settings_and_secrets(settings):
        known = sections.get(section, getattr(settings, section))
        text = given.text if isinstance(given, Setting) else ""
        value = environ.get(given.env, "") if given.env else text
        sections[section] = dataclasses.replace(known, **{name: dataclasses.replace(given, value=value)})
    return dataclasses.replace(settings, **sections)


def _in_order(issues: Iterable[Issue]) -> list[Issue]:
    return sorted(issues, key=lambda issue: issue.place)


# --- what may be shown of it ---------------------------------------------------------------------------------------


SECRET_KEYS = frozenset(
    key
    for section in fields_of(Settings).values()
    if isinstance(section.annotation, type)
    for key, shape in fields_of(section.annotation).items()
    if shape.annotation in (Secret, Secret | None)
)
_KEY = "|".join(sorted(SECRET_KEYS))
_ON_ITS_LINE = re.compile(rf"(?<![\w-])({_KEY})(\s*[:：=]\s*)(?!\{{\s*env\s*:)([^\s#,}}][^#,}}\n]*)")
_PASSWORD = re.compile(r"(://[^\s:/@]*:)([^\s@]+)(?=@)")


def redacted(text: str | bytes) -> str:
    """The same text, line for line and column for column, with dots where a secret or a password stands.

    For the source lines beside issues. Works on files that are not YAML, too.
    """
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    root, _ = parse(plain, "")
    for secret in sorted(set(_written_secrets(root)), key=len, reverse=True):
        plain = plain.replace(secret, _dots(secret))
    plain = _ON_ITS_LINE.sub(lambda match: match[1] + match[2] + _dots(match[3]), plain)
    return _PASSWORD.sub(lambda match: match[1] + _dots(match[2]), plain)


def _written_secrets(node: Node | None, *, within: bool = False) -> Iterator[str]:
    """Every word below the key of a secret that is not the name of a variable."""
    match node:
        case MapNode(entries=entries):
            for entry in entries:
                yield from _written_secrets(entry.value, within=within or entry.key.text in SECRET_KEYS)
        case ListNode(items=items):
            for item in items:
                yield from _written_secrets(item, within=within)
        case Scalar(text=written) if within and written and not VARIABLE.fullmatch(written):
            yield from (word for word in written.split() if len(word) > 3)  # shorter ones are redacted on their line
        case _:
            pass


def _dots(text: str) -> str:
    return re.sub(r"\S", "•", text)
