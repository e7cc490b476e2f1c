"""`make trust` runs its gates and says what they measured."""

import subprocess
import sys
from pathlib import Path

CONFTEST = """from tests import trust_gates
from tests.trust_gates import amount, measured

pytest_addoption = trust_gates.add_option
pytest_configure = trust_gates.follow
"""
GATE = """import pytest

@pytest.mark.trust(goal=31)
def test_so_many(amount, measured):
    measured(f"{amount(1, 100)} times")
"""


def test_a_gate_is_run_at_its_size_and_told(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_gate.py").write_text(GATE)
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "conftest.py").touch()  # pytest looks for the plugins that it sets aside outside of this room
    (tmp_path / "room" / "test_else.py").write_text("def test_else(): ...")
    command = [sys.executable, "-m", "pytest", "-q", f"--rootdir={tmp_path}", "--trust", "0.1", str(tmp_path)]
    ran = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "[1/1] goal 31" in ran.stdout
    assert "10 times" in ran.stdout
