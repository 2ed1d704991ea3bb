# Every target does its own set-up: a fresh machine needs only Python 3.11 to 3.13, make and pip.
VENV   := .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PROMPT ?= a red ball moving right over a meadow
SEEDS  ?= 200
BUILT  := $(VENV)/.product
STUDIO := $(VENV)/.studio
DEV    := $(VENV)/.development
C2PA_TS := $(CURDIR)/build/c2pa-ts
DEBIAN := postgresql xvfb fonts-dejavu-core fonts-inter libegl1 libxkbcommon-x11-0 libdbus-1-3 \
    libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-image0 libxcb-render-util0 libxcb-xinerama0 \
    libxcb-shape0 libportaudio2 xdotool softhsm2

.PHONY: demo studio test test-ray test-c2pa check bench simulate clean

demo: $(BUILT)  ## Make a first video in out/.
	$(BIN)/reelwright demo --prompt "$(PROMPT)" --out out

studio: $(STUDIO)  ## The desktop application.
	$(BIN)/reelwright studio

test: $(DEV) check  ## Style, types, import contracts, and the whole suite.
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(DEV)  ## Style, types and import contracts.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-ray: $(DEV)  ## The launcher on a Ray cluster of three nodes here; Ray is large, so it is no part of 'test'.
	$(PIP) -e '.[ray]'
	$(BIN)/python -m pytest tests/cluster_agent/launchers/test_ray.py

test-c2pa: $(DEV)  ## What we sign, read by another implementation of C2PA; needs Node 20 and npm.
	npm install --silent --no-save --ignore-scripts --prefix $(C2PA_TS) @trustnxt/c2pa-ts@0.9.4
	REELWRIGHT_C2PA_TS=$(C2PA_TS) $(BIN)/python -m pytest tests/engine/trust/other_validator

bench: $(DEV)  ## Tables of ratios, measured side by side in one run.
	$(BIN)/python -m tests.benchmarks

simulate: $(DEV)  ## Simulated clusters with every fault; 'make simulate SEEDS=2000' for more of them.
	$(BIN)/python -m cluster_agent.simulation --seeds $(SEEDS)

# Debian splits venv off Python; everything else comes as wheels that bring their own libraries.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	    { echo "Reelwright needs Python 3.11 to 3.13; name one with 'make PYTHON=python3.12'."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || apt-get install --yes --quiet python3-venv || \
	    { echo "Python cannot make virtual environments here: install python3-venv."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# torch first and exactly: a looser request could fetch gigabytes for GPUs that are not there.
$(BUILT): $(BIN)/python pyproject.toml constraints.txt
	$(PIP) torch==2.13.0
	$(PIP) -e .
	@touch $@

$(STUDIO): $(BUILT)
	$(PIP) -e '.[studio]'
	@touch $@

# What wheels do not bring: libraries that Qt loads, fonts, a screen for the studio's tests, and the
# server of the PostgreSQL store.  Tests that need what cannot be installed here skip.
$(DEV): $(BUILT)
	$(PIP) -e '.[dev]'
	@{ command -v Xvfb && command -v xdotool && ls /usr/lib/postgresql/*/bin/postgres && ls /usr/lib/*/libEGL.so.1 && \
	    ls /usr/lib/*/libxcb-cursor.so.0 && ls /usr/lib/*/libportaudio.so.2; } >/dev/null 2>&1 || \
	    { timeout 120 apt-get update --quiet --quiet && \
	    timeout 300 apt-get install --yes --quiet --no-install-recommends $(DEBIAN); } \
	    >/dev/null 2>&1 || true
	@touch $@

clean:
	rm -rf $(VENV) out
