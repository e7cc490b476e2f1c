"""The telephones of agents and customers, moved by hand: an agent's or a customer's, one signed request at a time.

`rung` lets callers be assigned and the outbox leave; it gives the telephones that ring now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ivr.store.rows import TalkRow
from tests.hotline.harness import NUMBER, PUBLIC, HotlineInTest, PostedCall, Reply


@dataclass
class Telephone:
    """One that the hotline has rung. `reply` is what it was told last."""

    hotline: HotlineInTest
    number: str
    path: str
    carried: PostedCall
    reply: Reply = field(default_factory=lambda: Reply(0, ""))

    @property
    def talk(self) -> TalkRow:
        """The talk it is rung for."""
        found = self.hotline.store.talks.get(self.path.split("/")[3])
        assert found is not None
        return found

    @property
    def sid(self) -> str:
        return self.carried.sid

    def post(self, path: str, **fields: str) -> Reply:
        told = {"From": NUMBER, "To": self.number, "Direction": "outbound-api", **fields}
        return self.carried.post(path, **told)

    def pick_up(self) -> Reply:
        return self._on(self.path)

    def press(self, key: str) -> Reply:
        """A key where one is asked for; "" for none in time."""
        return self._on(self.reply.action, Digits=key)

    def follow(self) -> Reply:
        """What comes when the words are over, or the room is."""
        return self._on(self.reply.action)

    def take(self) -> Reply:
        """Picks up, presses 1, hears the whisper, and is in the room."""
        self.pick_up()
        self.press("1")
        return self.follow()

    def hang_up(self, status: str = "completed") -> Reply:
        return self.post(f"{self.path}/over", CallStatus=status)

    def steered(self) -> Reply:
        """Goes where the hotline has steered this call last."""
        self.hotline.deliver()
        return self._on(next(url for call, url in reversed(self.hotline.sender.steered) if call == self.sid))

    def _on(self, address: str, **fields: str) -> Reply:
        self.reply = self.post(address, **fields)
        return self.reply


def rung(hotline: HotlineInTest, seconds: int = 4) -> list[Telephone]:
    """The telephones that ring within so many seconds, those that have not been told of before."""
    for _ in range(seconds):
        hotline.app.assigner.tick(hotline.clock())
        hotline.deliver()
        hotline.clock.advance(1)
    new = hotline.sender.calls[hotline.sender.seen :]
    hotline.sender.seen += len(new)
    return [Telephone(hotline, to, urlsplit(url).path, hotline.call()) for to, url in new]


def tick(hotline: HotlineInTest, seconds: float = 1) -> None:
    """Lets time pass, and the time-outs see it."""
    hotline.clock.advance(seconds)
    hotline.app.assigner.tick(hotline.clock())
    hotline.deliver()


def steered(hotline: HotlineInTest, call: PostedCall) -> Reply:
    """The caller goes where the hotline has steered the call last."""
    hotline.deliver()
    url = next(url for sid, url in reversed(hotline.sender.steered) if sid == call.sid)
    assert url.startswith(PUBLIC)
    call.reply = call.post(url)
    return call.reply


def together(hotline: HotlineInTest, call: PostedCall, phone: Telephone) -> None:
    """The agent has taken the caller, and they talk."""
    assert phone.take().verbs[-2:] == ["Dial", "Conference"]
    assert steered(hotline, call).verbs == ["Dial", "Conference"]
    assert phone.talk.state == "talking"
