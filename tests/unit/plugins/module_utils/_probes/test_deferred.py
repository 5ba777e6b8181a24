# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What was put off is asked again, that alone and once; a scout goes first."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._probes import deferred

LATER, DENIED, SOFT = (
    (450, "4.2.0 Greylisted, try again later"),
    (554, "5.7.1 Relay access denied"),
    (454, "4.7.1 Relay access denied"),
)


def seen(
    *replies: tuple[int, str] | None, service: str = "smtp", **more: t.Any
) -> dict[str, t.Any]:
    """A connection that asked for one recipient after the other and was given these replies."""
    recipients = [
        {"form": f"form{number}", "path": "<u@example.com>"} for number in range(len(replies))
    ]
    transactions = [
        {"helo": "", "sender_id": "stranger", "sender": "<s@example.com>", "recipients": recipients}
    ]
    attempts = [
        {
            "form": item["form"],
            "sender": "stranger",
            "helo": "",
            "phase": "rcpt",
            "reply": reply and {"code": reply[0], "text": reply[1]},
        }
        for item, reply in zip(recipients, replies)
    ]
    job = _model.Job(
        "relay",
        "mx1.example.org",
        service,
        "192.0.2.25",
        25,
        {"state": "clear", "transactions": transactions},
    )
    return {**_model.observation(job, {"attempts": attempts}, None, [], {}), **more}


def forms_of(job: _model.Job | None) -> list[str]:
    return (
        [item["form"] for entry in job.params["transactions"] for item in entry["recipients"]]
        if job
        else []
    )


def test_what_was_put_off_alone() -> None:
    job = deferred.retry_job(seen(LATER, DENIED, LATER, SOFT, None))
    assert forms_of(job) == ["form0", "form2"]
    assert job is not None
    assert job.params["retry"] is True
    assert job.params["state"] == "clear"


def test_nothing_where_nothing_was_put_off() -> None:
    assert deferred.retry_job(seen(DENIED, SOFT, None)) is None
    assert deferred.retry_job(seen(LATER, probe="delivery")) is None
    assert deferred.retry_job(session("smtp_session", mail_in_clear=OK, rcpt_in_clear=OK)) is None
    assert deferred.retry_job(session("smtp_conformance")) is None


OK, WAIT = (
    {"code": 250, "text": "2.1.0 Ok"},
    {"code": 450, "text": "4.2.0 Greylisted, try again later"},
)


def session(probe: str, **facts: t.Any) -> dict[str, t.Any]:
    return _model.observation(
        _model.Job(probe, "mx1.example.org", "smtp", "192.0.2.25", 25, {"helo": "c"}),
        facts,
        None,
        [],
        {},
    )


def test_sessions_are_asked_again_as_a_whole() -> None:
    for entry in (
        session("smtp_session", mail_in_clear=WAIT),
        session("smtp_session", mail_in_clear=OK, rcpt_in_clear=WAIT),
        session("smtp_conformance", mail=OK, rcpt={"postmaster": OK, "unknown": WAIT}),
        session("smtp_conformance", mail=WAIT),
    ):
        job = deferred.retry_job(entry)
        assert job is not None
        assert (job.probe, job.params) == (entry["probe"], {"helo": "c", "retry": True})


def test_a_later_session_stands_for_the_first() -> None:
    first, other, attempts = (
        session("smtp_session", mail_in_clear=WAIT),
        session("smtp_conformance", mail=OK),
        seen(LATER),
    )
    later, broken, more = (
        session("smtp_session", mail_in_clear=OK),
        {**first, "error": {"kind": "closed", "text": ""}},
        seen(DENIED),
    )
    assert deferred.merged([first, other, attempts], [later, more]) == [
        other,
        attempts,
        later,
        more,
    ]
    assert deferred.merged([first, other], [broken]) == [first, other]


def test_a_server_says_when_to_come_back() -> None:
    assert deferred.wait([seen(DENIED)]) == deferred.DELAY
    assert deferred.wait([seen(LATER), seen((450, "4.2.0 come back in 20 seconds"))]) == 20.0
    late = seen((450, "4.2.0 Greylisted for 300 seconds"))
    assert deferred.retry_job(late) is not None
    assert deferred.wait([late]) == 300.0


def test_each_endpoint_is_asked_by_itself() -> None:
    entries = [seen(LATER), seen(LATER, service="submission"), seen(LATER, LATER)]
    pairs = [(entry, job) for entry in entries for job in [deferred.retry_job(entry)] if job]
    assert deferred.by_endpoint(pairs) == [[pairs[0], pairs[2]], [pairs[1]]]


def test_a_scout_is_answered_by_more_than_a_delay() -> None:
    assert deferred.answered(seen(LATER, DENIED))
    assert not deferred.answered(seen(LATER, LATER))
    assert not deferred.answered(seen(DENIED, error={"kind": "closed", "text": "gone"}))
    assert not deferred.answered(seen())


TOO_MUCH = {"code": 450, "enhanced": "4.7.1", "text": "Error: too much mail"}
TAKEN = {"code": 250, "enhanced": "2.1.0", "text": "Ok"}


def test_a_domain_that_was_not_found_is_looked_for_once_more() -> None:
    def seen(enhanced: str) -> dict[str, t.Any]:
        ok, no = (
            {"code": 250, "enhanced": "2.1.0", "text": "ok"},
            {"code": 550, "enhanced": enhanced, "text": "Domain not found"},
        )
        job = _model.Job(
            "client_identity", "mx1", "smtp", "192.0.2.25", 25, {"parts": ["refused", "mixed"]}
        )
        return _model.observation(job, {"mixed": {"mail": ok, "local": no}}, None, [], {})

    again = deferred.retry_job(seen("5.1.8"))
    assert again is not None
    assert (again.params["parts"], again.params["retry"]) == (["mixed"], True)
    assert deferred.retry_job(seen("5.1.1")) is None
    first, second = seen("5.1.8"), seen("5.1.1")
    assert deferred.merged([first], [second]) == [first, second]


@pytest.mark.parametrize(
    ("refused", "mixed", "parts"),
    [
        ({"mail": TOO_MUCH}, {"mail": TAKEN, "local": TAKEN}, ["refused", "pipelined", "chunked"]),
        (
            {"mail": TAKEN, "rcpt": TOO_MUCH},
            {"mail": TAKEN, "local": TAKEN},
            ["refused", "pipelined", "chunked"],
        ),
        ({"mail": TAKEN, "rcpt": TAKEN}, {"mail": TOO_MUCH}, ["mixed"]),
        (
            {"mail": TAKEN, "rcpt": TOO_MUCH},
            {"mail": TOO_MUCH},
            ["refused", "mixed", "pipelined", "chunked"],
        ),
        ({"mail": TAKEN, "rcpt": TAKEN}, {"mail": TAKEN, "local": TAKEN}, None),
    ],
)
def test_deferred_parts_of_the_claims_are_asked_again(
    refused: dict[str, t.Any], mixed: dict[str, t.Any], parts: list[str] | None
) -> None:
    job = _model.Job("client_identity", "mx1", "smtp", "192.0.2.25", 25, {"parts": ["refused"]})
    seen = _model.observation(job, {"refused": refused, "mixed": mixed}, None, [], {})
    again = deferred.retry_job(seen)
    assert (again and again.params["parts"]) == parts
