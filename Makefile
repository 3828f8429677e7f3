# Interlock: the commands of this repository. `make help` lists them.
# A fresh machine needs Python 3.11 or later, make and git; everything else goes into .venv, from hashed locks.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
LOCKS := requirements.lock requirements-dev.lock
TYPED := src tests $(wildcard bench)
CLIENTS := tests/clients/environments
# Whole commands, whole recordings and mutated bytes are left to `make test`.
FAST := tests/architecture tests/contract tests/property tests/replay tests/unit
PYTEST := $(BIN)/python -m pytest -q -n 2

# Nothing of the caller's own Python set-up may reach ours.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: help up test check clients bench lock clean .venv

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

up: $(READY) ## set up, then run the main job on its embedded defaults: a simulated hour, and one order explained
	@rm -rf .state/up
	@echo 'A simulated hour under examples/policy-short-tape.toml: its loosened limits, each with a reason, let it trade.'
	@$(BIN)/interlock --state .state/up backtest --feed simulated --seed 7 \
	  --policy examples/policy-short-tape.toml --explain-one
	@echo 'Its log is in .state/up; try: .venv/bin/interlock --state .state/up log show --limit 20'

test: $(READY) ## set up, then run every test
	@$(PYTEST)

check: $(READY) ## lint, format, types, imports, tidiness and the fast tests, in under a minute
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .  || { echo 'hint: run .venv/bin/ruff format .' >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary $(TYPED)
	@report=$$($(BIN)/lint-imports 2>&1) || { echo "$$report" >&2; exit 1; }
	@echo 'Lint, format, types and imports are clean.'
	@$(PYTEST) -m 'not slow' $(FAST)

clients: $(READY) ## set up real clients and let them live against the paper exchange (also part of make test)
	@for lock in $(CLIENTS)/*.lock; do $(CLIENTS)/set-up "$$(basename "$$lock" .lock)"; done
	@$(PYTEST) tests/clients

kills: $(READY) ## kill the paper exchange at 100 seeded moments under load; each time its book must be right
	@INTERLOCK_KILLS=$${INTERLOCK_KILLS:-100} $(PYTEST) tests/integration/test_paper_exchange_survives_kill.py

bench: $(READY) ## measure speed beside its peers, as ratios of one run
	@$(BIN)/python -m bench

lock: $(READY) ## write both locks anew from pyproject.toml; UPGRADE=--upgrade also moves the pins
	@for lock in $(LOCKS); do \
	  $(BIN)/python -m uv pip compile pyproject.toml $$(case $$lock in *-dev*) echo --group dev -c requirements.lock;; esac) \
	    --python $(BIN)/python --python-version 3.11 --universal --generate-hashes --only-binary :all: \
	    --no-emit-index-url --no-annotate --no-header --quiet $(UPGRADE) -o $$lock; \
	done
	@for lock in $(CLIENTS)/*.lock; do \
	  $(BIN)/python -m uv pip compile $${lock%.lock}.in --python $(BIN)/python --python-version 3.11 --universal \
	    --generate-hashes --only-binary :all: --no-emit-index-url --no-annotate --no-header --quiet $(UPGRADE) -o $$lock; \
	done
	@if grep -nE '://|index-url|find-links' $(LOCKS) $(CLIENTS)/*.lock; then echo 'A lock names a host. It must not be committed.' >&2; exit 1; fi
	@echo 'All locks are written; the next command installs them.'

clean: ## remove .venv, caches and build output; never a log, a state directory or a recording
	@rm -rf .venv .venv-clients build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.venv: $(READY)

# Done again only when a lock, the project file or the set-up itself changes.
$(READY): requirements-dev.lock pyproject.toml .ci/set-up
	@PYTHON='$(PYTHON)' bash .ci/set-up
	@touch $@
