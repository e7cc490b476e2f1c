"""One-time codes are accepted once, in time, where they belong; and nobody can read them in the store."""

import hashlib
import hmac
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.store import OutboxItem, Store, UnusableStore
from ivr.store.secrets import WORK, hash_code, load_pepper, new_code, seal, unseal

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CODE = "739205"


def issue(store: Store, code: str = CODE, now: datetime = NOW) -> None:
    store.codes.issue("62220001", "identify", "CA1", code, now=now, valid_seconds=600)


def redeem(store: Store, code: str = CODE, **other: object) -> bool:
    given = {"account": "62220001", "purpose": "identify", "call_id": "CA1", "now": NOW, **other}
    return store.codes.redeem(code=code, **given)  # type: ignore[arg-type]


def test_a_code_is_accepted_exactly_once_of_fifty_at_the_same_moment(store: Store) -> None:
    issue(store)
    with ThreadPoolExecutor(50) as pool:
        accepted = list(pool.map(lambda _: redeem(store), range(50)))
    assert accepted.count(True) == 1
    assert not redeem(store)


@pytest.mark.parametrize("other", [{"account": "62220002"}, {"purpose": "unlock"}, {"call_id": "CA2"}])
def test_a_code_is_bound_to_account_purpose_and_call(store: Store, other: dict[str, str]) -> None:
    issue(store)
    assert not redeem(store, **other)
    assert redeem(store)


@pytest.mark.parametrize(("seconds", "accepted"), [(0, True), (599.9, True), (600, False), (601, False)])
def test_a_code_is_good_for_ten_minutes(store: Store, seconds: float, accepted: bool) -> None:
    issue(store)
    assert redeem(store, now=NOW + timedelta(seconds=seconds)) is accepted


@pytest.mark.parametrize(("wrong", "accepted"), [(0, True), (2, True), (3, False)])
def test_a_code_is_dead_after_three_wrong_tries(store: Store, wrong: int, accepted: bool) -> None:
    issue(store)
    for _ in range(wrong):
        assert not redeem(store, "000000")
    assert redeem(store) is accepted


def test_racing_guesses_get_three_tries_together(store: Store) -> None:
    issue(store, "000049")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda guess: redeem(store, f"{guess:06d}"), range(40)))
    assert not redeem(store, "000049")


def test_a_new_code_takes_the_place_of_the_old_one(store: Store) -> None:
    issue(store)
    issue(store, "111222")
    assert not redeem(store)
    assert redeem(store, "111222")


@pytest.mark.parametrize("code", ["", "٧٣٩٢٠٥", "739205\n", "7392050", "\ud800", "x" * 1000])
def test_whatever_is_keyed_in_is_only_wrong(store: Store, code: str) -> None:
    issue(store)
    assert not redeem(store, code)


def test_no_code_can_be_found_in_the_files_of_the_store(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/ivr.db") as store:
        issue(store)
        body = {"to": "+8613800138000", "body": "{secret}"}
        store.outbox.add(OutboxItem(key="k", kind="sms", payload=body, not_before=NOW, secret=CODE))
        redeem(store)
        files = [path.read_bytes() for path in tmp_path.iterdir()]
        assert any(b"62220001" in content for content in files)
        assert not any(CODE.encode() in content for content in files)


def test_a_used_code_stays_used_after_a_restart(store_url: str) -> None:
    pepper = b"the same after the restart"
    with Store.open(store_url, pepper) as store:
        issue(store)
        assert redeem(store)
    with Store.open(store_url, pepper) as store:
        assert not redeem(store)


def test_a_code_is_worthless_without_the_pepper(store_url: str) -> None:
    with Store.open(store_url, b"one pepper of many") as store:
        issue(store)
        store.outbox.add(OutboxItem(key="k", kind="sms", payload={}, not_before=NOW, secret=CODE))
    with Store.open(store_url, b"another pepper...") as store:
        assert not redeem(store)
        assert [row.secret for row in store.outbox.rows()] == [""]


def test_the_pepper_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: load_pepper({}, tmp_path / "data"), range(8)))
    assert len(made) == 1
    assert len(made.pop()) == 64
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["pepper"]
    assert stat.S_IMODE(os.stat(tmp_path / "data" / "pepper").st_mode) == 0o600


@pytest.mark.postgres
def test_the_pepper_beside_a_postgresql_is_the_same_wherever_a_command_is_begun(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody who set a password in one folder could log in at a console that was begun in another."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        Store.open(postgres_url, folder=tmp_path / "hotline").close()
    assert list(tmp_path.rglob("pepper")) == [tmp_path / "hotline" / "data" / "pepper"]


def test_the_pepper_of_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_pepper({"IVR_PEPPER": "sixteen letters!"}, tmp_path) == b"sixteen letters!"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("IVR_PEPPER", "short")
    with pytest.raises(UnusableStore, match="IVR_PEPPER has 5 characters"):
        Store.open(f"sqlite:///{tmp_path}/ivr.db")


def test_a_hash_depends_on_pepper_salt_and_code() -> None:
    hashes = {hash_code(p, s, c, WORK) for p in (b"p", b"q") for s in (b"s", b"t") for c in ("1", "2")}
    assert len(hashes) == 8
    keyed = hmac.new(b"p", b"1", hashlib.sha256).digest()
    slow = hashlib.scrypt(keyed, salt=b"s", n=4096, r=8, p=1, dklen=32).hex()
    assert hash_code(b"p", b"s", "1", WORK) == slow, "outside of tests"
    assert slow in hashes


@pytest.mark.parametrize("secret", ["", "1", "739205", "密" * 100, "x" * 32, "x" * 33])
def test_what_is_sealed_is_opened_again_by_the_same_pepper_only(secret: str) -> None:
    sealed = seal(b"pepper", secret)
    assert unseal(b"pepper", sealed) == secret
    assert seal(b"pepper", secret) != sealed
    with pytest.raises(ValueError, match="another pepper"):
        unseal(b"other", sealed)
    for place in range(0, len(sealed), 7):
        changed = sealed[:place] + ("0" if sealed[place] != "0" else "1") + sealed[place + 1 :]
        with pytest.raises(ValueError, match="changed since"):
            unseal(b"pepper", changed)


def test_codes_have_their_leading_zeros() -> None:
    codes = [new_code() for _ in range(2000)]
    assert {len(code) for code in codes} == {6}
    assert any(code.startswith("0") for code in codes)
    assert len(set(codes)) > 1900
