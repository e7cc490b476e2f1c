"""A process that takes one call to a certain point and dies there, as a worker does when it is killed.

    python -m tests.hotline.hotline_worker FOLDER SID KEYS POINT

POINT is `ask:WHAT`, while the wallet is asked for that; `begin:N` or `commit:N`, at a transaction of the last turn; or
`end`, before the answer leaves.
"""

import os
import sys
from pathlib import Path

from tests.hotline.harness import Faults, Watched, opened


def die() -> None:
    os._exit(9)


def main(folder: Path, sid: str, keys: list[str], point: str) -> None:
    kind, _, what = point.partition(":")
    wallet = Watched(lambda asked: die() if (kind, what) == ("ask", asked) else None)
    wallet.give({"account": "62220001", "refund": {"status": "approved", "expected_on": "2026-11-02"}})
    with opened(folder, wallet=wallet) as hotline:
        call = hotline.call()
        call.sid = sid
        call.walk(" ".join(keys[:-1]))
        faults = Faults(hotline.store)
        faults.when = lambda number, where: (where, str(number)) == (kind, what) and die() is None
        call.press(keys[-1])
        if point == "end":
            die()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(), sys.argv[4])
