# `make run` starts the product, `make test` proves it. Both set up all they need and can be run again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Hundreds of programs start in a run of the tests. What Python has compiled for one is kept for the next.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run dev test prepare-tests install-packages run-tests test-fast test-postgres test-live check check-types check-all-else bench faults format messages lock clean help

run: $(VENV)/ready  ## Start the chat with a demo shop on HOST and PORT, http://127.0.0.1:8000/ unless you say otherwise
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo_shop
	@exec $(BIN)/python manage.py serve

dev: $(VENV)/ready  ## The same, and changes of code and templates are served at once
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo_shop
	@exec $(BIN)/python manage.py serve --reload

# Files begin in the order of tests/conftest.py, which xdist would otherwise change into the order of their numbers of
# tests: the longest, with few tests each, came last.
IN_ORDER := --dist loadfile --no-loadscope-reorder
# Four processes on two cores: many of the tests wait more than they work.
AT_ONCE := -n 4 $(IN_ORDER)

test:  ## Prove everything: checks, engine, database, browser, real processes (some minutes)
	@$(MAKE) --no-print-directory -j 2 prepare-tests
	@$(MAKE) --no-print-directory -j 2 check-types run-tests

prepare-tests: $(VENV)/ready-dev install-packages
	@tests/programs.sh

install-packages:
	@tests/programs.sh packages

run-tests: check-all-else  # what is found quickly is told before the tests begin
	@$(BIN)/python -m pytest $(AT_ONCE) $(ARGS)

test-fast: $(VENV)/ready-dev  ## What to run between edits: all but browsers, real processes, faults and slow ones (a minute and a half)
	@$(BIN)/python -m pytest $(AT_ONCE) -m "not processes and not slow and not long" $(ARGS)

test-postgres: $(VENV)/ready-dev  ## The tests that start no processes, with a throw-away PostgreSQL as their database
	@tests/programs.sh
	@$(BIN)/python -m tests.servers $(BIN)/python -m pytest -n 2 $(IN_ORDER) -m "not processes and not long" $(ARGS)

check: $(VENV)/ready-dev  ## Format, lint, types, who imports whom, migrations, settings of a deployment
	@$(MAKE) --no-print-directory -j 2 check-types check-all-else

check-types:  # the longest, so the others run beside it, and `make test` begins the tests meanwhile, which go first
	@nice $(BIN)/mypy

check-all-else:
	@$(BIN)/ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python manage.py makemigrations --check --dry-run --verbosity 1
	@tests/check_deploy.sh

bench: $(VENV)/ready-dev  ## Measure it against a textbook chat server on this machine (docs/performance.md)
	@$(BIN)/python -m tests.bench $(ARGS)

# The long form of tests/faults: hundreds of kills on SQLite and on PostgreSQL with Redis. And the tests that
# take minutes because what they are about does, such as two minutes without a network.
faults: $(VENV)/ready-dev  ## Kill, cut and stall it hundreds of times (docs/faults.md)
	@tests/programs.sh
	@$(BIN)/python -m tests.faults $(ARGS)
	@$(BIN)/python -m pytest -m long
	@$(BIN)/python -m pytest tests/browser/test_survival.py -k slept

# The contract with a real model: Grok with XAI_API_KEY, or the server that LLM_BASE_URL names.
# To the latter it also plays twenty prompts with tools and prints which went right.
test-live: $(VENV)/ready-dev  ## Try the contract of all backends on a real model: XAI_API_KEY, or LLM_BASE_URL and LLM_MODEL
	@$(BIN)/python -m pytest -rs -m live tests/engine

format: $(VENV)/ready-dev  ## Format the code and fix what can be fixed automatically
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# A new language begins with `manage.py makemessages -l sv`. A sentence without a translation is shown in English.
messages: $(VENV)/ready  ## Collect the sentences for the translators in locale/, and compile what they have translated
	@command -v xgettext >/dev/null || { echo "xgettext is missing; on Debian and Ubuntu: apt install gettext"; exit 1; }
	@mkdir -p locale
	@$(BIN)/python manage.py makemessages --all --no-obsolete --add-location file --ignore tests --ignore var --verbosity 0
	@$(BIN)/python manage.py compilemessages --ignore .venv --verbosity 0
	@for po in locale/*/LC_MESSAGES/django.po; do printf '%s: ' "$$po"; msgfmt --statistics -o /dev/null "$$po"; done

# Locks every dependency, with hashes and without any index address, for all platforms and Pythons.
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-annotate --no-header --python-version 3.11 pyproject.toml --extra postgres --extra redis
lock: $(VENV)/ready-dev  ## Lock the dependencies that pyproject.toml names
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

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

clean:  ## Remove the virtual environment and all data of the demo shop
	rm -rf $(VENV) var
