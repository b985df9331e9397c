# Deskwright's commands; `make help` lists them. All they need is GNU make (3.81 or newer) and
# Python 3.11, 3.12 or 3.13: everything else is installed below .venv/ and .tools/, from the
# lock files, and again only when those change.

DEMO  ?= cloudpc
USERS ?= 25
SPEED ?= 60
HOST  ?= embedded
SEED  ?= 7
N     ?=
# Each demonstration and each scenario has defaults of its own: only what was said counts.
CHOSEN = $(if $(filter-out file,$(origin USERS)),--users $(USERS)) $(if $(filter-out file,$(origin SPEED)),--speed $(SPEED))
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# The tests start some hundred processes of the same modules: each would compile them anew.
unexport PYTHONDONTWRITEBYTECODE

VENV   := .venv
PY     := $(VENV)/bin/python
PYTEST := $(PY) -m pytest
# The distributions of this repository, each before what needs it.
PACKAGES := packages/simulation_base packages/functions_host packages/azure_simulator cli
CODE   := function_app.py orchestrators activities triggers shared local deployment packages cli tests bench

# Three at a time, a file each: on two cores too, because tests also wait; none minds a neighbour. What waits for
# Azurite and for processes of its own is played by five, the longest files first (tests/ordering.py).
THREE  := -n 3 --dist loadfile
FIVE   := -n 5 --dist loadfile --no-loadscope-reorder

# What is fast and touches nothing; then what starts processes.
FAST_TESTS := tests/unit tests/properties tests/stories tests/replay tests/house tests/mutation tests/recipes tests/infra tests/deployment cli/tests
SLOW_TESTS := tests/local tests/integration tests/contract packages tests/worker

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- use ---------------------------------------------------------------------------------------

.PHONY: run
run: $(VENV)/installed .tools/azurite/installed portal/dist-local/index.html ## start the whole service with a demo tenant (DEMO=cloudpc|spot USERS=25 SPEED=60 HOST=embedded|func)
	@$(PY) -m local demo --demo $(DEMO) $(CHOSEN) --host $(HOST) --seed $(SEED)

.PHONY: services
services: $(VENV)/installed .tools/azurite/installed portal/dist-local/index.html ## start Azurite and the simulated cloud for func start, F5 or the embedded host
	@$(PY) -m local services

.PHONY: scenario
scenario: $(VENV)/installed .tools/azurite/installed ## play failure scenario N and report its outcome; without N list them (N=23)
	@$(if $(N),$(PY) -m local demo $(CHOSEN) --host $(HOST) --seed $(SEED) --scenario $(N) --once,$(PY) -m local scenarios)

.PHONY: bench
bench: $(VENV)/installed .tools/azurite/installed .tools/peers/installed .tools/browser/installed portal/dist-local/index.html ## measure performance: one line of JSON for each figure
	@$(PY) -m bench

.PHONY: figures
figures: $(VENV)/installed .tools/azurite/installed .tools/peers/installed .tools/browser/installed portal/dist-local/index.html ## measure the table of docs/performance.md, and write it with the date (an hour)
	@$(PY) -m bench.published

# ---- prove -------------------------------------------------------------------------------------

PARTS := types lint imports portal-check portal fast

.PHONY: check
check: $(VENV)/installed .tools/portal/installed ## run the fast half: format, lint, types, imports, fast tests, the portal (two minutes)
	@$(MAKE) --no-print-directory -j 2 $(PARTS)
	@echo "make check: all passed"

# What waits for a download does so while the parts of make check run.
.PHONY: test
test: $(VENV)/installed ## run all tests but those of make long (about 18 minutes; HOST=func for the end-to-end tests)
	@$(MAKE) --no-print-directory -j 3 .tools/worker/installed .tools/azurite/installed $(PARTS)
	@echo "make check: all passed"
	@DESKWRIGHT_E2E_HOST=$(HOST) $(PYTEST) $(SLOW_TESTS) tests/e2e $(FIVE) -m "not long" || { echo "make test: failed in the slow or end-to-end tests (above)" >&2; exit 1; }
	@echo "make test: all passed"

# The integration tests that make test plays on tables in memory are played on Azurite.
# The browser's tests run alone: Playwright keeps an event loop running in its process, and asyncio allows no second one.
.PHONY: long
long: $(VENV)/installed .tools/azurite/installed .tools/site/installed .tools/release/installed .tools/graph/installed .tools/graph-javascript/installed .tools/audit/installed .tools/az/installed .tools/browser/installed .tools/kusto/installed .tools/standard-webhooks/installed .tools/peers/installed portal/dist/index.html portal/dist-local/index.html ## run what takes minutes, and many examples of each property
	@export DESKWRIGHT_EXAMPLES=many DESKWRIGHT_E2E_HOST=$(HOST); failed=; \
	  $(PYTEST) $(THREE) --no-loadscope-reorder --ignore tests/browser -m "long or hypothesis" || failed=1; \
	  $(PYTEST) tests/browser -m "long or hypothesis" || failed=1; \
	  DESKWRIGHT_TABLES=azurite $(PYTEST) tests/integration $(THREE) -m "not long" || failed=1; \
	  [ -z "$$failed" ] || { echo "make long: failed (above)" >&2; exit 1; }

.PHONY: lint
lint: $(VENV)/installed ## check format and lint, and change nothing
	@$(PY) -m ruff format --quiet --check . || { echo "make lint: not formatted; 'make format' does it" >&2; exit 1; }
	@$(PY) -m ruff check . || { echo "make lint: ruff found the above" >&2; exit 1; }

.PHONY: types
types: $(VENV)/installed ## check the types
	@$(PY) -m mypy $(CODE) || { echo "make types: mypy found the above" >&2; exit 1; }

.PHONY: imports
imports: $(VENV)/installed ## check the import contracts
	@$(VENV)/bin/lint-imports --no-logo --no-cache > .venv/imports.log 2>&1 || { cat .venv/imports.log; echo "make imports: an import contract of pyproject.toml is broken (above)" >&2; exit 1; }

PORTAL := $(wildcard portal/*.* portal/build/* portal/public/*) $(shell find portal/src -type f ! -name schema.d.ts ! -name fields.ts ! -name regions.ts ! -name reads.ts 2> /dev/null)

.PHONY: portal
portal: portal/dist/index.html ## build the portal that a deployment contains, and compare it with its budgets

.PHONY: portal-check
portal-check: .tools/portal/installed ## check the portal's types, style, dead code, functions and components
	@$(PY) -m local.portal_bundle check

.PHONY: fast
fast: $(VENV)/installed ## run the fast tests only
	@$(PYTEST) $(FAST_TESTS) $(THREE) -m "not long" || { echo "make fast: failed in the fast tests (above)" >&2; exit 1; }

# ---- tend --------------------------------------------------------------------------------------

.PHONY: format
format: $(VENV)/installed ## format the code and apply the linter's safe fixes
	@$(PY) -m ruff check --quiet --fix . ; $(PY) -m ruff format .

.PHONY: openapi
openapi: $(VENV)/installed ## write docs/openapi.json, and what the command line knows of it, after a change of a route
	@$(PY) -m tests.unit.openapi.record
	@$(PY) -m cli.derive

.PHONY: infra
infra: $(VENV)/installed ## write what follows from infra/main.bicep; BICEP=<path>: format, lint and compile all of it
	@$(PY) -m tests.infra.parameters
	@test -z "$(BICEP)" || { $(PY) -m tests.infra.microsoft "$(BICEP)" && $(PY) -m tests.infra.parameters; }

COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(PY) -m uv --quiet pip compile --universal \
          --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade

.PHONY: lock
lock: $(VENV)/installed ## resolve the newest versions that pyproject.toml allows
	@$(COMPILE) pyproject.toml --output-file requirements.txt > /dev/null
	@$(COMPILE) pyproject.toml --group cli --group local --group dev --constraints requirements.txt --output-file requirements/dev.txt > /dev/null
	@$(COMPILE) --group node --output-file requirements/node.txt > /dev/null
	@$(COMPILE) --group graph --output-file requirements/graph.txt > /dev/null
	@$(COMPILE) --group audit --output-file requirements/audit.txt > /dev/null
	@$(COMPILE) --group release --output-file requirements/release.txt > /dev/null
	@$(COMPILE) --group site --output-file requirements/site.txt > /dev/null
	@$(COMPILE) --group az --output-file requirements/az.txt > /dev/null
	@$(COMPILE) --group peers --output-file requirements/peers.txt > /dev/null
	@$(COMPILE:3.11=3.13) pyproject.toml tests/worker/requirements.in --constraints requirements.txt --output-file requirements/worker.txt > /dev/null

# AUDIT: more options of pip-audit, such as --ignore-vuln <id>, or --osv-url <a mirror's address>.
LOCKS := requirements.txt $(wildcard requirements/*.txt)
AUDIT ?=

.PHONY: audit
audit: .tools/audit/installed ## compare every lock file with published advisories (asks osv.dev; AUDIT=<options>)
	@for lock in $(LOCKS); do .tools/audit/bin/python -m pip_audit --vulnerability-service osv --disable-pip --require-hashes \
	--progress-spinner off --requirement $$lock $(AUDIT) || { echo "make audit: $$lock (above)" >&2; failed=1; }; done; test -z "$$failed"

.PHONY: release
release: $(VENV)/installed .tools/release/installed portal/dist/index.html ## build the release of this commit into dist/, with checksums, bills of materials and licences
	@$(PY) -m local.release build

.PHONY: site
site: .tools/site/installed ## render the documents as a site below dist/site, with search; a broken link fails
	@$(PY) -m local.site_of_documents

.PHONY: clean
clean: ## remove runs, caches and everything installed
	@rm -rf .run .tools portal/node_modules portal/schema/node_modules portal/dist portal/dist-local dist $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- install -----------------------------------------------------------------------------------

# The first Python on the PATH that is new enough and really runs (a version manager's shim may not).
FIND_PYTHON = for p in "$$PYTHON" python3.11 python3.12 python3.13 python3; do \
	test -n "$$p" && "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2> /dev/null && \
	{ echo "$$p"; break; }; done

$(VENV)/installed: requirements/dev.txt $(PACKAGES:%=%/pyproject.toml)
	@python="$$($(FIND_PYTHON))"; \
	test -n "$$python" || { echo "make: Python 3.11, 3.12 or 3.13 is missing: none is on the PATH (PYTHON=/its/path names one)" >&2; exit 1; }; \
	test -x $(PY) || "$$python" -m venv $(VENV) > /dev/null 2>&1 || { rm -rf $(VENV); echo "make: '$$python -m venv' failed: its venv module is missing (Debian: apt-get install python3-venv)" >&2; exit 1; }; \
	echo "Installing Python packages ..."; \
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt > $(VENV)/install.log 2>&1 || \
	{ echo "make: pip could not install requirements/dev.txt: $$(grep -m 1 ERROR $(VENV)/install.log || tail -n 1 $(VENV)/install.log)" >&2; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation $(PACKAGES:%=--editable %) > $(VENV)/install.log 2>&1 || \
	{ echo "make: pip could not install packages/ and cli/: $$(grep -m 1 -i ERROR $(VENV)/install.log || tail -n 1 $(VENV)/install.log)" >&2; exit 1; }
	@touch $@

.tools/azurite/installed: local/package-lock.json local/node.py requirements/node.txt $(VENV)/installed
	@echo "Installing Azurite ..."
	@$(PY) -m local.azurite
	@touch $@

# A headless Chromium, and what looks for barriers in pages.
.tools/browser/installed: tests/browser/javascript/package-lock.json local/node.py | $(VENV)/installed
	@echo "Installing a browser ..."
	@$(PY) -m tests.browser.environment
	@touch $@

.tools/portal/installed: portal/package-lock.json portal/schema/package-lock.json local/node.py requirements/node.txt | $(VENV)/installed
	@echo "Installing the portal's packages ..."
	@$(PY) -m local.portal_bundle install
	@mkdir -p $(@D); touch $@

portal/dist/index.html: $(PORTAL) docs/openapi.json .tools/portal/installed
	@echo "Building the portal ..."
	@$(PY) -m local.portal_bundle build

portal/dist-local/index.html: $(PORTAL) docs/openapi.json .tools/portal/installed
	@echo "Building the portal ..."
	@$(PY) -m local.portal_bundle build-local

# Installs a lock file into an environment of its own, named like the target; $(1): what is installed.
define environment
@echo "Installing $(1) ..."
@$(PY) -m venv $(@D)
@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement $< > $(@D)/install.log 2>&1 || \
{ echo "make: pip could not install $<: $$(grep -m 1 ERROR $(@D)/install.log || tail -n 1 $(@D)/install.log)" >&2; exit 1; }
@touch $@
endef

# Microsoft's own Graph client, which the Graph-shaped routes have to satisfy.
.tools/graph/installed: requirements/graph.txt | $(VENV)/installed
	$(call environment,Microsoft's Graph client)

.tools/graph-javascript/installed: tests/graph_sdk/javascript/package-lock.json local/node.py | $(VENV)/installed
	@echo "Installing Microsoft's Graph client for JavaScript ..."
	@$(PY) -m tests.graph_sdk.environment
	@touch $@

# Kusto's language service, a judge of the queries of alerts and charts.
.tools/kusto/installed: tests/kusto/javascript/package-lock.json local/node.py | $(VENV)/installed
	@echo "Installing Kusto's language service ..."
	@$(PY) -m tests.kusto.environment
	@touch $@

# The library with which receivers verify webhooks, a judge of what is sent to them.
.tools/standard-webhooks/installed: tests/standard_webhooks/javascript/package-lock.json local/node.py | $(VENV)/installed
	@echo "Installing the library of Standard Webhooks for JavaScript ..."
	@$(PY) -m tests.standard_webhooks.environment
	@touch $@

# What compares the lock files with advisories.
.tools/audit/installed: requirements/audit.txt | $(VENV)/installed
	$(call environment,pip-audit)

# What renders the documents.
.tools/site/installed: requirements/site.txt | $(VENV)/installed
	$(call environment,Material for MkDocs)

# What writes the bill of materials of a release, and an environment that has what the app has on Azure.
.tools/release/installed: requirements/release.txt requirements.txt | $(VENV)/installed
	@echo "Installing cyclonedx-bom and the app's packages ..."
	@mkdir -p $(@D)
	@$(PY) -m venv .tools/release/sbom && $(PY) -m venv --without-pip .tools/release/app
	@.tools/release/sbom/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/release.txt > .tools/release/install.log 2>&1 && \
	.tools/release/sbom/bin/python -m pip --python .tools/release/app/bin/python install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements.txt > .tools/release/install.log 2>&1 || \
	{ echo "make: pip could not install what a release needs: $$(grep -m 1 ERROR .tools/release/install.log || tail -n 1 .tools/release/install.log)" >&2; exit 1; }
	@touch $@

# Microsoft's command-line client, a judge of the simulated cloud.
.tools/az/installed: requirements/az.txt | $(VENV)/installed
	$(call environment,az (some minutes))

# What bench/engine.py measures beside our host.
.tools/peers/installed: requirements/peers.txt | $(VENV)/installed
	$(call environment,durabletask)

# Microsoft's worker, the judge of tests/worker: without a Python 3.13 it says so, and its tests are skipped.
.tools/worker/installed: requirements/worker.txt | $(VENV)/installed
	@echo "Installing Microsoft's Functions worker ..."
	@$(PY) -m tests.worker.environment
