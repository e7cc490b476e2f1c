"""Full-text search: in what agents wrote of talks and tickets, in what tickets are about, and by customers' names.

The table `search_texts` has a row for each text. Triggers of the database write it, so that no way of writing, purging
or erasing can leave it out. SQLite finds words by FTS5, any three letters in a row; PostgreSQL by a tsvector, the
beginnings of words, each Chinese character for itself.
"""

import re
from collections.abc import Sequence

import sqlalchemy as sa

from ivr.store.tables import search_texts

_APART = r"regexp_replace(text, '[-+./@_&?=~:]', ' ', 'g')"
_SPACED = rf"regexp_replace({_APART}, '([\u2e80-\u9fff\uf900-\ufaff])', ' \1 ', 'g')"
"""PostgreSQL: the text with each Chinese character apart, and without signs that make one word of several (or of a
number with its +)."""
_LEXEMES = f"to_tsvector('simple', {_SPACED})"
_CHINESE = r"[\u2e80-\u9fff\uf900-\ufaff]"
_PIECE = re.compile(rf"{_CHINESE}|(?:(?!{_CHINESE})[^\W_])+")
SHORTEST = 3
"""Letters that FTS5 needs; shorter words are looked for one text after the other."""


OVER = "WHEN (OLD.ended_at IS NOT NULL OR NEW.ended_at IS NOT NULL)"
"""A call is found by its customer's name when it is over. Each turn of a live call changes its session, too."""


def _triggers(
    table: str, kind: str, keys: tuple[str, str], text: str, *, written: str, when: str = ""
) -> tuple[str, str, str]:
    """SQLite: after each change of the `written` columns, `when` it counts, the row of `search_texts` is made anew from
    `text`. The second of the triggers is for changes.

    `keys` are the columns with the row's own key and its call.
    """
    key, call = keys
    forget = f"DELETE FROM search_texts WHERE kind = '{kind}' AND key = OLD.{key};"  # noqa: S608 - our own names
    columns = f"'{kind}', NEW.{key}, NEW.{call}, {text}"
    keep = f"INSERT INTO search_texts (kind, key, call_id, text) SELECT {columns} WHERE {text} <> '';"
    return (
        f"CREATE TRIGGER search_{kind}_added AFTER INSERT ON {table} BEGIN {keep} END",
        f"CREATE TRIGGER search_{kind}_changed AFTER UPDATE OF {written} ON {table} {when} BEGIN {forget} {keep} END",
        f"CREATE TRIGGER search_{kind}_deleted AFTER DELETE ON {table} BEGIN {forget} END",
    )


# A session is a text like any other here: one that is no JSON names nobody.
_NAME = (
    "CASE WHEN NEW.ended_at IS NULL OR NOT json_valid(NEW.session) THEN '' "
    "ELSE coalesce(json_extract(NEW.session, '$.values.customer[1]'), '') END"
)
_ABOUT = "trim(NEW.note || ' ' || CASE WHEN NEW.about = '{}' THEN '' ELSE NEW.about END)"
_OF_CALLS = _triggers("calls", "call", ("id", "id"), _NAME, written="ended_at, session", when=OVER)
SQLITE: Sequence[str] = (
    "CREATE VIRTUAL TABLE search_words USING fts5"
    "(text, content='search_texts', content_rowid='id', tokenize='trigram')",
    "CREATE TRIGGER search_words_added AFTER INSERT ON search_texts BEGIN "
    "INSERT INTO search_words (rowid, text) VALUES (NEW.id, NEW.text); END",
    "CREATE TRIGGER search_words_deleted AFTER DELETE ON search_texts BEGIN "
    "INSERT INTO search_words (search_words, rowid, text) VALUES ('delete', OLD.id, OLD.text); END",
    *_triggers("talks", "talk", ("id", "call_id"), "NEW.note", written="note"),
    *_triggers("tickets", "ticket", ("reference", "call_id"), _ABOUT, written="note, about"),
    *_OF_CALLS,
)
_OF_ENDED_CALLS = (
    "CREATE TRIGGER search_call AFTER UPDATE OF ended_at, session ON calls FOR EACH ROW "
    f"{OVER} EXECUTE FUNCTION search_text_kept('call', 'id', 'id')",
    "CREATE TRIGGER search_call_deleted AFTER DELETE ON calls FOR EACH ROW "
    "EXECUTE FUNCTION search_text_kept('call', 'id', 'id')",
)
POSTGRESQL: Sequence[str] = (
    f"CREATE INDEX search_texts_words ON search_texts USING gin ({_LEXEMES})",
    """CREATE FUNCTION search_text_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE words text := '';
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            DELETE FROM search_texts WHERE kind = TG_ARGV[0] AND key = to_jsonb(OLD) ->> TG_ARGV[1];
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN NULL; END IF;
        IF TG_ARGV[0] <> 'call' THEN
            words := trim(concat(NEW.note, ' ', nullif(to_jsonb(NEW) ->> 'about', '{}')));
        ELSIF NEW.session <> '' AND NEW.ended_at IS NOT NULL THEN
            BEGIN
                words := coalesce(NEW.session::jsonb #>> '{values,customer,1}', '');
            EXCEPTION WHEN invalid_text_representation THEN words := '';
            END;
        END IF;
        IF words <> '' THEN
            INSERT INTO search_texts (kind, key, call_id, text) VALUES
            (TG_ARGV[0], to_jsonb(NEW) ->> TG_ARGV[1], to_jsonb(NEW) ->> TG_ARGV[2], words);
        END IF;
        RETURN NULL;
    END $$""",
    "CREATE TRIGGER search_talk AFTER INSERT OR DELETE OR UPDATE OF note ON talks FOR EACH ROW "
    "EXECUTE FUNCTION search_text_kept('talk', 'id', 'call_id')",
    "CREATE TRIGGER search_ticket AFTER INSERT OR DELETE OR UPDATE OF note, about ON tickets FOR EACH ROW "
    "EXECUTE FUNCTION search_text_kept('ticket', 'reference', 'call_id')",
    *_OF_ENDED_CALLS,
)


def install(connection: sa.Connection) -> None:
    """Makes the index and the triggers, once, where the tables are there already."""
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)


def spare_live_calls(connection: sa.Connection) -> None:
    """Puts the triggers of calls in the place of those that looked at each turn of a live call."""
    dropped = (
        ("search_call_changed",)
        if connection.dialect.name == "sqlite"
        else ("search_call ON calls", "search_call_deleted ON calls")
    )
    made = _OF_CALLS[1:2] if connection.dialect.name == "sqlite" else _OF_ENDED_CALLS
    for statement in (*(f"DROP TRIGGER IF EXISTS {name}" for name in dropped), *made):
        connection.exec_driver_sql(statement)


def merge(connection: sa.Connection, pages: int) -> bool:
    """Merges some pages of SQLite's index, which keeps deleted words until then. Negative: begins with all of it.

    False when nothing is left to merge. https://sqlite.org/fts5.html#the_merge_command
    """
    changes = sa.text("SELECT total_changes()")
    before = connection.execute(changes).scalar_one()
    connection.exec_driver_sql(f"INSERT INTO search_words (search_words, rank) VALUES ('merge', {pages:d})")  # noqa: S608 - a number
    return bool(connection.execute(changes).scalar_one() - before >= 2)


def texts_with(words: str, *, sqlite: bool) -> sa.ColumnElement[bool]:
    """The rows of `search_texts` in which each of these words occurs; none for words without a letter or digit."""
    terms = [term for term in words.split() if _PIECE.search(term)]
    if not terms:
        return sa.false()
    return sa.and_(*(_in_sqlite(term, n) if sqlite else _in_postgresql(term, n) for n, term in enumerate(terms)))


def _in_sqlite(term: str, number: int) -> sa.ColumnElement[bool]:
    if len(term) < SHORTEST:
        return search_texts.c.text.contains(term, autoescape=True)
    quoted = '"' + term.replace('"', '""') + '"'
    found = f"search_texts.id IN (SELECT rowid FROM search_words WHERE search_words MATCH :words{number})"  # noqa: S608 - a number
    return sa.text(found).bindparams(**{f"words{number}": quoted}).self_group()  # type: ignore[return-value]


def _in_postgresql(term: str, number: int) -> sa.ColumnElement[bool]:
    wanted = " <-> ".join(_PIECE.findall(term)) + ":*"
    found = f"{_LEXEMES} @@ to_tsquery('simple', :words{number})"
    return sa.text(found).bindparams(**{f"words{number}": wanted}).self_group()  # type: ignore[return-value]
