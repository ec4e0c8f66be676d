# Each target sets up what it needs and skips what is there: a virtual environment with hash-pinned packages,
# TimescaleDB and Mosquitto (the machine's own, or Debian's packages in .local/prefix, without root).

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.complete
CODE := edge cloud grafana provisioning simulators

.PHONY: help setup browser demo test walk bench chaos train lint format lock clean

help:
	@echo "make demo    a small simulated regency on this machine, with live values in the API"
	@echo "make test    every test, against a real broker and a real database"
	@echo "make bench   measure; WHAT=telemetry measures one part"
	@echo "make walk    an operator, a crew and a head of shift handle a fallen tree, in a real Chromium"
	@echo "make chaos   break everything at random and count; FAULTS=1000 for the long run, SEED=n to repeat one"
	@echo "make train   render pictures, train the cameras' models anew and score them: hours"
	@echo "make lint    formatting, lint, types, direction of imports"
	@echo "make setup   only install what the others need"
	@echo "make format  put the code into its format"
	@echo "make lock    pin the newest versions of all packages"
	@echo "make clean   remove what was built and installed here, but no data of the demo"

setup: $(STAMP)
	@$(BIN)/satulayar-db install
	@$(BIN)/python -m simulators.broker

$(STAMP): requirements/dev.txt pyproject.toml
	@echo "installing Python packages into .venv (a few minutes, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo "Python's venv is missing: apt-get install python3-venv" >&2; exit 1; }
	@# The lock names every package, so none is looked for (--no-deps). ai-edge-litert wants backports-strenum on every
	@# Python, whose metadata refuses 3.11 for no reason but that 3.11 needs it no more.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --ignore-requires-python \
	  -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: setup
	@$(BIN)/satulayar-simulate up

# Most tests wait for real clocks and processes, so three files at a time keep two cores busy.
test: setup browser
	@$(BIN)/python -m pytest --numprocesses 3 --dist loadfile $(ARGS)

# Playwright has an environment of its own (50 MB that nothing else needs); the Chromium is the distribution's.
BROWSER := .venv-browser/bin
browser: setup .venv-browser/.stamp
.venv-browser/.stamp: requirements/browser.txt
	@test -x $(BROWSER)/python || $(PYTHON) -m venv .venv-browser
	@$(BROWSER)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/browser.txt
	@touch $@

walk: browser
	@test -x /usr/bin/chromium || { echo "a Chromium is needed: apt-get install chromium" >&2; exit 1; }
	@$(BIN)/python -m tests.browser.console_walk $(BROWSER)/python

bench: setup
	@$(BIN)/python -m tests.bench $(WHAT)

chaos: setup
	@$(BIN)/python -m tests.chaos

# Hours of a processor, and packages that nothing else needs: only for whoever changes the models.
TRAIN := .venv-train/bin
train: $(STAMP)
	@test -x $(TRAIN)/python || $(PYTHON) -m venv .venv-train
	@$(TRAIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/train.txt
	@nice -n 19 $(TRAIN)/python -m simulators.training all

lint: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP)
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format .

LOCK := --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate \
  --custom-compile-command "make lock" pyproject.toml

lock: $(STAMP)
	@$(BIN)/uv pip compile $(LOCK) --upgrade --extra dev -o requirements/dev.txt
	@$(BIN)/uv pip compile $(LOCK) --extra cloud --extra provisioning -c requirements/dev.txt -o requirements/cloud.txt
	@$(BIN)/uv pip compile $(LOCK) --extra edge -c requirements/dev.txt -o requirements/edge.txt
	@$(BIN)/uv pip compile $(LOCK) --extra edge --extra vision --extra tflite-runtime -c requirements/dev.txt -o requirements/edge-vision.txt
	@$(BIN)/uv pip compile $(LOCK) --extra browser -o requirements/browser.txt
	@$(BIN)/uv pip compile $(LOCK) --extra train -c requirements/dev.txt -o requirements/train.txt

clean:
	rm -rf .venv .local/prefix build
