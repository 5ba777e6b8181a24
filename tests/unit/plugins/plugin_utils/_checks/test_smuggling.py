# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What replies before and after the end of a message mean, in every shape that they come in."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes import smuggling as smuggle
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

NOW = evaluate.moment("2026-11-22T22:00:00+00:00")
TARGET = _model.target({"name": "mx1.example.org", "domains": ["example.org"]})
VANTAGE = {"source": "192.0.2.1", "same_host": False, "loopback": False, "on_link": False}
CLOSED = {"kind": "closed", "text": "the server closed the connection"}


def reply(code: int, text: str = "x") -> dict[str, t.Any]:
    return {"code": code, "enhanced": "", "text": text}


def observed(
    probe: str, facts: dict[str, t.Any], error: t.Any = None, **params: t.Any
) -> dict[str, t.Any]:
    job = _model.Job(probe, TARGET.name, "smtp", "192.0.2.25", 25, params)
    return _model.observation(job, facts, error, [], {"vantage": VANTAGE, "source": "192.0.2.1"})


def judged(checked: str, *seen: dict[str, t.Any], on_link: bool = False) -> str:
    session = observed("smtp_session", {"greeting": reply(220)})
    session["vantage"] = {**VANTAGE, "on_link": on_link}
    view = base.AuditContext(
        TARGET, (session, *seen), policy.policy(), NOW, ("192.0.2.25",), False, ("smuggle",)
    )
    return _model.worst(found.status for found in evaluate.choose([checked])[0].evaluate(view))


def alone(facts: dict[str, t.Any], error: t.Any = None, on_link: bool = False) -> str:
    """The verdict where the first variant was asked alone with this outcome, and the others were
    silent.
    """
    silent = {
        "variants": dict.fromkeys(smuggle.BARE_LF),
        "end": reply(554, "loop"),
        "quit": reply(221),
    }
    return judged(
        "smuggling_bare_lf",
        observed("smuggle", silent, variants=list(smuggle.BARE_LF)),
        observed("smuggle", facts, error, variants=["LF . LF"], retry=True),
        on_link=on_link,
    )


SILENT: dict[str, t.Any] = {"variants": {"LF . LF": None}}


@pytest.mark.parametrize(
    ("facts", "error", "wanted"),
    [
        ({**SILENT, "end": reply(554), "quit": reply(221)}, None, PASS),
        ({**SILENT, "end": reply(250), "quit": reply(221)}, None, PASS),
        ({**SILENT, "end": reply(550, "bare <LF> received"), "quit": None}, None, PASS),
        ({**SILENT, "end": reply(554), "quit": reply(500)}, None, FAIL),
        ({**SILENT, "end": reply(554), "quit": reply(421)}, None, UNKNOWN),
        ({**SILENT, "end": reply(554), "quit": None}, None, UNKNOWN),
        (SILENT, CLOSED, UNKNOWN),
        ({}, CLOSED, UNKNOWN),
        ({"variants": {}, "refused": {"command": "DATA", "reply": reply(451)}}, None, UNKNOWN),
        ({"variants": {"LF . LF": reply(554)}, "next": reply(250)}, None, FAIL),
        ({"variants": {"LF . LF": reply(250)}, "next": None}, None, FAIL),
        ({"variants": {"LF . LF": reply(554, "loop")}, "next": None}, None, FAIL),
        ({"variants": {"LF . LF": reply(554, "Go away")}, "next": None}, None, PASS),
        (
            {
                "variants": {"LF . LF": reply(421, "4.5.0 Bare linefeed (LF) not allowed")},
                "next": None,
            },
            None,
            PASS,
        ),
        ({"variants": {"LF . LF": reply(421, "Timeout")}, "next": None}, None, UNKNOWN),
        ({"variants": {"LF . LF": reply(554)}}, CLOSED, UNKNOWN),
    ],
)
def test_one_variant(facts: dict[str, t.Any], error: t.Any, wanted: str) -> None:
    assert alone(facts, error) == wanted


def test_a_client_that_may_be_excepted_proves_nothing_bad() -> None:
    assert alone({"variants": {"LF . LF": reply(554)}, "next": reply(250)}, on_link=True) == UNKNOWN


@pytest.mark.parametrize(
    ("codes", "error", "wanted"),
    [
        ([554, 250, 250, 354], None, FAIL),
        ([554, 250, 250, 503], None, PASS),
        ([554, 554], None, PASS),
        ([250], CLOSED, UNKNOWN),
        ([554, 250, 450, 451], None, UNKNOWN),
        ([], CLOSED, UNKNOWN),
    ],
)
def test_a_second_message(codes: list[int], error: t.Any, wanted: str) -> None:
    assert (
        judged(
            "smuggling_sync",
            observed("smuggle_sync", {"replies": [reply(code) for code in codes]}, error),
        )
        == wanted
    )


def test_a_second_message_after_which_the_server_left() -> None:
    assert (
        judged(
            "smuggling_sync", observed("smuggle_sync", {"replies": [reply(554)], "closed": True})
        )
        == PASS
    )
    assert (
        judged(
            "smuggling_sync",
            observed("smuggle_sync", {"replies": [reply(554), reply(421)], "closed": True}),
        )
        == UNKNOWN
    )
