# Every target installs what it needs first, and only when the lock or the project changed.

BIN := .venv/bin
INSTALLED := .venv/.installed
NODE_INSTALLED := node_modules/.installed
# mamushi writes a trailing comma into a long `initializes` and cannot read it again.
FORMATTED := $(filter-out contracts/Exchange.vy contracts/Resolution.vy contracts/Obligations.vy,$(wildcard contracts/*.vy))
NPM := $(shell command -v npm 2>/dev/null)
STEPS ?= 50000
SEED ?= 0
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help install demo test check fuzz mutants soak bench gas lock clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) $(if $(NPM),$(NODE_INSTALLED)) ## Make .venv from requirements.lock; anvil too, where npm is found

demo: install ## Run the whole protocol once and print what happened
	$(BIN)/perpspec demo

test: install ## Run every test
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile

check: install ## Format, lints, types, layers, twins; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mamushi --check --line-length 88 $(FORMATTED)
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.check_twins $(addprefix --check-readme ,$(wildcard README.md))

fuzz: install ## Compare model and chain on STEPS random calls
	$(BIN)/python -m tests.stateful.soak --steps $(STEPS) --seed $(SEED) --output build/fuzz

mutants: install ## Plant every fault, and see that its law finds it; an hour
	$(BIN)/pytest -q -n $(WORKERS) -m "mutants or not mutants" tests/laws/test_mutants.py

soak: STEPS = 2000000
soak: install ## The same for hours; go on, where Ctrl-C stopped it, to STEPS in all
	$(BIN)/python -m tests.stateful.soak --steps $(STEPS) --seed $(SEED) --resume

bench: install ## Measure how fast the model and each chain run
	$(BIN)/python -m benchmarks.speed

gas: install ## Measure the gas of every entry point
	$(BIN)/python -m benchmarks.gas

lock: install ## Write requirements.lock again from pyproject.toml; UPGRADE=--upgrade moves versions
	$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --extra dev \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--output-file requirements.lock pyproject.toml

clean: ## Remove what tools left behind; .venv and node_modules stay
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -path ./.venv -prune -o -path ./node_modules -prune -o \
		-name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements.lock pyproject.toml
	@for python in python3.11 python3; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			[ -x $(BIN)/python ] || $$python -m venv .venv || exit 1; \
			exit 0; \
		fi; \
	done; \
	echo "perpspec needs Python 3.11 or newer: neither python3.11 nor python3 is one" >&2; \
	exit 1
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# The binary is an optional dependency of the package, so its install script is not needed.
# Without anvil only the tests that ask for a real node are skipped.
$(NODE_INSTALLED): package.json package-lock.json .npmrc
	@if $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error \
		&& node_modules/.bin/anvil --version >/dev/null; then \
		touch $@; \
	else \
		echo "anvil is not installed; what needs a JSON-RPC node will be skipped" >&2; \
	fi
