"""The page of the studio, and what it asks for: an application of its own, below /studio, or a part of the console."""

import getpass
import re
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from flask import Flask, Response, abort, jsonify, make_response, request, send_from_directory
from jinja2 import Environment, FileSystemLoader

from ivr.app.build import handlers_of
from ivr.app.checking import teach_editors
from ivr.config import Config
from ivr.flow.issues import Place
from ivr.flow.picture import STYLE, Notes, drawings, svg
from ivr.flow.reading.rewriting import CannotRename, CannotRewrite, renamed
from ivr.flow.reading.source import MAX_BYTES
from ivr.flow.reading.translations import BadTranslation, FlowText, Translation, changed_sources, changes_of, texts_of
from ivr.phone.access import field, guard, sent
from ivr.phone.page import PhonePlace, phone_views
from ivr.phone.views import View, Views, add_views
from ivr.store import Conflict, EditionRow, Store
from ivr.studio.analysis import Analyst, MapShows, Preview, fields, kinds_of_names
from ivr.studio.drafts import Changed, Drafts, ReadOnly, Unusable, mark_of
from ivr.studio.phone import DraftPhone, proxy_of
from ivr.studio.recorder import Recorder, Sounding
from ivr.texts.load import load_texts
from ivr.voices.audio import LARGEST_BYTES, NoSound, TooLong
from ivr.voices.recordings import LIST

HERE = Path(__file__).parent
TEXTS = load_texts(HERE / "texts.yaml")
TEMPLATES = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
LANGUAGES = tuple(TEXTS["lang"])
LARGEST_BODY = 4 * MAX_BYTES
"""A file in JSON, where a sign may take four bytes or six."""
PHONE = "/phone"
"""The address of the web phone, below that of the studio."""
LARGEST_RECORDING = LARGEST_BYTES * 4 // 3 + 65_536


@dataclass(frozen=True, kw_only=True)
class StudioContext:
    """What the studio stands in. `base` is its address.

    `author` is who sits at the page; `done` is told what was done with what, such as "published" and the edition.
    """

    base: str = "/studio"
    icon: str = "phone/static/phone.svg"
    home: str = ""
    """Where a link leads back to, if there is something around the studio."""
    author: Callable[[], str] = getpass.getuser
    language: Callable[[], str] = lambda: request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    csrf: Callable[[], str] = lambda: ""
    done: Callable[[str, str], None] = lambda what, about: None


def create_studio(drafts: Drafts, phone: DraftPhone) -> Flask:
    """The application of the studio, with the phone of its drafts. It is for requests of this machine."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    guard(app)
    handlers = handlers_of(drafts.config)
    analyst, preview = Analyst(drafts.config, handlers), Preview(drafts, handlers)
    recorder = Recorder(drafts.config)

    def done(what: str, about: str) -> None:
        if what == "flows saved" and analyst.flows is not None:
            teach_editors(drafts.config, handlers, analyst.flows)

    here = StudioContext(done=done)
    add_views(app, here.base, "studio", studio_views(drafts, analyst, preview, recorder, here))
    add_views(app, here.base + PHONE, "phone", phone_views(proxy_of(lambda: phone), PhonePlace()))
    return app


def studio_views(
    drafts: Drafts, analyst: Analyst, preview: Preview, recorder: Recorder, here: StudioContext
) -> tuple[View, ...]:
    """Everything that the page asks for. Drafts, analyst and preview may be proxies of what belongs to whoever asks."""
    config = recorder.config
    studio = Views(_refusal)
    _add_page(studio, drafts, here)
    _add_drafts(studio, drafts, analyst, here)
    _add_words(studio, config.hotline.languages, drafts, analyst, recorder)
    _add_recording(studio, analyst, recorder, here)
    _add_map(studio, analyst, preview)
    _add_preview(studio, preview)
    _add_publishing(studio, config, drafts, analyst, here)
    return tuple(studio.all)


def _refusal(why: Exception) -> tuple[Mapping[str, str], int] | None:
    match why:
        case Changed():
            return {"changed": str(why)}, 409
        case ReadOnly():
            return {"why": "no files"}, 409
        case TooLong():
            return {"why": "too long"}, 400
        case NoSound():
            return {"why": "no sound"}, 400
        case OSError():
            return {"why": why.strerror or str(why)}, 409
        case Unusable() | CannotRename() | CannotRewrite() | BadTranslation():
            return {"why": str(why).removeprefix("row 1: ")}, 400
    return None


def _add_page(studio: Views, drafts: Drafts, here: StudioContext) -> None:
    @studio.get("/")
    def page() -> Response:
        asked = request.args.get("lang", here.language())
        language = asked if asked in LANGUAGES else LANGUAGES[0]
        texts = {key: words[language] for key, words in TEXTS.items()}
        nonce = secrets.token_urlsafe(18)
        template = TEMPLATES.get_template("studio.html")
        made = make_response(
            template.render(
                texts=texts, languages=LANGUAGES, nonce=nonce, fields=fields(), kinds=kinds_of_names(), here=here,
                shows=get_args(MapShows),
                has_files=drafts.has_files,
            )
        )  # fmt: skip
        made.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
            "style-src-attr 'unsafe-inline'; img-src 'self' data:; "
            "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        made.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)"
        return made

    @studio.get("/static/<name>")
    def static(name: str) -> Response:
        return send_from_directory(HERE / "static", name)

    @studio.get("/map.css")
    def map_style() -> Response:
        return Response(STYLE, content_type="text/css; charset=utf-8")


def files_of(drafts: Drafts, analyst: Analyst) -> Response:
    """All files as they are being edited, and what is to be shown of them."""
    files = [
        {"name": name, "text": draft.text, "mark": mark_of(draft.text), "is_saved": draft.is_saved}
        for name, draft in sorted(drafts.all().items())
    ]
    return jsonify(files=files, **analyst.look(drafts.sources()))


def _add_drafts(studio: Views, drafts: Drafts, analyst: Analyst, here: StudioContext) -> None:
    @studio.get("/files")
    def files() -> Response:
        return files_of(drafts, analyst)

    @studio.post("/edit")
    def edit() -> Response:
        """Takes a draft whole, or what `put` stands in the place of `cut` characters from `at` on."""
        name, body = field("name"), sent()
        if "on" in body and name not in drafts.all():
            raise Changed
        text = field("text") if "text" in body else _patched(drafts.all()[_known(drafts)].text, body)
        drafts.edit(name, text, on=field("on") if "on" in body else None)
        return jsonify(mark=mark_of(text), **analyst.look(drafts.sources()))

    @studio.post("/save")
    def save() -> Response:
        drafts.save(_known(drafts), over=field("over") if "over" in sent() else None)
        shown = files_of(drafts, analyst)
        here.done("flows saved", field("name"))
        return shown

    @studio.post("/rename")
    def rename() -> Response | tuple[Response, int]:
        """Gives the step `state` another name, wherever its flow speaks of it."""
        if analyst.flows is None or any(issue.is_error for issue in analyst.issues):
            return jsonify(why="errors"), 409
        try:
            path, text = renamed(drafts.files(), analyst.flows, field("state"), field("name"))
        except KeyError:
            abort(404)
        drafts.edit(Path(path).name, text.decode())
        return files_of(drafts, analyst)

    @studio.post("/discard")
    def discard() -> Response:
        drafts.discard(_known(drafts))
        return files_of(drafts, analyst)


def _add_words(studio: Views, languages: Sequence[str], drafts: Drafts, analyst: Analyst, recorder: Recorder) -> None:
    @studio.get("/words")
    def words() -> Response:
        """Every sentence in all languages, with where it stands and how it sounds."""
        sounds = recorder.sounds(analyst.flows)
        return jsonify(texts=[_text(each, sounds) for each in texts_of(drafts.files(), languages)], languages=languages)

    @studio.post("/word")
    def word() -> Response:
        """Writes a sentence anew in one language; nothing else of its file changes."""
        given = Translation(1, field("name"), field("language"), field("words"))
        if given.language not in languages:
            abort(400)
        sources = drafts.files()
        changed = changed_sources(sources, changes_of(texts_of(sources, languages), [given]))
        for path, text in changed.items():
            drafts.edit(Path(path).name, text.decode())
        return files_of(drafts, analyst)


def _text(text: FlowText, sounds: Mapping[Place, Sounding]) -> Mapping[str, Any]:
    place = next(iter(text.places.values()))
    heard = {language: sounds[at] for language, at in text.places.items() if at in sounds}
    return {
        "name": text.name, "file": Path(place.file).name, "line": place.line, "words": text.words,
        "sounds": {
            language: {"words": each.words, "is": each.state}
            for language, each in heard.items()
            if text.words[language] in each.words
        },
    }  # fmt: skip


def _add_recording(studio: Views, analyst: Analyst, recorder: Recorder, here: StudioContext) -> None:
    @studio.get("/heard")
    def heard() -> Response:
        """How a sentence sounds: its recording, or else the voice of this machine."""
        sound = recorder.heard(request.args.get("words", ""), request.args.get("language", ""))
        return Response(sound, content_type="application/octet-stream") if sound else abort(404)

    @studio.post("/recording", largest=LARGEST_RECORDING)
    def recording() -> tuple[Response, int]:
        """Keeps the sound of a sentence, in base64, that the flows say in these words."""
        request.max_content_length = LARGEST_RECORDING
        words, language = field("words"), field("language")
        try:
            data = b64decode(field("sound"), validate=True)
        except ValueError:
            abort(400)
        if analyst.flows is None:
            return jsonify(why="errors"), 409
        try:
            kept, found = recorder.keep(analyst.flows, words, language, data, here.author())
        except KeyError:
            return jsonify(why="not said"), 409
        except CannotRewrite as why:
            return jsonify(why=f"{LIST}: {why}"), 409
        if kept:
            here.done("sentence recorded", kept)
        return jsonify(kept=bool(kept), flaws=found), 200


def _add_map(studio: Views, analyst: Analyst, preview: Preview) -> None:
    @studio.get("/map/<flow>.svg")
    def drawn(flow: str) -> Response:
        """A flow as it was last readable, coloured by what is asked for."""
        flows = analyst.flows
        drawing = drawings(flows).get(flow) if flows is not None else None
        if flows is None or drawing is None:
            abort(404)
        language = request.args.get("lang", "")
        shown = language if language in flows.languages else flows.languages[0]
        notes: Mapping[str, Callable[[], Notes]] = {
            "problems": analyst.notes, "calls": preview.calls_of_today, "scripts": lambda: preview.covered,
        }  # fmt: skip
        by = request.args.get("by", "problems")
        made = svg(drawing, (shown,), notes=notes[by]() if by in notes else abort(400))
        return Response(made, content_type="image/svg+xml; charset=utf-8")


def _add_preview(studio: Views, preview: Preview) -> None:
    @studio.get("/noticed")
    def noticed() -> Response:
        return jsonify(preview.noticed())

    @studio.get("/refuted")
    def refuted() -> Response:
        return jsonify(preview.refuted())

    @studio.get("/scripts")
    def scripts() -> Response:
        return jsonify(preview.scripts())


def _add_publishing(studio: Views, config: Config, drafts: Drafts, analyst: Analyst, here: StudioContext) -> None:
    @studio.get("/editions")
    def editions() -> Response:
        with Store.open(config.store_url, folder=config.folder) as store:
            rows, in_force = store.editions.all(), store.editions.in_force(datetime.now(UTC))
        return jsonify(
            editions=[_edition(row) for row in rows[:20]],
            newest=rows[0].number if rows else 0,
            in_force=in_force.number if in_force else 0,
        )

    @studio.post("/publish")
    def publish() -> tuple[Response, int]:
        """Publishes what is saved. `after` is the newest edition that the page has shown."""
        all_drafts = drafts.all()
        analyst.look(drafts.sources())
        if analyst.flows is None or any(issue.is_error for issue in analyst.issues):
            return jsonify(why="errors"), 409
        if drafts.has_files and not all(draft.is_saved for draft in all_drafts.values()):
            return jsonify(why="unsaved"), 409
        return added("flows published", analyst.flows.digest, drafts.sources())

    @studio.post("/rollback")
    def rollback() -> tuple[Response, int]:
        """Publishes an older edition again, as `ivr rollback` does; the drafts stay as they are."""
        with Store.open(config.store_url, folder=config.folder) as store:
            number = field("number")
            old = next((row for row in store.editions.all() if str(row.number) == number and row.digest), None)
            sources = store.flow_set(old.digest) if old is not None else None
        if old is None or sources is None:
            abort(404)
        return added("flows taken back", old.digest, sources)

    def added(what: str, digest: str, sources: Mapping[str, str]) -> tuple[Response, int]:
        """A new edition for the reason on the page, if `after` is the newest one that the page has shown."""
        reason, after, now = field("reason").strip(), field("after"), datetime.now(UTC)
        if not (re.fullmatch(r"[0-9]{1,9}", after) and reason):
            abort(400)
        try:
            with Store.open(config.store_url, folder=config.folder) as store:
                row = store.editions.publish(
                    EditionRow(0, digest, here.author(), reason, now, now), sources, after=int(after)
                )
        except Conflict:
            return jsonify(why="newer"), 409
        here.done(what, str(row.number))
        return jsonify(number=row.number), 200


def _edition(row: EditionRow) -> Mapping[str, Any]:
    return {
        "number": row.number,
        "author": row.author,
        "reason": row.reason,
        "starts_at": row.starts_at.isoformat(),
        "until": row.until.isoformat() if row.until else None,
        "has_files": bool(row.digest),
    }


def _patched(text: str, body: Mapping[str, Any]) -> str:
    """A text in which a part is replaced, so that a long file need not be sent for each letter."""
    at, cut, put = body.get("at"), body.get("cut"), body.get("put")
    if not (isinstance(at, int) and isinstance(cut, int) and isinstance(put, str) and 0 <= at <= at + cut <= len(text)):
        abort(400)
    return text[:at] + put + text[at + cut :]


def _known(drafts: Drafts) -> str:
    name = field("name")
    return name if name in drafts.all() else abort(404)
