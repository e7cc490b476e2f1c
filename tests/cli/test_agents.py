"""`ivr agents` and the start of `ivr console`: who may log in, and what is refused before anybody could."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.app.agents import agents_of
from ivr.cli import main
from ivr.cli.console import settings_of
from ivr.config import load_config
from ivr.store import Store
from ivr.webhooks.settings import Unsafe
from tests.stores import counted

CONFIG = """
hotline: {public_url: "%s"}
agents:
  li: {name: {zh: 李娜, en: Li Na}, phone: "+8613900000001", queues: [support], languages: [zh]}
  wang: {phone: "+8613900000003", role: supervisor}
"""
FLOW = "flow: hotline\nstart: bye\nsteps: {bye: {hangup: {zh: 再见。, en: Bye.}}}\n"
PASSWORD = "seven quiet boats"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hotline with two agents, in a folder that we stand in."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "hotline.yaml").write_text(FLOW)
    (tmp_path / "config.yaml").write_text(CONFIG % "https://hotline.example")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ivr(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, words, input=typed)


def _config(folder: Path):
    config, _ = load_config(folder / "config.yaml", today=datetime(2026, 11, 23, tzinfo=UTC).date(), environ={})
    assert config is not None
    return config


def test_a_password_is_one_line_of_standard_input(folder: Path) -> None:
    given = ivr("agents", "password", "li", typed=f"{PASSWORD}\nmore\n")
    assert given.exit_code == 0
    assert PASSWORD not in given.output
    with Store.open(f"sqlite:///{folder}/data/ivr.db") as store:
        assert store.logins.right("li", PASSWORD)
        assert [(deed.what, deed.about) for deed in store.audit_log.latest()] == [("password", "li")]


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (("password", "lee"), "", 'there is no agent "lee"'),
        (("password",), "", "name the agent"),
        (("password", "li"), "short\n", "fewer than 10 characters"),
        (("password", "li"), "", "fewer than 10 characters"),
        (("password", "li"), "lilililili\n", "it is the name"),
        (("remove", "li"), "", "li has no password"),
        (("password", "li", PASSWORD), "", "unexpected extra argument"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(folder: Path, words: tuple[str, ...], typed: str, told: str) -> None:
    given = ivr("agents", *words, typed=typed)
    assert given.exit_code == 2
    assert told in given.output
    assert given.output.count("\n") == 1


def test_the_list_says_who_may_log_in_and_who_is_there(folder: Path) -> None:
    ivr("agents", "password", "li", typed=f"{PASSWORD}\n")
    with Store.open(f"sqlite:///{folder}/data/ivr.db") as store:
        store.login_sessions.begin("li", "zh", datetime.now(UTC), timedelta(hours=12))
        store.logins.set_password("gone", PASSWORD, datetime.now(UTC))
    li, wang, gone = ivr("agents").output.splitlines()
    assert li.startswith("li    agent      password set  off, in the console, last active ")
    assert li.endswith("(support)")
    assert wang == "wang  supervisor no password   off  (all queues)"
    assert gone.startswith("gone: not under agents")


def test_a_password_can_be_taken_away(folder: Path) -> None:
    ivr("agents", "password", "li", typed=f"{PASSWORD}\n")
    assert ivr("agents", "remove", "li").exit_code == 0
    with Store.open(f"sqlite:///{folder}/data/ivr.db") as store:
        assert not store.logins.right("li", PASSWORD)


def test_an_agent_or_an_account_may_be_let_in_again(folder: Path) -> None:
    with Store.open(f"sqlite:///{folder}/data/ivr.db") as store:
        for _ in range(5):
            store.logins.attempt("li", "192.0.2.1", datetime.now(UTC))
            store.claim("wrong-account", "62220001", 10, datetime.now(UTC), 1800)
    assert ivr("unlock", "li").output == "li may try again\n"
    assert ivr("unlock", "62220001").output == "62220001 may try again\n"
    for who, known in (("62220001", ""), ("li", ""), ("lii", '; did you mean "li"?')):
        nothing = ivr("unlock", who)
        assert nothing.exit_code != 0
        assert f'nothing was counted against "{who}"{known}\n' in nothing.output
    with Store.open(f"sqlite:///{folder}/data/ivr.db") as store:
        assert store.logins.attempt("li", "192.0.2.1", datetime.now(UTC)) == 0
        assert counted(store, "wrong-account", "62220001", datetime.now(UTC)) == 0
        assert [row.what for row in store.audit_log.latest()] == ["unlock", "unlock"]
        assert "62220001" not in {row.about for row in store.audit_log.latest()}


def test_agents_of_the_configuration_are_known_by_their_short_names(folder: Path) -> None:
    li = agents_of(_config(folder))["li"]
    assert (li.called("zh"), li.called("en"), li.languages, li.has_login) == ("李娜", "Li Na", ("zh",), True)


# --- starting ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("public", "options", "told"),
    [
        ("", (), "console.public_url is no https address"),
        ("http://127.0.0.1:8000", (), "console.public_url is no https address"),
        ("https://hotline.example", ("--dev", "--host", "0.0.0.0"), '"0.0.0.0" is not this machine'),
    ],
)
def test_the_console_is_not_served_where_anybody_could_read_it(
    folder: Path, public: str, options: tuple[str, ...], told: str
) -> None:
    (folder / "config.yaml").write_text(CONFIG % public)
    given = ivr("console", *options)
    assert given.exit_code == 2
    assert told in given.output


def test_the_doors_know_their_address_from_the_configuration(folder: Path) -> None:
    doors = settings_of(_config(folder), "0.0.0.0", 8001, dev=False, listeners=56)
    assert doors.origins == {"https://hotline.example"}
    assert doors.secure
    assert (doors.idle, doors.longest) == (timedelta(minutes=15), timedelta(hours=12))


def test_for_dev_the_doors_know_this_machine_alone(folder: Path) -> None:
    doors = settings_of(_config(folder), "127.0.0.1", 8001, dev=True, listeners=56)
    assert doors.origins == {"http://127.0.0.1:8001", "http://localhost:8001"}
    assert not doors.secure
    with pytest.raises(Unsafe):
        settings_of(_config(folder), "192.0.2.1", 8001, dev=True, listeners=56)
