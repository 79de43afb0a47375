# One command per habit; `make help` lists them. Works on a fresh clone: what is missing is
# made first, by the same door that runs the jobs.
.DEFAULT_GOAL := help
.PHONY: help setup check test slow faults bench reliability lock clean

# Tools run as modules: scripts in .venv/bin name the folder that they were made in.
python := .venv/bin/python
sources := $(wildcard sandbox signature matching fetch store elastic udfs jobs lookup)
scripts := spark-submit.sh .ci/run $(wildcard launch/*.sh)
# Which tests to run, for instance: make test TESTS="tests/unit -k words"
TESTS ?=
# In how many processes tests run; PROCESSES=0 for one, as a debugger needs it.
PROCESSES ?= 2

help:
	@echo "make setup  the environment for development (.venv, jars)"
	@echo "make check  style, types, import rules, docstrings, shell syntax"
	@echo "make test   the tests, with coverage; TESTS=... for some of them"
	@echo "make slow   those that take a minute each; TESTS=... for some"
	@echo "make faults jobs killed and disks filled at many seeded points: hours; TESTS=... for some"
	@echo "make bench  the benchmarks that take seconds"
	@echo "make reliability  damaged and odd files, each of which must end with a reason"
	@echo "make lock   the requirement locks anew; UPGRADE=--upgrade for newer versions"
	@echo "make clean  remove what was built (not .venv)"

setup:
	@./spark-submit.sh --setup --dev

# Each on its own, so that `make -k check` shows what all of them say.
checks := check-style check-types check-imports check-docstrings check-shell
.PHONY: $(checks)
check: $(checks)

check-style: setup
	$(python) -m ruff check .
	$(python) -m ruff format --check .

check-types: setup
	$(python) -m mypy
	$(python) -m mypy launch/*.py

check-imports: setup
	$(python) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo

check-docstrings: setup
	find $(sources) launch -name '*.py' -exec $(python) -m numpydoc lint {} +

check-shell:
	for script in $(scripts); do bash -n "$$script" || exit 1; done

# The environment is the door's own: its Java, its jars, its settings.
test: setup
	environment="$$(./spark-submit.sh --print-env)" && eval "$$environment" && \
	  $(python) -m pytest $(TESTS) --cov --numprocesses $(PROCESSES) --no-loadscope-reorder

slow: setup
	environment="$$(./spark-submit.sh --print-env)" && eval "$$environment" && \
	  $(python) -m pytest $(TESTS) -m "slow and not faults" --numprocesses $(PROCESSES) \
	  --no-loadscope-reorder

# Those of `make slow` in the same folders are a sample of these.
faults: setup
	environment="$$(./spark-submit.sh --print-env)" && eval "$$environment" && \
	  $(python) -m pytest $(or $(TESTS),tests) -m faults

bench: setup
	environment="$$(./spark-submit.sh --print-env)" && eval "$$environment" && \
	  $(python) -m benchmarks

reliability: setup
	$(python) -m reliability

# Hashes only, no addresses: any mirror can serve them (docs/adr/0003).
compile := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url $(UPGRADE)

lock: setup
	$(compile) pyproject.toml --output-file requirements.lock
	$(compile) pyproject.toml --group dev --constraints requirements.lock \
	  --output-file requirements-dev.lock
	$(compile) launch/requirements.in --constraints requirements.lock \
	  --output-file launch/requirements.lock
	$(compile) benchmarks/image-match.in --no-deps --constraints requirements.lock \
	  --output-file benchmarks/image-match.lock
	$(compile) benchmarks/image-match-client.in --no-deps \
	  --output-file benchmarks/image-match-client.lock

clean:
	rm -rf build .ruff_cache .hypothesis .import_linter_cache
