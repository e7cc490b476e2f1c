"""The tests. What stands here is done before anything of ours is imported, the first `conftest.py` included."""

import os
import sys
from pathlib import Path

if sys.dont_write_bytecode:  # or each worker, and each process that a test starts, compiles all anew
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.pycache_prefix = str(Path(__file__).parent.parent / ".pytest_cache" / "bytecode")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    sys.dont_write_bytecode = False
