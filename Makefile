PYTHON ?= .venv/bin/python

.PHONY: lint types test docs bench check messages

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

test:
	$(PYTHON) -m pytest --doctest-modules landinv tests -q

docs:
	$(PYTHON) scripts/write_reference.py

messages:
	$(PYTHON) scripts/messages.py

bench:
	$(PYTHON) benchmarks/steps.py --patches 20000

check: lint types test
