# Every target makes what it needs: a virtual environment in .venv with the tested versions of constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Two processes; each takes whole files, which share what they train and build.
TESTS := $(BIN)/python -m pytest -q -n 2 --dist loadscope

.PHONY: test test-all lint demo docs clean

# Lint, types and the tests that take under ten seconds each.
test: lint
	$(TESTS) -m "not slow"

# Everything, the slow tests too.
test-all: lint
	$(TESTS)

lint: $(STAMP)
	$(BIN)/python -m flake8 catgan tests docs tools setup.py
	$(BIN)/python -m mypy

# The whole story on synthetic faces, about ten minutes on two cores; ends with the path of its report.
demo: $(STAMP)
	$(BIN)/catgan demo --out OUT/demo

docs: $(STAMP)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[docs]'
	$(BIN)/python -m sphinx -W -b html docs docs/_build/html

$(STAMP): setup.cfg setup.py constraints.txt
	@$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) \
	  else 'catgan needs Python 3.11-3.13. Received: %d.%d. Name another: make PYTHON=python3.12 ...' % v)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip setuptools wheel
	@# Not compiled here: a run imports few of the modules, and compiles those.
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[test,jax,ray]'
	$(BIN)/python -m pip check
	touch $@

clean:
	rm -rf $(VENV) build docs/_build *.egg-info .mypy_cache .pytest_cache
