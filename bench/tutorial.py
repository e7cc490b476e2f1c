"""The same two menus as the tutorials of Twilio and Flask write them: a decorator that validates, a session of
SQLAlchemy with a model for calls and one for turns, and Twilio's own class for the answer. A write-ahead log is added:
without it eight connections lock each other out for seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Gather, VoiceResponse

from bench.carrier import PUBLIC_URL, TOKEN

MAIN = ("请选择您需要的服务。", "退款查询请按1。", "付款失败请按2。", "提现未到账请按3。", "结束通话请按4。")
REFUND = ("关于退款。", "返回请按1。", "查询一笔退款请按2。")


class Base(DeclarativeBase):
    pass


class Call(Base):
    __tablename__ = "call"
    id: Mapped[str] = mapped_column(primary_key=True)
    caller: Mapped[str]
    state: Mapped[str]


class Turn(Base):
    __tablename__ = "turn"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    number: Mapped[int]
    digits: Mapped[str]
    at: Mapped[datetime]


def validated(view: Callable[..., Response]) -> Callable[..., Response]:
    """As the tutorial has it: a validator for each request."""

    @wraps(view)
    def decorated(**named: Any) -> Response:
        given = request.headers.get("X-Twilio-Signature", "")
        if not RequestValidator(TOKEN).validate(PUBLIC_URL + request.path, request.form, given):
            abort(403)
        return view(**named)

    return decorated


def tutorial(folder: Path) -> Flask:
    app = Flask(__name__)
    engine = create_engine(f"sqlite:///{folder / 'tutorial.db'}", connect_args={"timeout": 30})
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    Base.metadata.create_all(engine)
    session = scoped_session(sessionmaker(engine))

    @app.teardown_appcontext
    def remove(_: BaseException | None) -> None:
        session.remove()

    @app.post("/voice/<call>/turns/<int:turn>")
    @validated
    def step(call: str, turn: int) -> Response:
        row = session.get(Call, call)
        if row is None:
            row = Call(id=call, caller=request.form["From"], state="main")
            session.add(row)
        row.state = "refund" if turn % 2 else "main"
        session.add(Turn(call_id=call, number=turn, digits=request.form.get("Digits", ""), at=datetime.now(UTC)))
        session.commit()
        answer, following = VoiceResponse(), f"{PUBLIC_URL}/voice/{call}/turns/{turn + 1}"
        gather = Gather(num_digits=1, action=following, method="POST", timeout=5)
        for words in REFUND if turn % 2 else MAIN:
            gather.say(words, voice="Polly.Zhiyu", language="cmn-CN")
        answer.append(gather)
        answer.redirect(following, method="POST")
        return Response(str(answer), content_type="text/xml")

    return app
