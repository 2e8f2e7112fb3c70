# Everything runs in .venv, from locks with hashes. PYTHON names the interpreter (3.11 to 3.13).
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
DATA ?= var/demo
PORT ?= 8000

.PHONY: run test check format lint types fast bench relevance soak test-elasticsearch test-browser screenshot lock clean

run: .venv/core
	@$(BIN)/gongkai --data $(DATA) demo --port $(PORT)

# The whole of it; what this machine lacks is skipped with a line that says how to get it.
test: .venv/dev
	@$(BIN)/python -m pytest -q

# What CI demands first: format, lint, types, and the tests that need no server and no browser.
check: lint types fast

lint: .venv/dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: .venv/dev
	@$(BIN)/mypy

fast: .venv/dev
	@$(BIN)/python -m pytest -q -m "not elasticsearch and not postgresql and not browser and not soak"

format: .venv/dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/dev
	@$(BIN)/python -m benchmarks.speed

relevance: .venv/dev
	@$(BIN)/python -m benchmarks.relevance

# The long loops: kills at random moments, faults, bad input.
soak: .venv/dev
	@GONGKAI_SOAK_ROUNDS=$${GONGKAI_SOAK_ROUNDS:-20} $(BIN)/python -m pytest -q -m soak

test-elasticsearch: .venv/dev
	@GONGKAI_REQUIRE_ALL=1 $(BIN)/python -m pytest -q -m elasticsearch

test-browser: .venv/dev
	@GONGKAI_REQUIRE_ALL=1 $(BIN)/python -m pytest -q -m browser

# The picture of the first steps, anew; needs Chromium.
screenshot: .venv/dev
	@$(BIN)/python docs/screenshot.py

lock: .venv/uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--extra dev --extra postgresql pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv var dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/uv:
	@echo "Making the environment in .venv"
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "gongkai needs Python 3.11 to 3.13; choose it with make PYTHON=python3.12")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/core: .venv/uv requirements.lock pyproject.toml
	@echo "Installing what requirements.lock names"
	@$(BIN)/uv pip install -q --require-hashes -r requirements.lock
	@$(BIN)/uv pip install -q --no-deps -e .
	@touch $@

.venv/dev: .venv/uv requirements-dev.lock pyproject.toml
	@echo "Installing what requirements-dev.lock names"
	@$(BIN)/uv pip install -q --require-hashes -r requirements-dev.lock
	@$(BIN)/uv pip install -q --no-deps -e .
	@touch $@ .venv/core
