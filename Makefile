.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help install demo test test-services test-browser test-queues test-versions test-lowest test-foreign test-hooks coverage drift check format regen unasync faults-table bench bench-sandbox docs build clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# The stamp makes every target self-sufficient: it installs once, and again when pyproject.toml changes.
.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: .venv/.installed  ## create .venv with everything for development

demo: install  ## run the classic session against the embedded sandbox
	@$(BIN)/python scripts/demo.py

test: install test-services  ## run the test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-services:  ## install what tests start (Redis, and Chromium where it can be had)
	@scripts/test_services.sh

test-browser: install test-services  ## run the tests of the sandbox's console in Chromium; screenshots go to dist/browser
	$(BIN)/python -m pytest tests/browser

test-queues: install test-services  ## send 10,000 deliveries through each queue of the guide, and kill processes meanwhile
	QUEUE_DELIVERIES=10000 $(BIN)/python -m pytest tests/queues

test-versions: install test-services  ## run the test suite on each supported Python of this machine
	$(BIN)/python scripts/test_versions.py

test-lowest: install test-services  ## run the test suite with the lowest dependencies that pyproject.toml allows
	$(BIN)/python scripts/test_versions.py --lowest

test-foreign: install  ## run other people's clients against the sandbox
	@scripts/test_foreign.sh

test-hooks: install  ## run the clients under tools that hook into httpx: respx, pytest-httpx, vcrpy, OpenTelemetry
	@scripts/test_hooks.sh

coverage: install test-services  ## run the test suite, and fail if it covers less of the hand-written code than before
	@scripts/coverage.sh

drift: install  ## compare spec/v2.yaml with the vendor's description: make drift UPSTREAM=path-or-url
	$(BIN)/python scripts/drift.py $(UPSTREAM)

check: install  ## format, lint, imports, types; generated and derived code in sync with their sources
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python scripts/unasync.py --check
	$(BIN)/python scripts/regen.py --check
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/mypy
	$(BIN)/mypy --no-incremental tests/typing
	$(BIN)/mypy --no-incremental tests/apps/queues
	$(BIN)/pyright --level error tests/typing

format: install  ## format and fix what can be fixed
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

regen: install  ## generate generated/smooch_api from spec/
	$(BIN)/python scripts/regen.py

unasync: install  ## derive the sync code and tests from the async ones
	$(BIN)/python scripts/unasync.py

faults-table: install  ## write the table of faults into smooch/README.md, from tests/support/faults.py
	$(BIN)/python scripts/faults_table.py

bench: install  ## compare speed and memory with other clients; write tests/bench/RESULTS.md
	$(BIN)/python -m tests.bench

bench-sandbox: install  ## measure the sandbox; write tests/bench/RESULTS.md
	$(BIN)/python -m tests.bench sandbox

docs: install  ## build the API reference into dist/docs
	$(BIN)/python scripts/docs.py

build: install  ## build the wheel and the source distribution into dist/
	$(BIN)/python -m build --quiet

clean:  ## remove everything that is not in version control
	rm -rf .venv .venvs dist build .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
