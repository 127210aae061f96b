# `make` lists what there is. Each target sets up what it needs: only Python 3.11-3.13, git and
# make are assumed. Another Python than `python3`: make PYTHON=python3.12 book

PYTHON ?= python3
PYTEST_ARGS ?=
# Chapters at a time; each takes one thread.
JOBS ?= 2

BIN := .venv/bin
RUN := $(BIN)/python
SUITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.DEFAULT_GOAL := help
.PHONY: help python setup book test test-colab notebooks lock experiment deep repository clean lint

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

python:
	@$(PYTHON) -c "$(SUITS)" 2>/dev/null || { \
	  echo "setup: '$(PYTHON)' is no Python 3.11, 3.12 or 3.13: install one," \
	       "or name the one you have: make PYTHON=python3.12 book" >&2; exit 1; }

setup: python ## make .venv from the lock (at once, when it is there already)
	@$(PYTHON) scripts/setup.py

book: setup ## execute the chapters that changed and build the site into _build/html
	@$(RUN) -m companion run --cached --profile book --jobs $(JOBS)
	@$(RUN) scripts/site/build.py

test: lint ## everything that is checked: style, types, imports, every test, every chapter
	@$(RUN) scripts/colab.py || test $$? -eq 3
	@OMP_NUM_THREADS=1 $(RUN) -m pytest $(PYTEST_ARGS)

test-colab: setup ## the package and every chapter on Colab's own versions (needs Python 3.13)
	@$(RUN) scripts/colab.py
	@OMP_NUM_THREADS=1 $(RUN) -m pytest -q -rs tests/colab

lint: setup ## style, types and import directions
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy --no-error-summary
	@mkdir -p _build
	@$(BIN)/lint-imports --no-cache > _build/imports.log || { cat _build/imports.log; exit 1; }

notebooks: setup ## execute every chapter and refresh the outputs stored in book/
	@$(RUN) -m companion run --store --jobs $(JOBS)

lock: python ## write requirements.txt from pyproject.toml and constraints.txt
	@$(PYTHON) scripts/setup.py lock

experiment: setup ## measure a long comparison: make experiment NAME=step_times (alone: list them)
	@$(RUN) -m companion experiment $(NAME)

deep: setup ## the tests that take longer than every change deserves
	@OMP_NUM_THREADS=1 $(RUN) -m pytest -m deep $(PYTEST_ARGS)

repository: python ## write the book's address through: make repository URL=... [REVISION=...]
	@$(PYTHON) scripts/repository.py $(if $(filter undefined,$(origin URL)),,"$(URL)") \
	  $(if $(REVISION),--revision "$(REVISION)")

clean: ## remove what was built (.venv stays)
	rm -rf _build build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
