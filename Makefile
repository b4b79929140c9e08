# make run opens the dashboard, make test passes every check. Each sets itself up first: a machine needs
# Python 3.11, 3.12 or 3.13 (with venv) and make. PYTHON=/path/to/python chooses one.

SHELL := /bin/sh
VENV  := .venv
PY    := $(VENV)/bin/python
PIP   := $(PY) -m pip install --quiet --disable-pip-version-check

# A stamp's name holds the checksum of the lock it stands for: same lock, nothing to do.
CHECKSUM  = $(shell cksum < $(1) | tr ' ' -)
RUN_READY := $(VENV)/run-$(call CHECKSUM,requirements.txt)
DEV_READY := $(VENV)/dev-$(call CHECKSUM,requirements-dev.txt)

STATIC := lint types imports
STAGES := $(STATIC) unit browser

.DELETE_ON_ERROR:
.PHONY: help run test test-torch format $(STAGES) documents coverage lock upgrade messages reference bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 11

run: $(RUN_READY) ## open the dashboard
	$(PY) -m streamlit run dashboard.py $(ARGS)

# What only reads the code runs beside the unit tests, which leave a core idle now and then.
test: $(DEV_READY) ## every check: lint, types, imports, unit, browser
	@failed=; read=$$(mktemp); trap 'rm -f "$$read"' EXIT; \
	$(MAKE) --no-print-directory --keep-going $(STATIC) >"$$read" 2>&1 & static=$$!; \
	printf '\n== unit\n'; \
	$(MAKE) --no-print-directory unit || failed="$$failed unit"; \
	wait $$static || failed="$$failed static"; \
	printf '\n== %s\n' "$(STATIC)"; cat "$$read"; \
	printf '\n== browser\n'; \
	$(MAKE) --no-print-directory browser || failed="$$failed browser"; \
	if [ -n "$$failed" ]; then printf '\nFAILED:%s\n' "$$failed"; exit 1; fi; \
	printf '\nAll checks passed.\n'

test-torch: ## run the exported PyTorch scripts, in the environment of bench
	@$(MAKE) --no-print-directory VENV=.venv-bench replay-here

format: $(DEV_READY) ## rewrite the code in the house format
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix-only .

lint: $(DEV_READY) ## format and lint, changing nothing
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: $(DEV_READY) ## strict types on every floor
	$(PY) -m mypy

imports: $(DEV_READY) ## imports go down only
	$(VENV)/bin/lint-imports --no-logo

# Coverage makes these tests up to twice as long: "make coverage" has it.
unit: $(DEV_READY) ## tests without a browser; ARGS chooses among them
ifdef ARGS
	$(PY) -m pytest --ignore=tests/browser $(ARGS)
else
	$(PY) -m pytest -n 2 --dist worksteal --ignore=tests/browser
endif

documents: $(DEV_READY) ## open 5,000 random documents in the app and use it, instead of the 120 of unit
	DOCUMENTS=5000 $(PY) -m pytest -n 2 tests/pages/test_any_document.py $(ARGS)

coverage: $(DEV_READY) ## the same tests with branch coverage, of which the engine needs 95 %
	$(PY) -m pytest -n 2 --dist worksteal --ignore=tests/browser --cov --cov-report=term:skip-covered $(ARGS)
ifndef ARGS
	$(PY) -m coverage report --include="engine/*" --skip-covered --show-missing --fail-under=95
endif

browser: $(DEV_READY) ## tests in a real Chromium, which is fetched first
	sh tests/browser/get_browser.sh $(PY)
	$(PY) -m pytest -n 2 --dist worksteal tests/browser $(ARGS)

lock: $(DEV_READY) ## compile the locks from pyproject.toml, keeping pins that still fit
	$(PY) -m uv pip compile $(LOCK) pyproject.toml -o requirements.txt
	$(PY) -m uv pip compile $(LOCK) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

upgrade: ## compile the locks with the newest versions in range
	@$(MAKE) --no-print-directory lock UPGRADE=--upgrade

messages: $(DEV_READY) ## collect the sentences to translate, compile the catalogues
	$(VENV)/bin/pybabel --quiet extract $(EXTRACT) -o $(VENV)/messages.pot $(MARKED)
	$(VENV)/bin/pybabel --quiet update $(UPDATE) -i $(VENV)/messages.pot
	$(VENV)/bin/pybabel --quiet compile -D descent_lab -d language

reference: $(DEV_READY) ## write docs/reference.md from the code
	$(PY) -m docs.reference

bench: $(DEV_READY) ## time what is promised, the page, and the engine beside its peers
	$(PY) -m benchmarks.limits
	sh tests/browser/get_browser.sh $(PY)
	$(PY) -m benchmarks.browser
	@$(MAKE) --no-print-directory VENV=.venv-bench bench-here

clean: ## remove what the targets above made
	rm -rf .venv .venv-bench .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# How the locks are compiled: once for every supported Python, without a word on where it was done.
LOCK = --quiet --universal --python-version 3.11 --custom-compile-command "make lock" $(UPGRADE)

# How the sentences are collected: no dates, no line numbers, no wrapping, so that a diff shows words only.
# A sentence that is gone stays in the catalogue as a comment until somebody deletes it there.
MARKED  = $(wildcard dashboard.py descent_lab pages ui exports comparison charts language)
EXTRACT = --add-location=file --sort-by-file --width=10000 --project="Descent Lab"
UPDATE  = --domain=descent_lab --output-dir=language --width=10000 --no-fuzzy-matching --ignore-pot-creation-date

# The first Python that runs (a version manager's shim may not), is in range and brings venv.
SUITS = import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))

$(VENV)/bin/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
		if "$$python" -c '$(SUITS)' >/dev/null 2>&1; then \
			echo "Making $(VENV) with $$("$$python" --version)"; \
			exec "$$python" -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "Descent Lab needs Python 3.11, 3.12 or 3.13 with venv (on Debian: apt-get install python3-venv)." >&2; \
	exit 1

$(RUN_READY): | $(VENV)/bin/python
	@echo "Installing requirements.txt"
	@$(PIP) -r requirements.txt
	@rm -f $(VENV)/run-* $(VENV)/dev-*
	@touch $@

# The development lock holds every pin of the other one, so one installation serves both.
$(DEV_READY): | $(VENV)/bin/python
	@echo "Installing requirements-dev.txt"
	@$(PIP) -r requirements-dev.txt
	@rm -f $(VENV)/run-* $(VENV)/dev-*
	@touch $@ $(RUN_READY)

BENCH_READY := $(VENV)/bench-$(call CHECKSUM,requirements-bench.txt)

.PHONY: bench-here replay-here
bench-here: $(BENCH_READY)
	$(PY) -m benchmarks $(ARGS)

replay-here: $(BENCH_READY)
	OMP_NUM_THREADS=1 $(PY) -m tests.reference.replays pytorch

$(BENCH_READY): $(RUN_READY)
	@echo "Installing requirements-bench.txt"
	@$(PIP) -r requirements-bench.txt -c requirements.txt
	@touch $@
