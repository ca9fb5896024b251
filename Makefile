# Every target sets up what it needs by itself; `make` alone lists them.

PYTHON ?= python3
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-uv.txt)
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/roottrust
UV := $(or $(shell command -v uv 2>/dev/null),$(TOOLS)/uv-$(UV_VERSION)/bin/uv)
BIN := .venv/bin
PY := $(BIN)/python
# What talks to Vault by itself. The hub's own tests run on both servers in `make prove`.
VAULT_TESTS := $(wildcard tests/integration/test_*vault*.py) tests/integration/test_policy_document.py \
  tests/integration/agent/test_agent_vault.py
# One more than the cores of a small machine: tests of real parts mostly wait.
LANES ?= 3
FIRST_RANGE := $(or $(TESTS_RANGE),80)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-pure test-hub test-others test-fleet test-pods prove lint bench image wheel sbom audit changelog release-check crds version docs down clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(UV) ## Install everything that the other targets use into .venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "roottrust needs Python 3.11 or newer, and $(PYTHON) is `$(PYTHON) -V 2>&1`: name another as in make PYTHON=python3.13." >&2; exit 1; }
	@$(UV) sync --locked --quiet --python $(PYTHON)
	@$(if $(filter setup,$(MAKECMDGOALS)),echo "✓ .venv is ready: `$(PY) -V`",:)

# uv where none is installed: in an environment of its own, outside the tree.
$(TOOLS)/uv-$(UV_VERSION)/bin/uv:
	@echo "installing uv $(UV_VERSION)"
	@$(PYTHON) -m venv --clear $(TOOLS)/uv-$(UV_VERSION) || { \
	  echo "Install Python's venv module first: Debian's package is python3-venv." >&2; exit 1; }
	@$(TOOLS)/uv-$(UV_VERSION)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-uv.txt

demo: setup ## Show it all on a real cluster and a real Vault (CHAPTER=rotate replaces the root, KEEP=1 leaves it up, CONTEXT=name uses your cluster)
	@$(PY) -m demo $(if $(KEEP),--keep) $(if $(CONTEXT),--context $(CONTEXT)) $(if $(CHAPTER),--chapter $(CHAPTER))

test: setup ## Run the tests, in three lanes side by side (LANES=1 with little memory)
	@$(MAKE) --no-print-directory --jobs=$(LANES) test-pure test-hub test-others test-fleet test-pods

# Whatever needs real parts mostly waits for what it looks at, and nothing is done by two lanes: each
# has networks of its own. The pure parts wait for nothing, and so take what the others leave.
test-pure:
	@echo "==> the pure parts"
	@nice $(PY) -m pytest tests/unit --quiet --cov=roottrust.domain --cov-report=term:skip-covered --cov-fail-under=95

test-hub:
	@echo "==> the hub with one cluster, on a real API server and a real Vault"
	@$(PY) -m pytest tests/integration/hub --ignore=tests/integration/hub/clusters --quiet

test-others: export TESTS_RANGE := $(shell expr $(FIRST_RANGE) + 6)
test-others:
	@echo "==> all but that, on a real API server and a real Vault"
	@$(PY) -m pytest tests/integration --ignore-glob='tests/integration/hub/test_*.py' --quiet
	@echo "==> pages in a real browser"
	@$(PY) -m pytest tests/browser --quiet
	@echo "==> what speaks Vault's API, on HashiCorp's Vault"
	@TESTS_VAULT=hashicorp $(PY) -m pytest $(VAULT_TESTS) --quiet

# These two have testbeds of different numbers, counted from the same one.
test-fleet test-pods: export TESTS_RANGE := $(shell expr $(FIRST_RANGE) + 12)
test-fleet:
	@echo "==> three clusters in pods, of one policy"
	@$(PY) -m pytest tests/e2e/fleet --quiet

test-pods:
	@echo "==> istiod, its workloads and the operator in pods"
	@$(PY) -m pytest tests/e2e --ignore=tests/e2e/fleet --quiet

prove: setup ## Run every test of real parts, the long matrices too, on both Vaults; write docs/faults.md and docs/rotation-proof.md
	@rm -rf dist/faults dist/rotations; code=0; \
	for server in openbao hashicorp; do \
	  echo "==> everything on $$server"; \
	  TESTS_VAULT=$$server $(PY) -m pytest tests/integration -v -m "not bench" || code=1; \
	  TESTS_VAULT=$$server $(PY) -m pytest tests/e2e --ignore=tests/e2e/fleet -v -m "not bench" || code=1; \
	  TESTS_VAULT=$$server $(PY) -m pytest tests/e2e/fleet -v -m "not bench" || code=1; \
	done; \
	$(PY) -m tests.faults_page && $(PY) -m tests.rotation_page && exit $$code

lint: setup ## Check style, types, layers and generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PY) -m roottrust.api.crdgen --check
	$(PY) -m roottrust.api.refgen --check
	$(PY) -m roottrust.runtime.settings_reference --check
	$(PY) -m roottrust.cli.metrics_reference --check
	$(PY) -m roottrust.cli.cli_reference --check
	$(PY) -m roottrust.cli.conditions_reference --check
	$(PY) -m tests.prometheus_rule --check
	$(PY) -m roottrust.cli.vault_policy.shipped --check
	$(PY) -m roottrust.runtime.chart_files --check
	$(PY) -m docsite --check
	$(PY) -m release.version --check
	$(PY) -m release.changelog --check

bench: setup ## Measure the hub's speed against a bare client's (N="50 200" or CLUSTERS="10 100" for one part with other counts, RECORD=1 for docs/benchmarks.md)
	@$(PY) -m tests.bench $(N) $(if $(CLUSTERS),--clusters $(CLUSTERS)) $(if $(RECORD),--record)

image: setup ## Build the image as pods of the tests run it, and print its size (docker build works as well)
	@$(PY) -m testbed image . localhost/roottrust:dev

version: setup ## Set the version in every place that names it (VERSION=1.2.3)
	@$(PY) -m release.version $(or $(VERSION),--check)

wheel: setup ## Build wheel, sdist and the chart's package into dist/, the same bytes wherever it is done
	@$(PY) -m release.build

sbom: setup ## Write what is in the image, and its licences: dist/sbom.cdx.json, dist/licences.md
	@$(PY) -m release.sbom

audit: setup ## Ask whether what uv.lock pins has known vulnerabilities; audit-exceptions.toml has those that we live with
	@$(PY) -m release.audit

changelog: setup ## Make the section of this version in CHANGELOG.md from changes/ (DRAFT=1 only shows it)
	@$(PY) -m release.changelog $(if $(DRAFT),--draft)

release-check: setup ## Run all that a release has to pass, and print a table (UPGRADE=1: the upgrade from the last tag as well)
	@$(PY) -m release $(if $(UPGRADE),--upgrade)

crds: setup ## Generate crds/, docs/reference/, deploy/vault/ and the chart's share from the code
	$(PY) -m roottrust.api.crdgen
	$(PY) -m roottrust.api.refgen
	$(PY) -m roottrust.runtime.settings_reference
	$(PY) -m roottrust.cli.metrics_reference
	$(PY) -m roottrust.cli.cli_reference
	$(PY) -m roottrust.cli.conditions_reference
	$(PY) -m tests.prometheus_rule
	$(PY) -m roottrust.cli.vault_policy.shipped
	$(PY) -m roottrust.runtime.chart_files

docs: setup ## Build the site of docs/ into dist/site; a link or an anchor that leads nowhere fails
	@$(PY) -m docsite

down: ## Take down what demo and tests left up; what is in use stays
	@if [ -x $(PY) ]; then $(PY) -m demo --down; fi
	@for state in $(wildcard /var/lib/roottrust-tests-*); do \
	  if [ -w $$state ]; then \
	    TESTBED_STATE=$$state TESTBED_RANGE=$${state##*-} flock -nE 0 /run/lock/$${state##*/} \
	      sh -c '$(PY) -m testbed down && rm -rf $$TESTBED_STATE' || exit 1; \
	  fi; \
	done

clean: down ## Take that down, and remove what was built in this tree
	@rm -rf .venv dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
