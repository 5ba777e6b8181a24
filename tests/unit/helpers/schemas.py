# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The published schemas, which refer to one another."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import jsonschema
import referencing

FOLDER = Path(__file__).resolve().parents[3] / "docs/reference"


def errors(name: str, data: t.Any) -> list[str]:
    """Why some data are not such as the schema of this name says."""
    read = {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in FOLDER.glob("*.schema.json")
    }
    for one in read.values():
        jsonschema.Draft202012Validator.check_schema(one)
    resources = [(key, referencing.Resource.from_contents(one)) for key, one in read.items()]
    registry: referencing.Registry[t.Any] = referencing.Registry().with_resources(resources)
    validator = jsonschema.Draft202012Validator(read[f"{name}.schema.json"], registry=registry)
    return [error.message for error in validator.iter_errors(data)]
