# `make run` starts the product, `make test` proves it. Both set up all they need and can be run again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-live check bench faults format lock clean

run: $(VENV)/ready
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo_shop
	@exec $(BIN)/python manage.py serve

test: $(VENV)/ready-dev
	@tests/programs.sh
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(VENV)/ready-dev
	@$(BIN)/ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python manage.py makemigrations --check --dry-run --verbosity 1
	@tests/check_deploy.sh
	@$(BIN)/python -m pytest tests/test_imports.py

bench: $(VENV)/ready-dev
	@$(BIN)/python -m tests.bench $(ARGS)

# The long form of tests/faults: hundreds of kills on SQLite and on PostgreSQL with Redis. And the tests that
# take minutes because what they are about does, such as two minutes without a network.
faults: $(VENV)/ready-dev
	@tests/programs.sh
	@$(BIN)/python -m tests.faults $(ARGS)
	@$(BIN)/python -m pytest -m long

# The contract with a real model: Grok with XAI_API_KEY, or the server that LLM_BASE_URL names.
test-live: $(VENV)/ready-dev
	@$(BIN)/python -m pytest -rs -m live tests/engine

format: $(VENV)/ready-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Locks every dependency, with hashes and without any index address, for all platforms and Pythons.
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-annotate --no-header --python-version 3.11 pyproject.toml --extra postgres --extra redis
lock: $(VENV)/ready-dev
	$(LOCK) -o requirements.txt
	$(LOCK) -c requirements.txt --extra xai -o requirements-xai.txt
	$(LOCK) -c requirements-xai.txt --extra xai --group dev -o requirements-dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "supportbot needs Python 3.11 or newer; name one with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/ready: requirements.txt | $(VENV)/bin/python
	@echo "Installing supportbot's dependencies into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	@touch $@

$(VENV)/ready-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing the dependencies and the test tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@touch $(VENV)/ready $@

clean:
	rm -rf $(VENV) var
