# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What all evaluators share: the lines that a finding marks as decisive."""

from __future__ import annotations

import datetime
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, policy

REPORTS = Path(__file__).resolve().parents[5] / "plugins/plugin_utils/_report"
READ_PARAM = re.compile(r"""params["']?\]?(?:\[|\.get\()["'](\w+)["']""")
JOB = _model.Job("smtp_session", "mx1", "smtp", "192.0.2.25", 25, {})
LINES = [["C", "EHLO"], ["S", "250-mx1"], ["S", "250 AUTH"]]


@pytest.mark.parametrize(
    ("decisive", "marked"),
    [
        ((), ()),
        ((None, {"code": 250}), ()),
        (({"place": [1, 2]},), (1, 2)),
        ((0, -1), (0, 2)),
        ((3, 99, -4, -99), ()),
        (({"place": [2, 9]},), (2,)),
    ],
)
def test_finding_marks_lines_of_its_transcript_only(
    decisive: tuple[t.Any, ...], marked: tuple[int, ...]
) -> None:
    observation = _model.observation(JOB, {}, None, LINES, {})
    found = base.finding(_model.FAIL, "x", observation, decisive=decisive)
    assert found.decisive == marked


def test_finding_on_an_empty_transcript_marks_nothing() -> None:
    observation = _model.observation(JOB, {}, None, [], {})
    assert base.finding(_model.FAIL, "x", observation, decisive=(-1, 0)).decisive == ()


def test_finding_shows_the_parameters_that_reports_read_and_no_others() -> None:
    read = {
        name
        for path in REPORTS.glob("reproduce*.py")
        for name in READ_PARAM.findall(path.read_text(encoding="utf-8"))
    }
    assert read == set(base.SHOWN_PARAMS)


def test_finding_shows_no_other_parameter() -> None:
    params = {"server_name": "mx1.example.org", "account": "a@example.org", "password": "secret"}
    observation = _model.observation(JOB._replace(params=params), {}, None, LINES, {})
    found = base.finding(_model.FAIL, "x", observation)
    assert found.params == {"server_name": "mx1.example.org"}


def service_seen(source: str, kind: str, text: str) -> _model.Observation:
    """A session in which nothing was said."""
    job = _model.Job("smtp_session", "mx1.example.org", "smtp", "192.0.2.25", 25, {})
    return _model.observation(
        job, {}, {"kind": kind, "text": text}, [["*", text]], {"source": source}
    )


@pytest.mark.parametrize(
    ("source", "kind", "profile", "services", "status"),
    [
        ("", "connect_refused", "baseline", ["submission"], None),
        ("", "connect_refused", "baseline", [], None),
        ("", "connect_refused", "baseline", ["smtp"], _model.UNKNOWN),
        ("", "timeout", "baseline", ["submission"], None),
        ("", "timeout", "strict", ["submission"], _model.UNKNOWN),
        ("", "timeout", "baseline", [], _model.UNKNOWN),
        ("", "budget", "baseline", ["submission"], _model.UNKNOWN),
        *(
            ("203.0.113.66", kind, "baseline", ["submission"], _model.UNKNOWN)
            for kind in ("timeout", "busy", "closed", "tls", "exception", "budget")
        ),
    ],
)
def test_only_a_port_that_takes_no_connection_is_not_offered(
    source: str, kind: str, profile: str, services: list[str], status: str | None
) -> None:
    target = _target.target({"name": "mx1.example.org", "services": services})
    seen = service_seen(source, kind, "what happened")
    context = base.AuditContext(
        target,
        (seen,),
        policy.policy(profile),
        datetime.datetime.now(datetime.UTC),
        ("192.0.2.25",),
    )
    found = base.why_not_answered(context, seen)
    assert (found.status if found else None) == status
    if status and kind != "connect_refused":
        assert "what happened" in found.sentence  # type: ignore[union-attr]
