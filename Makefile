# The commands people type. `make` alone prints them.

# The first interpreter that runs, is new enough and can make a virtual environment; a name on the PATH may be a shim that does not run.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP = .venv/bin/python -m pip --disable-pip-version-check
INSTALL = $(PIP) install -q --no-deps --only-binary :all: --require-hashes -r
COMPILE = .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make lock"
PORT ?= 8000
ARGS ?=
QUICKLY = $(addprefix tests/,domain architecture store engine adapters usecases pinned)
export PIP_NO_WARN_SCRIPT_LOCATION = 1
export PIP_ROOT_USER_ACTION = ignore

.DEFAULT_GOAL := help
.PHONY: help run test quick prove bench lint lock clean

help: ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: .venv/run instance/demo.env ## serve the demo, with its worker, at http://127.0.0.1:8000 (PORT=… moves it; CLINIC_DATABASE_URL=… picks the database)
	@url="$${CLINIC_DATABASE_URL:-}"; site="$${CLINIC_PUBLIC_URL:-http://127.0.0.1:$(PORT)}"; set -a; . ./instance/demo.env; CLINIC_DATABASE_URL="$${url:-$$CLINIC_DATABASE_URL}"; CLINIC_PUBLIC_URL="$$site"; set +a; \
	set -e; .venv/bin/flask db upgrade; \
	if .venv/bin/flask clinic --help | grep -q '^  demo '; then .venv/bin/flask clinic demo --if-empty; fi; \
	.venv/bin/flask clinic worker & worker=$$!; PORT=$(PORT) .venv/bin/gunicorn --no-control-socket & web=$$!; \
	trap 'kill $$web $$worker 2>/dev/null; wait' EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; \
	echo "Serving at http://127.0.0.1:$(PORT) (Ctrl-C stops it). What is sent is shown at http://127.0.0.1:$(PORT)/mailbox/"; \
	.venv/bin/flask clinic sign-ins; \
	wait $$web

test: .venv/dev ## run everything: linters, SQLite, PostgreSQL, browser (ARGS=… goes to pytest)
	@.ci/ensure-chromium
	@.venv/bin/python -m pytest $(ARGS)

quick: .venv/dev ## run the quick part, in a minute: the rules, the architecture, SQLite
	@.venv/bin/python -m pytest -q --quick $(QUICKLY) $(ARGS)

prove: .venv/dev ## run the proofs at full counts (long; ARGS=… goes to pytest)
	@CLINIC_PROVE=1 .venv/bin/python -m pytest -n 0 -m prove -s $(ARGS)

bench: .venv/dev ## run the benchmarks against their goals (QUICK=1 for a short one)
	@QUICK=$(QUICK) .venv/bin/python -m benchmarks $(ARGS)

lint: .venv/dev ## ruff, mypy and djlint
	@.venv/bin/ruff check -q . && .venv/bin/ruff format -q --check . && .venv/bin/mypy --no-error-summary && .venv/bin/djlint --lint --quiet templates

lock: .venv/dev ## renew requirements*.txt from requirements*.in
	$(COMPILE) $(ARGS) -o requirements.txt requirements.in
	$(COMPILE) $(ARGS) -c requirements.txt -o requirements-dev.txt requirements-dev.in

clean: ## remove the virtual environment and every cache; instance/ stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/pip:
	@[ -n "$(PYTHON)" ] || { echo "This needs Python 3.11 or later, with venv." >&2; exit 1; }
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv && $(PIP) install -q -U 'pip>=25' && touch $@

.venv/run: requirements.txt | .venv/pip
	@echo "Installing what serving needs"
	@$(INSTALL) $< && touch $@

.venv/dev: requirements-dev.txt | .venv/pip
	@echo "Installing what developing and testing need"
	@$(INSTALL) $< && touch $@ .venv/run

instance/demo.env: | .venv/run
	@mkdir -p instance
	@umask 077 && .venv/bin/python -c 'import secrets; print("CLINIC_DEMO=1", "CLINIC_DATABASE_URL=sqlite:///instance/demo.sqlite", "CLINIC_SECRET_KEY=" + secrets.token_urlsafe(48), sep="\n")' > $@
