# Every target makes what it needs: a virtual environment in .venv with the tested versions of constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Two processes, each with half of the tests in order, so that tests of a file share what they train and build; who is
# done first takes half of what the other has left.
TESTS := $(BIN)/python -m pytest -q -n 2 --dist worksteal

# Where catgan is checked without its extras. On a new machine that is .venv itself, before the extras come: TensorFlow
# is then installed once. Where .venv has them already, it is an environment of its own.
PLAIN := $(if $(wildcard $(STAMP)),.venv-plain,$(VENV))

.PHONY: test test-all test-plain lint browser demo results docs tutorials clean

# Lint, types and the tests that take under ten seconds each.
test: lint
	$(TESTS) -m "not slow"

# Everything, the slow tests too.
test-all: lint
	$(TESTS)

# catgan as `pip install catgan` brings it: every module is imported, and every verb does something small.
test-plain: $(PLAIN)/.plain
	$(PLAIN)/bin/python tools/plain_install.py

lint: $(STAMP)
	$(BIN)/python -m flake8 catgan tests docs tools setup.py
	$(BIN)/python -m mypy

# Chromium, for the tests of the web page, where it is missing and can be installed. Without it those tests are skipped.
browser:
	command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  { test "$$(id -u)" = 0 && apt-get -qq update && apt-get -qq -y install chromium >/dev/null; } || \
	  echo "no Chromium: the tests of the web page in a browser are skipped"

# The whole story on synthetic faces, about ten minutes on two cores; ends with the path of its report.
demo: $(STAMP)
	$(BIN)/catgan demo --out OUT/demo

# The tables of docs/results, from the JSON files beside them. Takes seconds, and measures nothing.
results: $(STAMP)
	PYTHONPATH=.:tools $(BIN)/python -m results_pages

# The pages. The reference is written from the source first (tools/reference_pages).
docs: $(STAMP)
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

# The tutorials, in full: docs/tutorials/NAME.md is executed and written to NAME.ipynb, which the pages show.
tutorials: $(STAMP)
	$(BIN)/python tools/tutorials.py $(NAMES)

# Python compiles what it imports and keeps the result, except where PYTHONDONTWRITEBYTECODE is set, as in many
# containers: there each command would compile TensorFlow anew, for 19 s. So everything is compiled here, by all cores;
# pip would use one. Left out are tests, Ray and pip, which catgan does not import; a file that does not compile is a
# template. Only what is new is compiled.
SITE = $$($(1)/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")
COMPILE = cd "$(call SITE,$(CURDIR)/$(1))" && $(CURDIR)/$(1)/bin/python -m compileall -qq -j 0 \
	  -x '/(tests?|ray|pip|setuptools)/' . || true
INSTALL = $(1)/bin/python -m pip install --quiet --no-compile -c constraints.txt

$(PLAIN)/.plain: setup.cfg setup.py constraints.txt
	$(call NEW,$(PLAIN))
	$(call INSTALL,$(PLAIN)) -e .
	$(PLAIN)/bin/python -m pip check
	$(call COMPILE,$(PLAIN))
	touch $@

$(STAMP): setup.cfg setup.py constraints.txt
	$(call NEW,$(VENV))
	$(call INSTALL,$(VENV)) -e '.[test,jax,ray,docs]'
	$(BIN)/python -m pip check
	$(call COMPILE,$(VENV))
	touch $@

define NEW
@$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) \
  else 'catgan needs Python 3.11-3.13. Received: %d.%d. Name another: make PYTHON=python3.12 ...' % v)"
test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
$(1)/bin/python -m pip install --quiet --upgrade pip setuptools wheel
endef

clean:
	rm -rf $(VENV) .venv-plain build docs/_build docs/reference/*/ *.egg-info .mypy_cache .pytest_cache
