"""The page of the studio, and what it asks for: an application of its own, all below /studio."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, jsonify, make_response, render_template, request

from ivr.app.build import handlers_of
from ivr.app.edition import teach_editors
from ivr.flow.catalogue import HandlerSpec
from ivr.flow.issues import BrokenDocument
from ivr.flow.picture import STYLE, drawings, svg
from ivr.flow.reading.renaming import CannotRename, renamed
from ivr.flow.reading.rewriting import CannotRewrite
from ivr.flow.reading.source import MAX_BYTES
from ivr.flow.reading.translations import BadTranslation, FlowText, Translation, changed_sources, changes_of, texts_of
from ivr.phone.access import Access
from ivr.store import Conflict, EditionRow, Store, StoreError
from ivr.studio.analysis import Analyst, fields, kinds_of_names
from ivr.studio.drafts import Changed, Drafts, Unusable
from ivr.studio.preview import Preview
from ivr.texts.load import load_texts

TEXTS = load_texts(Path(__file__).with_name("texts.yaml"))
LANGUAGES = tuple(TEXTS["lang"])
LARGEST_BODY = 4 * MAX_BYTES
"""A file in JSON, where a sign may take four bytes or six."""


def create_studio(drafts: Drafts, access: Access) -> Flask:
    """The application of the studio. `access` decides whose requests it takes."""
    app = Flask(__name__, static_folder=None)
    access.guard(app)
    studio = Blueprint(
        "studio", __name__, url_prefix="/studio", template_folder="templates", static_folder="static",
        static_url_path="/static",
    )  # fmt: skip
    handlers = handlers_of(drafts.config)
    analyst, preview = Analyst(drafts.config, handlers), Preview(drafts, handlers)

    @studio.before_request
    def allow_files() -> None:
        request.max_content_length = LARGEST_BODY

    @studio.errorhandler(BrokenDocument)
    def unreadable(broken: BrokenDocument) -> tuple[Response, int]:
        return jsonify(why=str(broken.issues[0])), 409

    _add_page(studio)
    _add_drafts(studio, drafts, analyst, handlers)
    _add_words(studio, drafts, analyst)
    _add_map(studio, analyst)
    _add_preview(studio, preview)
    _add_publishing(studio, drafts, analyst)
    app.register_blueprint(studio)
    return app


def _add_page(studio: Blueprint) -> None:
    @studio.get("/")
    def page() -> Response:
        asked = request.args.get("lang") or request.accept_languages.best_match(LANGUAGES)
        language = asked if asked in LANGUAGES else LANGUAGES[0]
        texts = {key: words[language] for key, words in TEXTS.items()}
        nonce = secrets.token_urlsafe(18)
        made = make_response(
            render_template(
                "studio.html", texts=texts, languages=LANGUAGES, nonce=nonce, fields=fields(), kinds=kinds_of_names()
            )
        )
        made.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
            "style-src-attr 'unsafe-inline'; img-src 'self' data:; "
            "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return made

    @studio.get("/map.css")
    def map_style() -> Response:
        return Response(STYLE, content_type="text/css; charset=utf-8")


def files_of(drafts: Drafts, analyst: Analyst) -> Response:
    """All files as they are being edited, and what is to be shown of them."""
    files = [
        {"name": name, "text": draft.text, "is_saved": draft.is_saved} for name, draft in sorted(drafts.all().items())
    ]
    return jsonify(files=files, **analyst.look(drafts.sources()))


def _add_drafts(studio: Blueprint, drafts: Drafts, analyst: Analyst, handlers: Mapping[str, HandlerSpec]) -> None:
    @studio.get("/files")
    def files() -> Response:
        return files_of(drafts, analyst)

    @studio.post("/edit")
    def edit() -> Response | tuple[Response, int]:
        try:
            drafts.edit(_field("name"), _field("text"))
        except Unusable as why:
            return jsonify(why=str(why)), 400
        return jsonify(analyst.look(drafts.sources()))

    @studio.post("/save")
    def save() -> Response | tuple[Response, int]:
        try:
            drafts.save(_known(drafts), over=_field("over") if "over" in _body() else None)
        except Changed as found:
            return jsonify(changed=str(found)), 409
        except OSError as failed:
            return jsonify(why=failed.strerror), 409
        shown = files_of(drafts, analyst)
        if analyst.flows is not None:
            teach_editors(drafts.config, handlers, analyst.flows)
        return shown

    @studio.post("/rename")
    def rename() -> Response | tuple[Response, int]:
        """Gives the step `state` another name, wherever its flow speaks of it."""
        if analyst.flows is None or any(issue.is_error for issue in analyst.issues):
            return jsonify(why="errors"), 409
        try:
            path, text = renamed(drafts.files(), analyst.flows, _field("state"), _field("name"))
        except KeyError:
            abort(404)
        except (CannotRename, CannotRewrite) as why:
            return jsonify(why=str(why)), 400
        drafts.edit(Path(path).name, text.decode())
        return files_of(drafts, analyst)

    @studio.post("/discard")
    def discard() -> Response:
        drafts.discard(_known(drafts))
        return files_of(drafts, analyst)


def _add_words(studio: Blueprint, drafts: Drafts, analyst: Analyst) -> None:
    languages = drafts.config.hotline.languages

    @studio.get("/words")
    def words() -> Response:
        """Every sentence in all languages, with where it stands."""
        return jsonify(texts=[_text(each) for each in texts_of(drafts.files(), languages)], languages=languages)

    @studio.post("/word")
    def word() -> Response | tuple[Response, int]:
        """Writes a sentence anew in one language; nothing else of its file changes."""
        given = Translation(1, _field("name"), _field("language"), _field("words"))
        if given.language not in languages:
            abort(400)
        sources = drafts.files()
        try:
            changed = changed_sources(sources, changes_of(texts_of(sources, languages), [given]))
        except (BadTranslation, CannotRewrite) as why:
            return jsonify(why=str(why).removeprefix("row 1: ")), 400
        for path, text in changed.items():
            drafts.edit(Path(path).name, text.decode())
        return files_of(drafts, analyst)


def _text(text: FlowText) -> Mapping[str, Any]:
    place = next(iter(text.places.values()))
    return {"name": text.name, "file": Path(place.file).name, "line": place.line, "words": text.words}


def _add_map(studio: Blueprint, analyst: Analyst) -> None:
    @studio.get("/map/<flow>.svg")
    def drawn(flow: str) -> Response:
        """A flow as it was last readable, coloured where the checker found something."""
        flows = analyst.flows
        drawing = drawings(flows).get(flow) if flows is not None else None
        if flows is None or drawing is None:
            abort(404)
        language = request.args.get("lang", "")
        shown = language if language in flows.languages else flows.languages[0]
        made = svg(drawing, (shown,), notes=analyst.notes())
        return Response(made, content_type="image/svg+xml; charset=utf-8")


def _add_preview(studio: Blueprint, preview: Preview) -> None:
    @studio.get("/noticed")
    def noticed() -> Response | tuple[Response, int]:
        try:
            return jsonify(preview.noticed())
        except StoreError as failed:
            return jsonify(why=str(failed)), 409

    @studio.get("/scripts")
    def scripts() -> Response:
        return jsonify(preview.scripts())


def _add_publishing(studio: Blueprint, drafts: Drafts, analyst: Analyst) -> None:
    url = drafts.config.store_url

    @studio.get("/editions")
    def editions() -> Response | tuple[Response, int]:
        try:
            with Store.open(url) as store:
                rows, in_force = store.editions.all(), store.editions.in_force(datetime.now(UTC))
        except StoreError as failed:
            return jsonify(why=str(failed)), 409
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
        if not all(draft.is_saved for draft in all_drafts.values()):
            return jsonify(why="unsaved"), 409
        after = _field("after")
        if not (after.isascii() and after.isdigit() and _field("reason").strip()):
            abort(400)
        now = datetime.now(UTC)
        row = EditionRow(0, analyst.flows.digest, getpass.getuser(), _field("reason").strip(), now, now)
        try:
            with Store.open(url) as store:
                added = store.editions.publish(row, drafts.sources(), after=int(after))
        except Conflict:
            return jsonify(why="newer"), 409
        except StoreError as failed:
            return jsonify(why=str(failed)), 409
        return jsonify(number=added.number), 200


def _edition(row: EditionRow) -> Mapping[str, Any]:
    return {
        "number": row.number,
        "author": row.author,
        "reason": row.reason,
        "starts_at": row.starts_at.isoformat(),
        "until": row.until.isoformat() if row.until else None,
    }


def _known(drafts: Drafts) -> str:
    name = _field("name")
    return name if name in drafts.all() else abort(404)


def _body() -> Mapping[str, Any]:
    body = request.get_json()
    return body if isinstance(body, dict) else abort(400)


def _field(name: str) -> str:
    value = _body().get(name, "")
    return value if isinstance(value, str) else abort(400)
