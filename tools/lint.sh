#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# lint.sh: every linter that needs no host; all of them run, and one complaint is enough to fail.
set -uo pipefail
export MYPYPATH=.cache/collections

failed=()
check() {
  echo "--- $*"
  "$@" || failed+=("$1")
}

check yamllint --strict .
check ruff check --no-cache --output-format concise .
check mypy --package ansible_collections.airtight.mail.plugins
mapfile -t scripts < <(git grep --untracked -lE '^#!.*[/ ](ba)?sh$' -- .ci tests tools ':!*.j2')
check shellcheck "${scripts[@]}"
check antsibull-changelog lint
check antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml
check python tools/changelog.py --check
check python tools/update_docs.py --check
check antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck --validate-collection-refs all .
check ansible-lint --nocolor -q --format brief
if ((${#failed[@]})); then
  echo "Complaints by: ${failed[*]}" >&2
  exit 1
fi
