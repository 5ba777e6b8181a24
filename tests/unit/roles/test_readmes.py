# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The plays in READMEs and guides pass the preflight and bring along what their roles need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.filter.alias_errors import alias_errors
from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.mail import mail_errors
from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.settings import setting_problems
from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.types import input_errors

ROOT = Path(__file__).resolve().parents[3]
PREFIX = "airtight.mail."
FENCED = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
#: What each role needs that another one brings along; milters as they are by default.
NEEDED = {
    "dovecot": {"certificate"},
    "postfix": {"certificate", "dovecot", "opendkim", "spamassassin"},
}
DAEMONS = {
    "postfix_settings": "postfix",
    "dovecot_settings": "dovecot",
    "opendkim_settings": "opendkim",
    "spamassassin_settings": "spamassassin",
    "resolver_settings": "unbound",
}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def options_of(role: str) -> dict[str, Any]:
    spec = load(ROOT / f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]
    options: dict[str, Any] = spec["options"]
    return options


SHARED = options_of("common")
PLAYS = [
    (f"{path.relative_to(ROOT)}:{number}", play)
    for path in sorted(ROOT.glob("roles/*/README.md"))
    for number, text in enumerate(FENCED.findall(path.read_text(encoding="utf-8")), 1)
    for play in yaml.safe_load(text)
    if isinstance(play, dict) and "roles" in play
]


def roles_of(play: dict[str, Any]) -> list[dict[str, Any]]:
    """The roles of a play, each with the variables that stand beside it or below vars."""
    found = [{"role": role} if isinstance(role, str) else role for role in play["roles"]]
    return [{**role, **role.get("vars", {})} for role in found]


def values_of(play: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {**play.get("vars", {})}
    for role in roles_of(play):
        given |= role
    return given


def test_every_role_shows_a_play() -> None:
    shown = {name.split("/")[1] for name, _play in PLAYS}
    staged = {path.parents[1].name for path in ROOT.glob("roles/*/tasks/install.yml")}
    assert staged - shown == set()


@pytest.mark.parametrize(("name", "play"), PLAYS, ids=[name for name, _play in PLAYS])
def test_play_brings_along_what_its_roles_need(name: str, play: dict[str, Any]) -> None:
    present: set[str] = set()
    for role in roles_of(play):
        short = role["role"].removeprefix(PREFIX)
        needed = set(NEEDED.get(short, ()))
        if values_of(play).get("postfix_milters") == []:
            needed -= {"opendkim", "spamassassin"}
        assert needed <= present, f"{name}: {short}"
        present.add(short)


@pytest.mark.parametrize(("name", "play"), PLAYS, ids=[name for name, _play in PLAYS])
def test_play_passes_the_preflight_of_its_roles(name: str, play: dict[str, Any]) -> None:
    options = dict(SHARED)
    for role in roles_of(play):
        options |= options_of(role["role"].removeprefix(PREFIX))
    given = {key: value for key, value in values_of(play).items() if key in options or "_" in key}
    assert given.keys() - options.keys() == set(), name
    plain = {key: value for key, value in given.items() if not str(value).startswith("{{")}
    assert input_errors(plain, options) == []
    shared = {key: plain.get(key, spec["default"]) for key, spec in SHARED.items()}
    assert mail_errors(shared, [key for key in plain if key in SHARED]) == []
    if plain.get("mail_users"):
        postmaster = plain.get("postfix_postmaster", plain["mail_users"][0]["address"])
        assert alias_errors(shared, postmaster) == []
    for key, daemon in DAEMONS.items():
        assert setting_problems(plain.get(key, {}), daemon) == []
