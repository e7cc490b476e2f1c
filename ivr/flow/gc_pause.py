"""Pauses Python's garbage collector while something large is built."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """For hundreds of thousands of new objects without cycles: the search for cycles takes longer than making them.

    Afterwards all objects are old, or the next object that is made would begin that search.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.unfreeze()
            gc.enable()
