# Every target does its own set-up: a fresh machine needs only Python 3.11-3.13, pip and make.
VENV   := .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PROMPT ?= a red ball moving right across a meadow

.PHONY: demo test check bench clean

demo: $(READY)  ## Make a first video: out/
	$(BIN)/reelwright demo --prompt "$(PROMPT)" --out out

test: $(READY)  ## The whole suite, with the style and type checks and the import contracts.
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest

check: $(READY)  ## Style, types and import contracts.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## Benchmarks: a table of ratios measured side by side.
	$(BIN)/python -m tests.benchmarks

$(READY): pyproject.toml constraints.txt tests/system_libraries.sh
	sh tests/system_libraries.sh
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) out
