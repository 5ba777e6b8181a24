# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""docs/reference/mail_variables.md, from the specification of the role common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import yaml
from checks_doc import GENERATED, ROOT, File, table

INTRODUCTION = """\
Several roles read these variables. Set them for a host or a group of the inventory. The role
`common` holds their one specification and their defaults, and every role depends on it.
"""
Rows = Callable[[dict[str, Any]], Iterator[tuple[str, ...]]]


def readers(name: str) -> list[str]:
    """The roles whose files use the variable."""
    files = (
        path
        for part in ("tasks", "templates", "vars")
        for path in ROOT.glob(f"roles/*/{part}/**/*.*")
    )
    roles = {
        path.relative_to(ROOT / "roles").parts[0]
        for path in files
        if name in path.read_text(encoding="utf-8")
    }
    return sorted(roles - {"common"})


def mail_variables_page(option_rows: Rows) -> Iterator[File]:
    """The page. option_rows: the rows of the options of an argument specification."""
    specification = yaml.safe_load(
        (ROOT / "roles/common/meta/argument_specs.yml").read_text(encoding="utf-8")
    )
    options = specification["argument_specs"]["main"]["options"]
    variables = table(("Variable", "Type", "Default", "Meaning"), list(option_rows(options)))
    read_by = table(
        ("Variable", "Read by the roles"),
        [(f"`{name}`", ", ".join(readers(name))) for name in options],
    )
    page = f"# Shared variables\n\n{GENERATED}\n\n{INTRODUCTION}\n{variables}\n{read_by}"
    yield ROOT / "docs/reference/mail_variables.md", page
