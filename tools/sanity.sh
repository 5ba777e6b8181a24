#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# sanity.sh VENV: ansible-test sanity with the ansible-core of this environment, on a copy of the working tree, since
# ansible-test wants a real directory .../ansible_collections/airtight/mail. No ignore files; a test that was skipped
# for want of a tool is a failure. Everything is written below .cache.
set -euo pipefail

venv=$PWD/$1
here=$PWD/tools
cache=$PWD/.cache/sanity/$(basename "$venv")
copy=$cache/ansible_collections/airtight/mail
interpreters=$PWD/.cache/python

if compgen -G "tests/sanity/ignore-*" >/dev/null; then
  echo "This collection needs no sanity ignore files: mend the code instead." >&2
  exit 1
fi

# Real interpreters by their names, and no shims that do not run.
mkdir -p "$interpreters" "$cache/home/.ansible/test/cache"
for version in 3.8 3.9 3.10 3.11 3.12 3.13 3.14; do
  if python=$("$here/find_python.sh" "$version"); then
    ln -sfn "$python" "$interpreters/python$version"
  fi
done
path=$(tr ':' '\n' <<<"$PATH" | grep -v '/shims$' | paste -sd:)

rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard --deduplicate |
  rsync --archive --from0 --files-from=- --ignore-missing-args ./ "$copy/"
git init --quiet "$copy" # else ansible-test asks the repository around it, which ignores .cache

cp "$here/get_pip.py" "$cache/home/.ansible/test/cache/get_pip_25_2.py"
cp "$here/get_pip.py" "$cache/home/.ansible/test/cache/get_pip_24_2.py"

cd "$copy"
export HOME=$cache/home PATH=$venv/bin:$interpreters:$path
status=0
ansible-test sanity --color no --venv "${@:2}" >"$cache/output" 2>&1 || status=$?
grep -E '^(WARNING|ERROR|FATAL|Running sanity)' "$cache/output" || cat "$cache/output"
if grep -iE '^WARNING: .*(skip|not found|missing|unable)' "$cache/output" | grep -v "on Python .* because it could not be found"; then
  echo "A sanity test was skipped, see the warnings above." >&2
  exit 1
fi
exit "$status"
