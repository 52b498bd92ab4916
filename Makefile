# The commands of the README; `make` alone lists them. Settings come from the environment (PORT, HOST,
# DATA_DIR …: docs/configuration.md) and pass through. PYTHON chooses the interpreter of .venv, ARGS
# goes to pytest or the bench.

PYTHON ?= python3
ARGS   ?=
BIN    := .venv/bin

RUNTIME     := .venv/.runtime
DEVELOPMENT := .venv/.development

BABEL     := $(BIN)/python -m babel.messages.frontend
LOCK      := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"
# A link that leads nowhere is an error; so is a page that no other leads to.
SITE      := $(BIN)/sphinx-build --quiet --nitpicky --fail-on-warning --keep-going --fresh-env -c docs . docs/_build

.PHONY: help setup run test faults check docs bench format lock translate train release clean
.DELETE_ON_ERROR:

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile

setup: $(RUNTIME) $(DEVELOPMENT) ## create .venv with everything
	@echo ".venv is ready."

$(RUNTIME): requirements.lock
	@PYTHON="$(PYTHON)" .ci/install requirements.lock
	@touch $@

$(DEVELOPMENT): requirements-dev.lock | $(RUNTIME)
	@PYTHON="$(PYTHON)" .ci/install requirements-dev.lock
	@touch $@

run: $(RUNTIME) ## run the whole service here, until Ctrl-C
	@exec $(BIN)/python manage.py serve

test: $(DEVELOPMENT) ## run the tests (ARGS="-k name" chooses some)
	@$(BIN)/python -m tests $(ARGS)

# Rows that kill, stop and starve processes wait more than they work; more than two at once disturb each other.
# Then the tests that `make test` runs on fewer seeds, cuts or histories.
faults: $(DEVELOPMENT) ## provoke every fault of docs/reliability.md at length (40 minutes), figures in var/faults.md
	@$(BIN)/python -m tests.faults.report $(BIN)/python -m pytest --numprocesses 2 \
		-m "services or faults" -o faulthandler_timeout=1800 tests/faults $(ARGS)
	@$(BIN)/python -m tests -m faults -o faulthandler_timeout=1800 --ignore tests/faults $(ARGS)

# As in production, and nothing written: the checks need neither a database nor DATA_DIR.
check: export SITE_URL = https://digest.example.org
check: export SECRET_KEY = $(shell od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
check: export DEBUG = 0
check: export EMAIL_URL = smtp://relay.example.org
check: export DATABASE_URL = sqlite://:memory:
check: $(DEVELOPMENT) ## formatting, lint, types, import contracts, migrations, templates, deployment, links of the docs
	$(BIN)/python -m tests.project.locks
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint --lint --quiet --profile jinja templates/web templates/email
	$(BIN)/djlint --lint --quiet --profile django templates/admin
	$(BIN)/python -m digest.compose.templating.lint templates/email
	$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(SITE)

docs: $(DEVELOPMENT) ## build the site of docs/ to look at
	@$(SITE)
	@echo "Open docs/_build/index.html"

lock: $(DEVELOPMENT) ## after a change of requirements*.txt, and to take newer releases of what they bring along
	$(LOCK) requirements.txt --output-file requirements.lock
	$(LOCK) requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock

format: $(DEVELOPMENT) ## format the code and repair what can be repaired
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

# Catalogues of gettext, compiled and committed: who runs the service needs no tool for them.
translate: $(DEVELOPMENT) ## collect texts into digest/locale/*/LC_MESSAGES/*.po, and compile what is translated
	@for domain in letters django; do \
		$(BABEL) -q extract --mapping digest/locale/$$domain.cfg \
			--keywords "deferred gettext_lazy" --add-location file --sort-by-file \
			--ignore-dirs "node_modules var .*" --output .venv/$$domain.pot . && \
		$(BABEL) -q update --domain $$domain --input-file .venv/$$domain.pot --output-dir digest/locale \
			--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 110 && \
		$(BABEL) -q compile --domain $$domain --directory digest/locale || exit 1; \
	done

train: $(RUNTIME) ## train the topic model and count stems again (TEST_DATA names the corpus and the labels)
	@PYTHON="$(PYTHON)" .ci/install requirements-train.txt
	$(BIN)/python -m digest.training.train --corpus "$(TEST_DATA)/corpus/papers.jsonl.gz" \
		--gold "$(TEST_DATA)/relevance/labels.jsonl"
	$(BIN)/python -m digest.training.stem_counts --corpus "$(TEST_DATA)/corpus/papers.jsonl.gz"

bench: $(DEVELOPMENT) ## measure beside peers (ARGS="--quick" takes some minutes; TEST_DATA names the corpus)
	@PYTHON="$(PYTHON)" .ci/install requirements-bench.txt
	@$(BIN)/python -m tests.bench $(ARGS)

release: ## make the release VERSION=x.y.z here: docs/releasing.md
	@.ci/release "$(VERSION)"

clean: ## remove .venv and caches; data (var/) stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
