# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The options of the auditing tasks: what they take is what their documentation says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.action import (
    audit,
    mail_flows,
    relay_closed,
    tls_enforced,
)
from ansible_collections.airtight.mail.plugins.module_utils._survey import survey
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import action as _audit
from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

ACTIONS = {
    "audit": audit,
    "mail_flows": mail_flows,
    "relay_closed": relay_closed,
    "tls_enforced": tls_enforced,
}
COMPARED = ("type", "elements", "choices", "default", "required")


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The documented options of each module, fragments and all."""
    names = [f"airtight.mail.{name}" for name in (*ACTIONS, "probe_info")]
    folder = tmp_path_factory.mktemp("doc")
    done = run_ansible("doc", "--type", "module", "--json", *names, folder=folder)
    found = json.loads(done.stdout)
    return {name.rpartition(".")[2]: entry["doc"]["options"] for name, entry in found.items()}


def compared(options: dict[str, Any]) -> dict[str, Any]:
    """What an option is, without what is said of it; nested ones below it."""
    return {
        name: {
            **{key: option[key] for key in COMPARED if option.get(key) not in (None, False, [])},
            "options": compared(option.get("suboptions") or option.get("options") or {}),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", ACTIONS)
def test_options_of_an_action_are_its_argument_spec(documented: dict[str, Any], name: str) -> None:
    action = ACTIONS[name].ActionModule
    spec = _audit.AuditAction._spec(action.__new__(action))
    assert compared(documented[name]) == compared(spec)


def test_options_of_probe_info_are_those_of_a_survey(documented: dict[str, Any]) -> None:
    assert compared(documented["probe_info"]) == compared(survey.ARGUMENT_SPEC)
