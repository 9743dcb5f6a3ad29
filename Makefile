# `make` alone lists what there is. Everything runs in .venv, which `make install` makes from requirements.lock.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
STAMP := .venv/.installed
# Python 3.11 or later; `make PYTHON=/path/to/python3.12 install` chooses one, otherwise the first of these that will do.
PYTHON ?=
CANDIDATES := python3 python3.11 python3.12 python3.13
LEDGER := tests/unit/trading/cycle/test_ledger_machine.py

.PHONY: help install lock run test check unit bench chaos clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv with everything in requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@for name in $(or $(PYTHON),$(CANDIDATES)); do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$name; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
	  echo "inplay needs Python 3.11 or later; tried: $(or $(PYTHON),$(CANDIDATES))" >&2; exit 1; fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; fi; \
	echo "making .venv with $$found; this takes a few minutes"; \
	"$$found" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

lock: $(STAMP) ## resolve requirements.lock anew (needs uv)
	@{ sed -n '/^#/p;/^[^#]/q' requirements.lock; uv pip compile pyproject.toml --universal --python-version 3.11 \
	  --generate-hashes --extra sample --extra dev --upgrade --no-header --no-annotate --quiet; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock

run: $(STAMP) ## the platform on the bundled sample: import, train, replay, serve
	$(BIN)/inplay run --sample

check: $(STAMP) ## linter, format, types, import contracts, unit tests: under a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# Contracts and types beside the tests: they use one core, and a test that waits uses none.
	{ $(BIN)/lint-imports && $(BIN)/mypy; } & types=$$!; tests=0; \
	LEDGER_STEPS=300 $(BIN)/pytest tests/unit --quiet --numprocesses=2 || tests=$$?; \
	wait $$types && exit $$tests

test: check ## check, and everything else that CI runs
	$(BIN)/pytest tests/e2e tests/contract tests/integration $(LEDGER) --numprocesses=2 --dist=loadfile --no-loadscope-reorder

bench: $(STAMP) ## speed, as ratios
	$(BIN)/python -m benchmarks

chaos: $(STAMP) ## a million steps of the ledger's machine; kill parts of a run, imports, moves of files, and compare
	LEDGER_STEPS=1000000 $(BIN)/pytest $(LEDGER)
	LEDGER_RECORD_STEPS=2000 $(BIN)/pytest tests/integration/adapters/test_ledger_machine_on_record.py
	INPLAY_IMPORT_KILLS=50 $(BIN)/pytest tests/integration/data/test_import_kills.py
	INPLAY_TIER_KILLS=50 $(BIN)/pytest tests/integration/data/test_tier_kills.py tests/chaos
	INPLAY_DISTURBANCES=all $(BIN)/pytest tests/integration/actors/test_each_service_disturbed.py

clean: ## remove .venv, peers and caches; the data folder var/ stays
	rm -rf .venv benchmarks/.peers .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
