"""What the pages of the phone and the studio answer at which address."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Literal, TypeVar

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from ivr.flow.issues import BrokenDocument
from ivr.store import StoreError

Answer = TypeVar("Answer", bound=Callable[..., ResponseReturnValue])


@dataclass(frozen=True, slots=True)
class View:
    """What is answered at an address below that of the page."""

    path: str
    method: Literal["GET", "POST"]
    answer: Callable[..., ResponseReturnValue]
    largest: int | None = None
    """How many bytes may be sent, where that is more than usual."""


Refusal = Callable[[Exception], tuple[Mapping[str, str], int] | None]
"""What is answered after an exception, with its status; None for one that is an error of ours."""


class Views:
    """The views of a page, for an application of its own or for the console."""

    def __init__(self, refusal: Refusal = lambda why: None) -> None:
        self.all: list[View] = []
        self._refusal = refusal

    def get(self, path: str) -> Callable[[Answer], Answer]:
        return self._adds(path, "GET")

    def post(self, path: str, largest: int | None = None) -> Callable[[Answer], Answer]:
        return self._adds(path, "POST", largest)

    def _adds(
        self, path: str, method: Literal["GET", "POST"], largest: int | None = None
    ) -> Callable[[Answer], Answer]:
        def add(answer: Answer) -> Answer:
            self.all.append(View(path, method, self._or_why(answer), largest))
            return answer

        return add

    def _or_why(self, answer: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        """Says why where the files cannot be read at all, the store does not answer, or the page itself refuses."""

        @wraps(answer)
        def told(**named: str) -> ResponseReturnValue:
            try:
                return answer(**named)
            except BrokenDocument as broken:
                return jsonify(why=str(broken.issues[0])), 409
            except StoreError as failed:
                return jsonify(why=str(failed)), 409
            except Exception as why:
                if (refused := self._refusal(why)) is None:
                    raise
                return jsonify(refused[0]), refused[1]

        return told


def add_views(app: Flask, base: str, of: str, views: Iterable[View]) -> None:
    """Serves the views of a page, called `of`, below the address `base`."""
    for view in views:
        app.add_url_rule(base + view.path, f"{of}.{view.answer.__name__}", view.answer, methods=[view.method])
