# Everything a person needs: setup, run, demo, test, lint, bench, chaos, sim. Needs Python 3.11 or 3.12, Node 20 and make.
# Nothing here is done twice: each step leaves a stamp and is skipped until what it depends on changes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first Python that really runs and is new and old enough (a name alone may be an empty shim).
FITS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
PYTHON ?= $(shell for each in python3.11 python3.12 python3 python; do \
	"$$each" -c '$(FITS)' >/dev/null 2>&1 && { command -v "$$each"; break; }; done)
BIN := .venv/bin
# One more than the two processors that all of it is to pass on: tests wait for daemons and browsers for a third of their time.
PARALLEL ?= 3
PICTURES ?=
export PICTURES
# Tests put their folders into memory where there is room for them: none asks what a disk keeps, and each waits for it.
IN_MEMORY = $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "PYTEST_DEBUG_TEMPROOT=/dev/shm" }')

PAGE_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/test-results/*' 2>/dev/null)
NODE_STAMPS := $(patsubst %/package-lock.json,%/node_modules/.stamp,$(wildcard web/package-lock.json tests/convergence/package-lock.json))
PAGE := $(if $(wildcard web/index.html),web/dist/index.html)

.PHONY: help setup run demo first-picture unit test test-page test-python lint bench bench-lan chaos sim clean

help:
	@echo 'make setup   the environment in .venv and the page in web/dist'
	@echo 'make run     start the daemon for real use and open the page'
	@echo 'make demo    see it work on a temporary home [PICTURES=FOLDER] [KEEP=1]'
	@echo 'make first-picture   how long a stranger waits for a picture, from the clone on'
	@echo 'make unit    the tests that start no other process, in a minute or two'
	@echo 'make test    all tests, browser tests included'
	@echo 'make lint    ruff, mypy, eslint, tsc'
	@echo 'make bench   measure, beside a reference in the same run'
	@echo 'make bench-lan   measure two devices, beside Syncthing and rsync where they are installed'
	@echo 'make chaos   the long forms of the tests: kills, faults, fuzz'
	@echo 'make sim     10,000 seeds of the simulation [SIMULATION_SEED=FIRST] [SIMULATION_SEEDS=COUNT]'
	@echo 'make clean   remove what the above made here (no library is touched)'

setup: .venv/.stamp $(NODE_STAMPS) $(PAGE)

.venv/.stamp: pyproject.toml
	@test -n '$(PYTHON)' || { echo 'Gesso needs Python 3.11 or 3.12 with venv; none was found. Say where it is: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	test -x $(BIN)/python || '$(PYTHON)' -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

%/node_modules/.stamp: %/package-lock.json
	@command -v npm >/dev/null || { echo 'The page is built with Node 20 or newer; npm was not found.' >&2; exit 1; }
	cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.stamp $(PAGE_SOURCES)
	cd web && npm run --silent build
	@touch $@

run: setup
	@$(BIN)/gesso start --open

demo: setup
	@$(BIN)/python bench/demo.py $${PICTURES:+"$$PICTURES"}

# In a clone with an environment of its own: what is here helps it with nothing.
first-picture:
	@'$(PYTHON)' bench/first_picture.py

unit: .venv/.stamp
	@$(IN_MEMORY) $(BIN)/pytest -q -n $(PARALLEL) -m 'not process and not long'

# The page's own tests come first, so that the last line is pytest's summary.
test: test-page test-python

test-page: setup
	@if [ -f web/package.json ] && [ -d web/src ]; then cd web && npm test --silent; fi

test-python: setup
	@$(IN_MEMORY) $(BIN)/pytest -q -n $(PARALLEL) --dist loadfile --no-loadscope-reorder

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@if [ -d web/src ]; then cd web && npm run --silent lint; fi

bench-lan: setup
	@for each in bench/lan/[a-z]*.py; do echo "== $$each"; $(BIN)/python "$$each"; done

bench: setup
	@for each in bench/bench_*.py; do echo "== $$each"; $(BIN)/python "$$each"; done

chaos: setup
	@$(BIN)/pytest -q -m long --timeout 0

sim: setup
	@$(BIN)/pytest -q -s -p no:logging -m long --timeout 0 tests/simulation

clean:
	rm -rf .venv web/dist web/node_modules tests/convergence/node_modules demo-output
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
