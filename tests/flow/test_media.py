"""Which addresses the carrier may be told to play."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.flow.media import unplayable


@pytest.mark.parametrize(
    "address",
    [
        "media/a.mp3", "media/zh/你好.WAV", "media/a-b_c.ulaw", "https://media.example.com/a.mp3",
        "https://media.example.com:8443/a b.mp3".replace(" ", "%20"), "https://8.8.8.8/a.mp3",
        "https://xn--fiq228c.xn--fiqs8s/a.mp3",
    ],
)  # fmt: skip
def test_a_file_under_media_and_a_public_address_can_be_played(address: str) -> None:
    assert unplayable(address, None) == ""


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "file:///etc/passwd", "data:audio/mp3,x", "http://media.example.com/a.mp3", "ftp://a.b/c",
        "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/a", "https://127.0.0.1/a.mp3",
        "https://10.0.0.1/a", "https://[::1]/a", "https://[::ffff:127.0.0.1]/a", "https://2130706433/a", "https://0x7f.1/a",
        "https://127.1/a", "https://localhost/a", "https://metadata.google.internal/a", "https://printer.local/a",
        "https://user@media.example.com/a", "https://media.example.com", "https://media.example.com:99999/a", "//a.b/c",
        "https://media.example.com/a\nb", "https://media.example.com\\@127.0.0.1/a", "https://[", "",
        "media/../secret.mp3", "media/.env.mp3", "media/.git/a.mp3", "media//a.mp3", "media/a.php", "/media/a.mp3",
        "a.mp3", "media/a.mp3?x", "media/a\u0000.mp3",
    ],
)  # fmt: skip
def test_everything_else_is_refused(address: str) -> None:
    assert unplayable(address, None).startswith("expected a file")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert unplayable("media/a.mp3", tmp_path) == 'there is no file "media/a.mp3" beside the configuration'
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.mp3").touch()
    assert unplayable("media/a.mp3", tmp_path) == ""
