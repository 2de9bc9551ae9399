# The only verbs of this project. `make run` needs Python 3.11 and nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DATA   ?= var
PORT_OFFSET ?= 10000
JOBS   ?= 2
PAGES  := src/postroom/web/console/index.html
UI     := $(shell find ui -type f -not -path "ui/node_modules/*")

.DEFAULT_GOAL := help
.PHONY: help run test check ui bench soak fuzz docs screenshots format clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r verb text; do printf '  make %-8s %s\n' "$$verb" "$$text"; done

$(VENV)/.run: pyproject.toml tools/constraints.txt
	@$(PYTHON) tools/bootstrap.py --venv $(VENV) --run
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@$(PYTHON) tools/bootstrap.py --venv $(VENV) --dev
	@touch $@

ui/node_modules/.installed: ui/package-lock.json | $(VENV)/.run
	@$(BIN)/python tools/ui.py install
	@touch $@

$(PAGES): $(UI) ui/node_modules/.installed
	@$(BIN)/python tools/ui.py build

ui: $(PAGES) ## the console's pages, built into the package

run: $(VENV)/.run $(PAGES) ## a demo server in ./var on ports 10025, 10143 ...
	@exec $(BIN)/python -m postroom demo --data $(DATA) --port-offset $(PORT_OFFSET)

test: $(VENV)/.dev $(PAGES) ## every test (real mail programs from Debian among them)
	@$(PYTHON) tools/debian_packages.py --for test
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

check: $(VENV)/.dev ui/node_modules/.installed ## format, lint, types, import rules, house rules: under a minute
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@$(BIN)/python -m pytest tests/house
	@$(BIN)/python tools/ui.py check

bench: $(VENV)/.dev ## speed and memory against Postfix and Dovecot
	@$(PYTHON) tools/debian_packages.py --for bench
	@$(BIN)/python -m bench

soak: $(VENV)/.dev ## 50 crash rounds, a fault at every step, 6,000 real mails, 200 sessions for 5 minutes, 700 games of IMAP against its model, Dovecot among the players, Thunderbird, Roundcube
	@$(PYTHON) tools/debian_packages.py --for soak
	@ulimit -n 20000 && POSTROOM_SOAK=1 $(BIN)/python -m pytest tests/crash tests/stress tests/properties/imap_model tests/interop/test_corpus.py tests/interop/test_thunderbird.py tests/interop/test_roundcube.py

fuzz: $(VENV)/.dev ## long random input for every parser
	@$(BIN)/python -m fuzz

docs: $(VENV)/.dev ## the reference pages, made from the code
	@$(BIN)/python tools/make_docs.py
	@$(BIN)/python -m tools.console_settings

screenshots: $(VENV)/.dev $(PAGES) ## pictures of every page of the console, in docs/screenshots
	@$(PYTHON) tools/debian_packages.py --for test
	@$(BIN)/python tools/screenshots.py

format: $(VENV)/.dev ui/node_modules/.installed ## rewrite the sources in the house's form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/python tools/ui.py format

clean: ## remove what was built, keep ./var
	@rm -rf $(VENV) ui/node_modules src/postroom/web/console build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
