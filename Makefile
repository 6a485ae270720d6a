# `make` alone shows what there is. Everything works from a fresh clone with Python 3.11 and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
TCK ?= ../shared/tck
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help demo test check check-java check-c8 lint types layers tck conformance lock clean bench bench-engine bench-scale bench-store bench-load bench-worker bench-rest bench-feel bench-connectors pictures

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/runtime ## Set up and run the order process: engine, 3 workers, 200 instances, an incident
	$(BIN)/kiang demo

test: .venv/dev ## Set up and pass all tests, in two processes (TESTS=path for a part, in one)
	$(BIN)/pytest $(if $(filter tests,$(TESTS)),-n 2 --dist loadfile) $(TESTS)

check: lint types layers test ## What has to pass before a change lands

lint: .venv/dev ## Lint and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev ## Check types, strictly
	$(BIN)/mypy

layers: .venv/dev ## Check that imports go down the layers only
	$(BIN)/lint-imports --no-cache

tck: .venv/dev ## DMN TCK, a table per folder (TCK=folder for another one)
	$(BIN)/python -m tests.conformance.tck.run $(TCK)

check-java: .venv/dev ## The Java clients against a running engine, where a JDK and Maven are installed
	$(BIN)/python -m tests.java_clients.run

check-c8: .venv/dev ## The command line of Camunda 8 against a running engine, where npm is installed
	$(BIN)/python -m tests.c8_cli.run

conformance: .venv/dev ## Recorded scenarios of a real Zeebe, in process, a table per group
	$(BIN)/python -m tests.conformance.engine.table

bench: bench-engine bench-scale bench-store bench-load bench-worker bench-connectors bench-feel ## Every benchmark: tables, and figures in bench-*.json

bench-engine: .venv/dev ## Engine, store and broker in process
	$(BIN)/python -m bench.in_process --json bench-engine.json

bench-scale: .venv/dev ## 10,000 multi-instance children, a message to 1 of 1,000,000, 100,000 timers at once, against a tenth (8 minutes)
	$(BIN)/python -m bench.scale --json bench-scale.json

bench-store: .venv/dev ## The store alone
	$(BIN)/python -m bench.store --json bench-store.json

bench-load: .venv/dev ## The whole server under load from outside (needs Go and ../shared/load), and with pyzeebe
	$(BIN)/python -m bench.load --json bench-load.json
	$(BIN)/python -m bench.pyzeebe_client --json bench-pyzeebe.json

bench-worker: .venv/dev ## One worker process with default settings
	$(BIN)/python -m bench.worker --json bench-worker.json

bench-rest: .venv/dev ## Jobs over REST against gRPC, and searches over a million finished instances (1 GB in build/)
	$(BIN)/python -m bench.rest --json bench-rest.json
	$(BIN)/python -m bench.searches --json bench-searches.json

bench-connectors: .venv/dev ## The connector runtime: jobs a second, latency, memory, start
	$(BIN)/python -m bench.connectors --json bench-connectors.json

bench-feel: .venv/dev ## Expressions
	$(BIN)/python -m bench.feel

lock: ## Resolve the dependencies of pyproject.toml anew
	$(BIN)/python -m pip install --quiet 'uv>=0.8'
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements-dev.lock

pictures: .venv/dev ## Draw the pictures of docs/reference/elements anew (needs npm and Chromium)
	$(BIN)/python docs/reference/elements/draw.py

clean: ## Remove the virtual environment and everything that was built
	rm -rf .venv build dist bench-*.json

# The environment: .venv in the checkout. The editable install makes .venv/bin/kiang.

.venv/bin/python:
	@$(PYTHON) -m venv .venv 2>/dev/null || { echo "python3-venv is missing: installing it with apt"; \
	  apt-get update -qq && apt-get install -qq -y python3-venv >/dev/null && $(PYTHON) -m venv .venv; }

.venv/runtime: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev: .venv/runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
