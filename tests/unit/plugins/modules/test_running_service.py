# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A unit that fails keeps no other unit from what it needs."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.airtight.mail.plugins.module_utils._service.running import Step, Wanted
from ansible_collections.airtight.mail.plugins.module_utils._service.units import ServiceError
from ansible_collections.airtight.mail.plugins.modules import running_service

RELOAD = Step("reload", "changed since it read them: /etc/ssl/mail/fullchain.pem")


def run(
    units: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, t.Any]:
    """What the module returns; broken.service fails, and idle.service needs nothing."""

    def run_service(wanted: Wanted, *_arguments: object) -> list[Step]:
        if wanted.unit == "broken.service":
            raise ServiceError("broken.service did not reload.")
        return [] if wanted.unit == "idle.service" else [RELOAD]

    monkeypatch.setattr(running_service, "run_service", run_service)
    with patch_module_args({"name": units}), pytest.raises(SystemExit):
        running_service.main()
    returned: dict[str, t.Any] = json.loads(capsys.readouterr().out)
    return returned


def test_each_unit_is_looked_after_although_one_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(["first.service", "broken.service", "last.service"], monkeypatch, capsys)
    assert (found["failed"], found["changed"]) == (True, True)
    assert found["msg"] == "broken.service did not reload."
    assert [step["unit"] for step in found["steps"]] == ["first.service", "last.service"]


def test_a_failure_of_the_only_unit_changed_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(["broken.service"], monkeypatch, capsys)
    assert (found["failed"], found["changed"]) == (True, False)


def test_nothing_to_do_is_no_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(["idle.service", "idle.service"], monkeypatch, capsys)
    assert (found["changed"], found["steps"], "failed" in found) == (False, [], False)
