SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Two at once could want apt's lock.
.NOTPARALLEL:

PYTHON ?= python3
export PYTHON
# pip's word about its own newer version is no news here.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
# txpostgres has no pyproject.toml, for which Debian's pip has a second, louder way.
PIP := $(BIN)/python -m pip install --quiet --use-pep517 --constraint requirements/constraints.txt
PACKAGING := setup.cfg pyproject.toml requirements/constraints.txt

.PHONY: help
help: ## Say what can be made
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 22

.PHONY: demo
demo: .venv/.runs ## Run a chat with made-up users at once: no Galaxy, no PostgreSQL; Ctrl-C ends it
	@exec $(BIN)/galaxychat demo --directory .demo

.PHONY: test
test: .venv/.tests .venv-galaxy/.ready client/node_modules/.ready system client ## Check and test everything
	scripts/lint.sh
	scripts/npm.sh test
	$(BIN)/python -m pytest

# What no server takes part in would only be the same again.
.PHONY: test-plain
test-plain: .venv/.tests .venv-galaxy/.ready client/node_modules/.ready system client ## Test every server once more without the fast path; half an hour
	$(BIN)/python -m pytest --fast-path=off --ignore=tests/packaging --ignore=tests/benchmarks \
		--ignore=tests/deploy/test_docs.py $(ONLY)

.PHONY: test-fast
test-fast: .venv/.tests ## Run the tests that need no database, browser or network
	$(BIN)/python -m pytest tests/unit

.PHONY: faults
faults: .venv/.tests client system ## Cause every fault of docs/reliability.md, and print a line for each
	$(BIN)/python -m pytest -q --no-header --disable-warnings tests/faults

MINUTES ?= 10
.PHONY: soak
soak: .venv/.tests client ## Keep 1000 clients busy for MINUTES (10); fail if memory or open files grow
	PYTHONPATH=. $(BIN)/python scripts/soak.py --minutes $(MINUTES)

.PHONY: lint
lint: .venv/.tests client/node_modules/.ready ## Check style, types, layers and the client's types
	scripts/lint.sh

.PHONY: format
format: .venv/.tests ## Put code and imports in order
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

.PHONY: client
client: .venv/.tests ## Build the browser client into galaxychat/static/, if its sources changed
	$(BIN)/python build_support/bundle.py

.PHONY: docs
docs: .venv/.tests client/node_modules/.ready ## Write the wire's JSON Schema, and the client's types from it
	$(BIN)/python -m galaxychat.schema docs/protocol/schema.json
	scripts/npm.sh run types

.PHONY: screenshots
screenshots: .venv/.tests client system ## Take the pictures in docs/images anew, from a real server
	@scripts/apt.sh fonts-noto-color-emoji
	PYTHONPATH=. $(BIN)/python scripts/screenshots.py

# ONLY="fanout idle" measures only these; QUICK=1 the smallest of each, once.
.PHONY: bench
bench: .venv/.tests .venv-bench/.ready benchmarks/node_modules/.ready client ## Measure the chat beside what it could cost at least, and beside other stacks; half an hour
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(ONLY)

.PHONY: try-in-galaxy
try-in-galaxy: .venv/.tests client system ## Try the chat in a Galaxy that runs; scripts/try_in_galaxy.py says what it needs
	PYTHONPATH=. $(BIN)/python scripts/try_in_galaxy.py

.PHONY: wheel
wheel: .venv/.tests ## Build the source distribution, and the wheel from it, into dist/
	$(BIN)/python -m build

.PHONY: venv
venv: .venv/.tests ## Make the environment for developers, .venv, and install the project into it

.PHONY: system
system:
	@scripts/system.sh

.PHONY: clean
clean: ## Delete all that was made, environments and the demo's data too
	rm -rf .venv .venv-galaxy .venv-bench .bench .demo build dist *.egg-info client/node_modules benchmarks/node_modules galaxychat/static
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# An editable install: what is edited is what runs.
.venv/.runs: $(PACKAGING)
	@scripts/venv.sh .venv
	@echo "Installing galaxychat and what it needs into .venv: a minute or so, the first time only."
	@$(PIP) --editable .
	@touch $@

# The same with the tests' and linters' packages. kosoku first, and by hash: then it is there and not asked for.
.venv/.tests: $(PACKAGING) requirements/kosoku.txt
	@scripts/venv.sh .venv
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/kosoku.txt
	$(PIP) --editable '.[test,lint]'
	@touch .venv/.runs $@

.venv-galaxy/.ready: requirements/galaxy-data.txt
	@scripts/venv.sh .venv-galaxy
	.venv-galaxy/bin/python -m pip install --quiet -r $<
	@touch $@

.venv-bench/.ready: benchmarks/peers/requirements.txt
	@scripts/venv.sh .venv-bench
	.venv-bench/bin/python -m pip install --quiet -r $<
	@touch $@

benchmarks/node_modules/.ready: benchmarks/package.json benchmarks/package-lock.json | .venv/.tests
	NPM_IN=benchmarks scripts/npm.sh ci --ignore-scripts
	@touch $@

client/node_modules/.ready: client/package.json client/package-lock.json | .venv/.tests
	scripts/npm.sh ci --ignore-scripts
	@touch $@
