# Everything a fresh machine needs comes from here: make setup, make test, make demo.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup test demo lint bench clean help

help:            ## this list
	@grep -hE '^[a-z]+: .*##|^[a-z]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(STAMP)  ## virtual environment, pinned packages, Icarus Verilog

$(STAMP): requirements.lock pyproject.toml flows/bootstrap.sh
	@PYTHON="$(PYTHON)" bash flows/bootstrap.sh $(VENV)
	@touch $@

test: setup      ## all tests
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

demo: setup      ## the main job on a bundled data set
	$(BIN)/bespoke run breast_cancer --out runs/demo --effort fast --source "printed energy harvester" --seed 1

lint: setup      ## style and static checks
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

bench: setup     ## speed of the search, cost model and back end against their references (minutes)
	$(BIN)/python benchmarks/search_speed.py
	$(BIN)/python benchmarks/search_cost.py
	$(BIN)/python benchmarks/backend.py --effort fast

clean:           ## remove the virtual environment; run folders stay
	rm -rf $(VENV)
