# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# Everything is made below .venv*, .cache and .lab; nothing is installed over your own ~/.ansible.
# make help lists the targets. V=1 shows what a step prints while it runs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHONS := 3.13 3.12 3.11
STEP := tools/step.sh
PLAYBOOK := .venv/bin/ansible-playbook

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export LC_ALL := C.UTF-8
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
export ANSIBLE_INJECT_FACT_VARS := false
export AIRTIGHT_LAB_DIR ?= $(CURDIR)/.lab
export MOLECULE_GLOB := molecule/*/molecule.yml

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

##@ Environments
.PHONY: venv
venv: .venv/.stamp .venv-2.19/.stamp .venv-galaxy/.stamp .cache/collections ## the environments of all the tools

# What runs playbooks is there in a third of the time; the rest of the tools come on top.
.venv/.run: requirements/run.txt
	@STAMP=.run $(STEP) venv-run tools/venv.sh .venv $< $(PYTHONS)

.venv/.stamp: requirements/dev.txt .venv/.run
	@$(STEP) venv tools/venv.sh .venv $< $(PYTHONS)

.venv-2.19/.stamp: requirements/floor.txt
	@$(STEP) venv-2.19 tools/venv.sh .venv-2.19 $< $(PYTHONS)

.venv-galaxy/.stamp: requirements/galaxy.txt
	@$(STEP) venv-galaxy tools/venv.sh .venv-galaxy $< $(PYTHONS)

.cache/collections:
	@tools/collections.sh

.venv-mutation/.stamp: requirements/mutation.txt
	@$(STEP) venv-mutation tools/venv.sh .venv-mutation $< $(filter-out 3.11,$(PYTHONS))

.venv-3.8/.stamp: requirements/oldest.txt
	@$(STEP) venv-3.8 tools/venv.sh .venv-3.8 $< 3.8

##@ Tests
.PHONY: test
test: venv ## everything: lint, sanity, units, fuzzer, build, the docs site, the report in a browser, the demo with other tools, Molecule, names, some of the zoo
	@rm -rf .cache/result
	@status=0; \
	$(MAKE) --keep-going --jobs=2 build lab-images lint units docsite || status=$$?; \
	$(MAKE) --keep-going --jobs=3 test-code test-lab test-second-lab || status=$$?; \
	exit $$status

# The steps of a lab mostly wait, so two labs are up at a time, and what only computes runs beside them.
.PHONY: test-code test-lab test-second-lab lab-images
test-code:
	@nice -n 19 $(MAKE) --keep-going --jobs=1 sanity browser fuzz FUZZ_CASES=$(or $(FUZZ_CASES),30000)

test-lab:
	@$(MAKE) --keep-going --jobs=1 proven molecule-default

test-second-lab:
	@tools/second_lab.sh $(MAKE) --keep-going --jobs=1 molecule-broken molecule-example names zoo-subset BROKEN=half

lab-images: .venv/.run .cache/collections
	@$(STEP) $@ $(PLAYBOOK) airtight.mail.lab --extra-vars lab_state=images

.PHONY: lint
lint: .venv/.stamp .cache/collections ## ansible-lint (production), yamllint, ruff, mypy, shellcheck, changelog, generated docs
	@$(STEP) lint tools/lint.sh

.PHONY: sanity sanity-floor sanity-newest
sanity: sanity-floor sanity-newest ## ansible-test sanity on the oldest and the newest ansible-core, no ignore files

sanity-floor: .venv-2.19/.stamp
	@$(STEP) sanity-2.19 tools/sanity.sh .venv-2.19

sanity-newest: .venv/.stamp
	@if .venv/bin/ansible-test --version | grep -q ' 2[.]19[.]'; then \
	  echo "sanity-newest: this Python takes no newer ansible-core than 2.19"; \
	else \
	  $(STEP) sanity-newest tools/sanity.sh .venv; \
	fi

.PHONY: units units-plugins units-roles units-floor units-oldest
units: units-plugins units-roles units-floor units-oldest ## unit and structural tests, on the oldest ansible-core and Python too

units-plugins: .venv/.stamp .cache/collections
	@$(STEP) $@ .venv/bin/python -m pytest tests/unit/plugins

units-roles: .venv/.stamp .cache/collections
	@$(STEP) $@ .venv/bin/python -m pytest tests/unit --ignore=tests/unit/plugins

# What imports nothing of Ansible runs as well under any ansible-core: tests/unit/repository/test_imports.py says so.
WITHOUT_ANSIBLE := module_utils servers plugin_utils/_checks plugin_utils/_dns
units-floor: .venv-2.19/.stamp .cache/collections
	@$(STEP) units-2.19 .venv-2.19/bin/python -m pytest tests/unit/plugins $(WITHOUT_ANSIBLE:%=--ignore=tests/unit/plugins/%)

units-oldest: .cache/collections
	@if tools/find_python.sh 3.8 >/dev/null; then \
	  $(MAKE) --silent .venv-3.8/.stamp && \
	  $(STEP) units-3.8 .venv-3.8/bin/python -m pytest -W "ignore:Python 3.8" tests/unit/plugins/module_utils; \
	else \
	  echo "units-3.8: there is no Python 3.8 here"; \
	fi

.PHONY: fuzz
fuzz: .venv/.stamp .cache/collections ## hostile servers: FUZZ_CASES (100,000) generated conversations; FUZZ_SEED=N plays others
	@PROGRESS='^fuzz:' $(STEP) fuzz .venv/bin/python -m pytest --hypothesis-seed=$(or $(FUZZ_SEED),5321) tests/fuzz

.PHONY: mutation-evaluators
mutation-evaluators: .venv-mutation/.stamp .cache/collections ## the code that decides critical and high checks is changed, place by place, and a unit test must fail; ONLY=relay/proof takes one file
	@PROGRESS='mutants|^SURVIVED|^Reason|^NOT TRIED|^FAILS|^  [-+] ' $(STEP) $@ .venv-mutation/bin/python tests/evaluator_mutation/mutate_evaluators.py $(ONLY)

.PHONY: browser
browser: .venv/.stamp .cache/collections ## the HTML report in Chromium, where there is one: axe-core, keyboard, 390 px, paper, speed
	@PROGRESS='^SKIPPED' $(STEP) browser tests/browser/run

.PHONY: build
build: .venv/.stamp .venv-galaxy/.stamp ## build the artefact, install it elsewhere, and import it as Galaxy would
	@$(STEP) build .venv/bin/python tools/build.py

.PHONY: docsite
docsite: .venv/.stamp ## build the documentation site into .cache/docsite/html; a warning is an error
	@$(STEP) docsite .venv/bin/python tools/docsite.py

# SCANNERS=nmap,swaks,sslyze,testssl-quick adds testssl.sh, which takes two minutes.
SCANNERS ?= nmap,swaks,sslyze
.PHONY: proven
proven: .venv/.run .cache/build/installed ## the demo with the built artefact; other scanners on its hosts before and after
	@ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/.cache/build/installed PROGRESS='^==|^   .*(matched|FAIL|now installs)' PEERS=$(SCANNERS) $(STEP) proven tests/demo/run

.cache/build/installed:
	@$(MAKE) build

.PHONY: molecule molecule-default molecule-broken
molecule: molecule-default molecule-broken ## the scenarios default and broken, in the lab; BROKEN=half audits each listener on one release

molecule-default molecule-broken: molecule-%: .venv/.stamp .cache/collections
	@PROGRESS='Execut|^CRITICAL|^ERROR|now installs' $(STEP) $@ tools/molecule.sh $*

.PHONY: molecule-example
molecule-example: .venv/.stamp .cache/collections ## the scenario of docs/guides/molecule.md, which verifies a role that is not ours
	@PROGRESS='Execut|^CRITICAL|^ERROR|now installs' $(STEP) $@ tests/integration/molecule_example/run

##@ Try it
INVENTORY ?= .lab/inventory.yml
REPORT ?= airtight-report/report.json
.PHONY: lab lab-down demo bench peers zoo zoo-subset names mutation reproduce
lab: .venv/.run .cache/collections ## throw-away mail hosts, a resolver and an external client
	@$(PLAYBOOK) airtight.mail.lab

lab-down: .venv/.run .cache/collections ## remove the lab
	@$(PLAYBOOK) airtight.mail.lab --extra-vars lab_state=absent

demo: .venv/.run .cache/collections ## insecure mail servers fail the audit, are hardened, and pass; KEEP=1 leaves them up, PEERS=1 runs other scanners too
	@KEEP=$(KEEP) PEERS=$(PEERS) tests/demo/run

peers: .venv/.run .cache/collections ## what nmap, swaks, sslyze and testssl.sh find in INVENTORY and the audit's REPORT does not have
	@tests/integration/other_scanners/run $(INVENTORY) lab_mail $(REPORT) --scanners nmap,swaks,sslyze,testssl

zoo: .venv/.run .cache/collections ## the audit and other scanners on real daemons with seeded misconfigurations; KEEP=1 leaves them up
	@KEEP=$(KEEP) tests/integration/mta_matrix/run

names: .venv/.run .cache/collections ## the audit on domains with one flaw each, in the lab's DNS, on a host of its own; KEEP=1 leaves it up
	@KEEP=$(KEEP) PROGRESS='^WRONG|^Checks that|evaluated wrongly' $(STEP) $@ tests/integration/dns_zones/run

zoo-subset: .venv/.run .cache/collections ## one target of each kind, of the daemons that start within a minute
	@SUBSET=1 PROGRESS='^zoo:' $(STEP) $@ tests/integration/mta_matrix/run

mutation: .venv/.run .cache/collections ## each setting of the roles is removed, and the check that it names must fail; SUBSET=1 takes one for each check
	@KEEP=$(KEEP) INVENTORY= tests/mutation/run $(if $(SUBSET),--subset)

reproduce: .venv/.stamp .cache/collections ## the command that a report gives for each check is run against a listener of molecule/broken; KEEP=1 leaves it up
	@KEEP=$(KEEP) PROGRESS='^NOT |^reproduce:' $(STEP) $@ tests/integration/reproduce/run

bench: .venv/.run .cache/collections ## speed, as ratios to other tools in one run
	@tests/benchmark/run

##@ Housekeeping
.PHONY: docs changelog clean record
record: .venv/.stamp .cache/collections ## record a fixture of CHECK from a host of INVENTORY; STATUS=fail, HOSTS=NAME and ORIGIN=TEXT choose and describe it
	@tools/record.py "$(CHECK)" "$(INVENTORY)" --hosts "$(or $(HOSTS),lab_mail)" --origin "$(ORIGIN)" $(if $(STATUS),--status $(STATUS))

docs: .venv/.stamp .cache/collections ## bring the generated parts of the documentation up to date
	@.venv/bin/python tools/update_docs.py

changelog: .venv/.stamp ## write CHANGELOG.md; RELEASE=1 turns the fragments into the entry of the version in galaxy.yml first
	@$(if $(RELEASE),.venv/bin/antsibull-changelog release --reload-plugins)
	@.venv/bin/python tools/changelog.py

clean: ## remove everything that make made, except the lab
	@rm -rf .cache .venv .venv-2.19 .venv-3.8 .venv-galaxy .venv-mutation
