#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""antsibull-docs over the documentation of plugins and roles, less the one thing on which it and we
differ.

It wants the default of a list of dictionaries to be one; ours is a template that reads a fact of
the host, as in `postfix_users: "{{ mail_users }}"`, and saying so is the documentation."""

from __future__ import annotations

import json
import re
import subprocess
import sys

COMMAND = (
    "antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", "--validate-collection-refs", "all",
    "--message-format", "json", ".",
)  # fmt: skip
TEMPLATE = re.compile(
    r"Value error, Invalid value '\{\{ [^']*' for \"default\[0\]\": unable to evaluate string"
)
CONSEQUENCE = "Did not return correct DOCUMENTATION"


def is_template_default(message: str) -> bool:
    errors = re.findall(r"Value error.*|Field required|Extra inputs.*|Input should.*", message)
    return bool(errors) and all(TEMPLATE.match(error) for error in errors)


def main() -> int:
    done = subprocess.run(COMMAND, capture_output=True, encoding="utf-8", check=False)
    if not done.stdout.startswith("{"):
        print(done.stdout, done.stderr)
        return 1
    messages = json.loads(done.stdout)["messages"]
    excused = {entry["path"] for entry in messages if is_template_default(entry["message"])}
    left = [
        entry
        for entry in messages
        if not is_template_default(entry["message"])
        and not (entry["message"] == CONSEQUENCE and entry["path"] in excused)
    ]
    for entry in left:
        print(f"{entry['path'].rpartition('/airtight/mail/')[2]}: {entry['message']}")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
