"""Writes a constraint for each package that a hotline and the network need: the oldest version that they say they take.

`.ci/run` installs these beside each other, and runs the tests of the network, the webhooks and the console.
"""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
optional = project["optional-dependencies"]
requirements = (*project["dependencies"], *optional["relay"], *optional["asgi"])
oldest = [re.sub(">=([^,]+).*", r"==\1", requirement) for requirement in requirements]
# Newer ones lack what the test client of the oldest Flask asks for.
sys.stdout.write("\n".join([*oldest, "werkzeug==2.3.8", ""]))
