# One entry for people and for CI. Needs Python 3.11 or newer and make; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test bench lab lint notebooks notebooks-refresh format schema constraints clean

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "simlab needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY)  ## the whole story in half a minute: generate, run, backtest, tune, dashboard
	$(BIN)/simlab demo

test: $(READY)  ## every test, and the notebooks
	$(BIN)/pytest

bench: $(READY)  ## the benchmarks, short, with the ratios they must reach
	$(BIN)/pytest --benchmark

lab: $(READY)  ## JupyterLab on the notebooks, on loopback
	$(BIN)/jupyter lab --ip=127.0.0.1 --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks/00_index.ipynb \
		$(if $(filter 0,$(shell id -u)),--allow-root)

lint: $(READY)  ## formatting, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

notebooks: $(READY)  ## the notebooks alone, each cell's output compared
	$(BIN)/pytest notebooks --override-ini 'addopts=-ra --nbval --nbval-current-env --nbval-sanitize-with notebooks/sanitize.cfg'

notebooks-refresh: $(READY)  ## run the notebooks anew in place: outputs change when results do
	$(BIN)/python scripts/refresh_notebooks.py

format: $(READY)  ## format the code, and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: $(READY)  ## write the JSON Schemas that editors check profiles and rules by
	$(BIN)/python scripts/write_schemas.py

constraints: $(READY)  ## pin what is installed now in constraints.txt
	$(BIN)/python scripts/pin_constraints.py

clean:  ## remove what the make targets left, but for runs/ and out/
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .import_linter_cache
