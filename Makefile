# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# Everything is made below .venv*, .cache and .lab; nothing is installed over your own ~/.ansible.
# make help lists the targets. V=1 shows what a step prints while it runs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHONS := 3.13 3.12 3.11
STEP := tests/tooling/step.sh
PLAYBOOK := .venv/bin/ansible-playbook

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export LC_ALL := C.UTF-8
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
export ANSIBLE_INJECT_FACT_VARS := false
export MOLECULE_GLOB := molecule/*/molecule.yml

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

##@ Environments
.PHONY: venv
venv: .venv/.stamp .venv-2.19/.stamp .cache/collections ## the environments of all the tools

.venv/.stamp: tests/requirements/dev.txt
	@$(STEP) venv tests/tooling/venv.sh .venv $< $(PYTHONS)

.venv-2.19/.stamp: tests/requirements/floor.txt
	@$(STEP) venv-2.19 tests/tooling/venv.sh .venv-2.19 $< $(PYTHONS)

.venv-galaxy/.stamp: tests/requirements/galaxy.txt
	@$(STEP) venv-galaxy tests/tooling/venv.sh .venv-galaxy $< $(PYTHONS)

.cache/collections:
	@tests/tooling/collections.sh

##@ Tests
.PHONY: test
test: venv .venv-galaxy/.stamp ## everything: lint, sanity, units, build, lab and Molecule
	@rm -rf .cache/result
	@$(MAKE) -k -j2 sanity lint units build
	@$(MAKE) molecule

.PHONY: lint
lint: .venv/.stamp .cache/collections ## ansible-lint (production), yamllint, ruff, mypy, changelog, generated docs
	@$(STEP) lint tests/tooling/lint.sh

.PHONY: sanity sanity-floor sanity-newest
sanity: sanity-floor sanity-newest ## ansible-test sanity on the oldest and the newest ansible-core, no ignore files

sanity-floor: .venv-2.19/.stamp
	@$(STEP) sanity-2.19 tests/tooling/sanity.sh .venv-2.19

sanity-newest: .venv/.stamp
	@$(STEP) sanity-newest tests/tooling/sanity.sh .venv

.PHONY: units
units: .venv/.stamp .cache/collections ## unit and structural tests
	@$(STEP) units .venv/bin/python -m pytest

.PHONY: build
build: .venv/.stamp .venv-galaxy/.stamp ## build the artefact, install it elsewhere, and import it as Galaxy would
	@$(STEP) build .venv/bin/python tests/tooling/build.py

.PHONY: molecule
molecule: .venv/.stamp .cache/collections ## the scenarios default and broken, in the lab
	@$(STEP) molecule-default .venv/bin/molecule test --scenario-name default
	@$(STEP) molecule-broken .venv/bin/molecule test --scenario-name broken

##@ Try it
.PHONY: lab lab-down demo bench
lab: .venv/.stamp .cache/collections ## throw-away mail hosts, a resolver and an outsider
	@$(PLAYBOOK) airtight.mail.lab

lab-down: .venv/.stamp .cache/collections ## remove the lab
	@$(PLAYBOOK) airtight.mail.lab --extra-vars lab_state=absent

demo: .venv/.stamp .cache/collections ## an ordinary mail server fails the audit, is hardened, and passes; KEEP=1 leaves it up
	@KEEP=$(KEEP) tests/demo/run

bench: .venv/.stamp .cache/collections ## speed, as ratios to other tools in one run
	@tests/bench/run

##@ Housekeeping
.PHONY: docs clean
docs: .venv/.stamp ## bring the generated parts of the documentation up to date
	@.venv/bin/python tests/tooling/update_docs.py

clean: ## remove everything that make made, except the lab
	@rm -rf .cache .venv .venv-2.19 .venv-galaxy .venv-3.8
