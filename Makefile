# make        the papers' figures, from nothing to results/paper/report/index.html
# make help   everything else
#
# Everything runs in .venv, installed from the hashes in requirements.lock. The stamp's name is a
# checksum of what the environment is made from, so a new lock or a moved checkout leads to a new
# installation and nothing else does.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.NOTPARALLEL:
.DEFAULT_GOAL := paper
.PHONY: paper synthesis setup test test-slurm soak lint bench docs lock clean distclean help

export PYTHON ?= python3
ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PYTHONNOUSERSITE := 1
# Hundreds of short processes would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

STARTED := $(shell date +%s)
MADE_FROM := pyproject.toml requirements-build.lock requirements.lock
STAMP := .venv/.made-from-$(shell { cat $(MADE_FROM); pwd -P; } | cksum | tr ' ' '-')

# One make at a time per checkout, where flock exists (Linux). The descriptor is inherited by
# the jobs, so a second make also waits for jobs that outlived a killed one.
ONE_AT_A_TIME = if command -v flock >/dev/null; then exec 9>.make.lock; \
	flock --nonblock 9 || { echo "waiting for another make in this checkout"; flock 9; }; fi
# Recipes ask the shell where they are: quotes and dollars in a path that make puts in would count.
# Tools are run as modules, because a script's first line cannot name every path either.
# Snakemake wants a home folder to write to, and a name for its user.
IN_VENV = export VIRTUAL_ENV="$$(pwd -P)/.venv"; export PATH="$$VIRTUAL_ENV/bin:$$PATH"; \
	export LOGNAME="$${LOGNAME:-$$(id -un 2>/dev/null || id -u)}"; \
	if ! [[ -d $${HOME:-} && -w $${HOME:-} ]]; then \
	    mkdir -p .home; export HOME="$$(pwd -P)/.home"; fi

paper: $(STAMP) ## Reproduce the figures and write the report (the default)
	$(ONE_AT_A_TIME)
	$(IN_VENV)
	python -m sim warm
	python -m snakemake --cores all $(ARGS)
	took=$$(( $$(date +%s) - $(STARTED) ))
	echo
	echo "report: results/paper/report/index.html ($$(( took / 60 )) min $$(( took % 60 )) s)"

synthesis: $(STAMP) ## Larger grids, to 1536 cores and meshes of 1024: into results/synthesis
	$(ONE_AT_A_TIME)
	$(IN_VENV)
	python -m sim warm
	python -m snakemake --cores all --config 'experiments=["synthesis/*"]' name=synthesis $(ARGS)
	echo "report: results/synthesis/report/answer.html"

setup: $(STAMP) ## Make .venv from the lock, and stop there

$(STAMP):
	$(ONE_AT_A_TIME)
	if [ -e '$@' ]; then exit 0; fi
	# PATH is parted by colons, and setuptools puts variables in for {name} and $$name.
	case "$$(pwd -P)" in *[:{}]* | *'$$'[A-Za-z_]* | *$$'\n'*)
	    echo "error: no environment can stand in '$$(pwd -P)'" >&2
	    echo "  allowed: paths without : { } \$$name or a line break; move the checkout, then make again" >&2
	    exit 1;;
	esac
	if ! command -v "$$PYTHON" >/dev/null; then
	    echo "error: no '$$PYTHON' on this machine; corescale needs Python 3.11 or newer" >&2
	    echo "  Debian, Ubuntu: sudo apt install python3 python3-venv" >&2
	    exit 1
	fi
	if ! "$$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
	    echo "error: '$$PYTHON' is $$("$$PYTHON" --version); corescale needs Python 3.11 or newer" >&2
	    echo "  name a newer one: make PYTHON=python3.11" >&2
	    exit 1
	fi
	if ! "$$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
	    minor=$$("$$PYTHON" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
	    echo "error: '$$PYTHON' cannot make virtual environments (no ensurepip)" >&2
	    echo "  Debian, Ubuntu: sudo apt install python3-venv (or $$minor-venv), then make again" >&2
	    exit 1
	fi
	# An environment that was moved, or whose Python is gone, is made anew.
	if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
	    ! grep --quiet --fixed-strings "$$(pwd -P)/.venv/bin/" .venv/bin/pip; then
	    "$$PYTHON" -m venv --clear .venv
	fi
	echo "installing the pinned packages into .venv"
	rm -f .venv/.made-from-*
	pip() { .venv/bin/python -m pip -qq "$$@"; }
	# The back end first: source distributions are then built with it, not with whatever is newest.
	pip install --require-hashes -r requirements-build.lock
	pip install --require-hashes --no-build-isolation --use-pep517 -r requirements.lock
	# A folder on the path, not a finder of modules: Python then starts in half the time.
	pip install --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	pip check
	touch '$@'
	# Older Pythons write the path into activate, and pip writes a long one into its scripts, in
	# double quotes.
	case "$$(pwd -P)" in *[\"\`$$]*)
	    if grep --quiet 'VIRTUAL_ENV="' .venv/bin/activate || grep --quiet '^#!/bin/sh' .venv/bin/pip; then
	        echo "warning: a shell misreads this checkout's path in .venv/bin/activate; make works," >&2
	        echo "  and so do .venv/bin/python -m sim, -m analysis and -m snakemake" >&2
	    fi;;
	esac

test: $(STAMP) ## Formatting, lint, types and all tests
	$(IN_VENV)
	python -m sim warm & # on one core, while the other lints
	$(MAKE) --no-print-directory lint || { kill $$!; exit 1; }
	wait $$!
	python -m pytest -rs --numprocesses auto --dist loadscope --no-loadscope-reorder $(ARGS)

test-slurm: $(STAMP) ## Sweeps on a real Slurm of two nodes on this machine (needs slurm-wlm, munge)
	$(IN_VENV)
	python -m pip install --quiet --no-build-isolation --editable '.[slurm]'
	python -m sim warm
	python -m pytest -rs -m cluster tests/workflow $(ARGS)

soak: $(STAMP) ## Tests that take minutes: kills, full disks, concurrent workflows, a cold cache
	$(IN_VENV)
	python -m sim warm
	python -m sim audit experiment=$${CORESCALE_AUDIT:-osdi10/fig04_exim} out=results/windows.csv
	CORESCALE_SOAK=1 CORESCALE_KILLS=$${CORESCALE_KILLS:-20} CORESCALE_HISTORIES=$${CORESCALE_HISTORIES:-500} \
	    python -m pytest -rs tests/soak tests/reproduction tests/additions/test_additions.py tests/workflow/test_history.py tests/workflow/test_interruption.py \
	    tests/workflow/test_same_bytes.py tests/measure/test_truth.py $(ARGS)

lint: $(STAMP) ## Formatting, lint and types only
	$(IN_VENV)
	echo "ruff format"; python -m ruff format --check --quiet . || \
	    { python -m ruff format --diff --quiet .; exit 1; }
	echo "ruff check"; python -m ruff check --quiet .
	echo "snakefmt"; python -m snakefmt --check Snakefile
	echo "snakemake --lint"; python -m snakemake --lint
	echo "mypy"; python -m mypy

bench: $(STAMP) ## The engine's speed beside SimPy's and C++'s (needs a C++ compiler)
	$(ONE_AT_A_TIME)
	$(IN_VENV)
	python -m sim warm
	python -m benchmarks

docs: $(STAMP) ## Build the documentation into site/
	$(IN_VENV)
	# Its theme's makers advertise a successor at every build.
	NO_MKDOCS_2_WARNING=1 python -m mkdocs build --strict --quiet
	echo "documentation: site/index.html"

lock: ## Pin all packages anew (ARGS=--upgrade for the newest)
	# Run on the oldest Python that is supported; its choices hold for the newer ones too.
	"$$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	    { echo "error: the lock is made with Python 3.11: make lock PYTHON=python3.11" >&2; exit 1; }
	"$$PYTHON" -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet pip-tools==7.6.2
	# Without this machine's own pip settings: a private mirror may serve other builds and hashes.
	export CUSTOM_COMPILE_COMMAND="make lock" PIP_CONFIG_FILE=/dev/null
	compile() {
	    .venv-lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
	        $(ARGS) "$$@" pyproject.toml
	}
	compile --only-build-deps --build-deps-for editable --output-file requirements-build.lock
	compile --extra bench --extra dev --extra docs --extra lab --build-deps-for editable --output-file requirements.lock
	# The same names and versions for conda, below the line that opens the list.
	sed -i '/^  - pip:$$/q' environment.yml
	sed -nE 's/^([A-Za-z0-9._-]+==[^ ;]+).*/      - \1/p' requirements.lock >> environment.yml
	rm -rf .venv-lock

# A workflow that is still writing keeps the lock of its results folder (analysis.folder_lock).
AT_REST = if command -v flock >/dev/null; then for lock in results/.locks/*; do \
	if [ -e "$$lock" ] && ! flock --nonblock "$$lock" true; then \
	    echo "error: a workflow is writing results/$$(basename "$$lock") (process $$(cut -d' ' -f1 "$$lock"))" >&2; \
	    exit 1; fi; done; fi

clean: ## Remove results/paper and what tools left behind (keeps .venv and your own sweeps)
	$(AT_REST)
	rm -rf results/paper site .snakemake .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean ## Remove .venv and all of results/ too
	rm -rf .venv .venv-lock .make.lock .home results

help: ## This list
	sed -nE 's/^([a-z-]+):.*## (.*)/make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || \
	    sed -nE 's/^([a-z-]+):.*## (.*)/make \1: \2/p' Makefile
