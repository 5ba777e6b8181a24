#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# collections.sh: makes the working tree importable as a collection, without installing it over anybody's own copy.
set -euo pipefail

mkdir -p .cache/collections/ansible_collections/airtight .cache/ansible
ln -sfn "$PWD" .cache/collections/ansible_collections/airtight/mail
