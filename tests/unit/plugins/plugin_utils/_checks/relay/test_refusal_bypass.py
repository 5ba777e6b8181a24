# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a server's word on a claim means: recorded scenes with other replies in them."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures/checks"
ADDRESS = "198.18.0.25"
TARGET = _model.target(
    {"name": "mx1.example.org", "addresses": [ADDRESS], "domains": ["example.org"]}
)
GONE = {"kind": "closed", "text": "the server closed the connection"}


def recorded(check: str, status: str = PASS) -> list[dict[str, t.Any]]:
    return list(
        json.loads((FIXTURES / (check + ".json")).read_text(encoding="utf-8"))[status][
            "observations"
        ]
    )


def status(check: str, observations: t.Sequence[dict[str, t.Any]], untrusted: bool = True) -> str:
    view = base.AuditContext(
        TARGET, tuple(observations), policy.policy(), evaluate.moment(), (ADDRESS,), untrusted
    )
    return str(evaluate.evaluate(view, evaluate.choose([check]))[0]["status"])


def changed(
    check: str, *path: str, to: t.Any, probe: str = "client_identity"
) -> list[dict[str, t.Any]]:
    """The scene that passes, with another fact in it; None takes it out and breaks the connection
    off.
    """
    seen = copy.deepcopy(recorded(check))
    for entry in seen:
        if entry["probe"] == probe:
            at = entry["facts"]
            for name in path[:-1]:
                at = at.get(name, {})
            if to is None:
                at.pop(path[-1], None)
                entry["error"] = GONE
            else:
                at[path[-1]] = to
    return seen


def reply(code: int, text: str = "x") -> dict[str, t.Any]:
    return {"code": code, "enhanced": "", "text": text}


@pytest.mark.parametrize("check", ["relay_xclient", "relay_xforward"])
@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (reply(220), FAIL),
        (reply(250), FAIL),
        (reply(550), PASS),
        (reply(502), PASS),
        (reply(501), UNKNOWN),
        (reply(451), UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_claims(check: str, said: t.Any, wanted: str) -> None:
    assert status(check, changed(check, check[len("relay_") :], to=said)) == wanted


@pytest.mark.parametrize(
    "check",
    [
        "relay_xclient",
        "relay_xforward",
        "relay_proxy_header",
        "relay_client_certificate",
        "relay_data_path",
        "relay_subdomains",
        "relay_parameters",
        "relay_after_cancelled_login",
    ],
)
def test_what_is_taken_from_where_we_may_be_trusted_proves_nothing(check: str) -> None:
    near = [
        {**seen, "vantage": {**seen["vantage"], "on_link": True}} for seen in recorded(check, FAIL)
    ]
    assert status(check, near, False) == UNKNOWN
    assert status(check, near) == FAIL


@pytest.mark.parametrize(
    ("path", "said", "wanted"),
    [
        (("refused", "data"), reply(250), FAIL),
        (("refused", "data"), reply(354), UNKNOWN),
        (("refused", "data"), None, UNKNOWN),
        (("refused", "rcpt"), reply(250), UNKNOWN),
        (("refused", "rcpt"), reply(450, "Greylisted, try again later"), UNKNOWN),
        (("refused",), None, UNKNOWN),
        (("mixed", "rcpt"), reply(250), FAIL),
        (("mixed", "local"), reply(450), UNKNOWN),
        (("mixed",), None, UNKNOWN),
        (("pipelined", "rcpt"), reply(250), FAIL),
        (("pipelined", "bdat"), reply(250), FAIL),
        (("pipelined", "bdat"), None, UNKNOWN),
        (("pipelined",), None, UNKNOWN),
        (("refused", "data"), reply(503), PASS),
    ],
)
def test_ways_round_a_refusal(path: tuple[str, ...], said: t.Any, wanted: str) -> None:
    assert status("relay_data_path", changed("relay_data_path", *path, to=said)) == wanted


def test_a_refused_sender_leaves_nothing_to_get_round() -> None:
    login = {"mail": reply(530, "5.7.0 Authentication required")}
    assert status("relay_data_path", changed("relay_data_path", "refused", to=login)) == PASS


@pytest.mark.parametrize(
    ("path", "said", "wanted"),
    [
        (("cancelled", "end"), reply(235), FAIL),
        (("cancelled", "end"), None, UNKNOWN),
        (("cancelled",), None, UNKNOWN),
        (("refused",), None, UNKNOWN),
        (("refused", "rcpt"), reply(450, "Greylisted, try again later"), UNKNOWN),
    ],
)
def test_a_login_that_was_called_off(path: tuple[str, ...], said: t.Any, wanted: str) -> None:
    assert (
        status(
            "relay_after_cancelled_login", changed("relay_after_cancelled_login", *path, to=said)
        )
        == wanted
    )


def test_no_login_is_called_off_where_none_is_offered() -> None:
    assert status("relay_after_cancelled_login", recorded("relay_xclient")) == NOT_APPLICABLE


@pytest.mark.parametrize(
    ("facts", "error", "wanted"),
    [
        ({"sent": "x", "greeting": reply(220), "header": reply(500)}, None, PASS),
        ({"sent": "x", "greeting": reply(554)}, None, PASS),
        ({"sent": "x"}, GONE, PASS),
        ({"sent": "x", "greeting": reply(421)}, None, UNKNOWN),
        ({"sent": "x"}, {"kind": "timeout", "text": "no whole answer"}, UNKNOWN),
        ({}, GONE, UNKNOWN),
        ({"sent": "x", "greeting": reply(220), "ehlo": reply(250), "extensions": {}}, None, FAIL),
    ],
)
def test_headers(facts: dict[str, t.Any], error: t.Any, wanted: str) -> None:
    seen = [
        {**entry, "facts": facts, "error": error} if entry["probe"] == "proxy_header" else entry
        for entry in recorded("relay_proxy_header")
    ]
    assert status("relay_proxy_header", seen) == wanted


def test_a_header_that_was_not_sent() -> None:
    (session, _proxy) = recorded("relay_proxy_header")
    assert status("relay_proxy_header", [session]) == UNKNOWN
    assert (
        status("relay_proxy_header", [{**session, "service": "submissions", "port": 465}])
        == NOT_APPLICABLE
    )


@pytest.mark.parametrize(
    ("tls", "error", "wanted"),
    [
        ({"certificate_requested": False}, None, NOT_APPLICABLE),
        ({"certificate_requested": True}, None, UNKNOWN),
        ({}, None, UNKNOWN),
        (
            {"certificate_requested": True},
            {"kind": "tls", "text": "TLS broke: TLSV1_ALERT_UNKNOWN_CA"},
            PASS,
        ),
        (
            {"certificate_requested": True},
            {"kind": "tls", "text": "TLS broke: UNEXPECTED_EOF_WHILE_READING"},
            UNKNOWN,
        ),
        ({"certificate_requested": True}, GONE, UNKNOWN),
    ],
)
def test_certificates(tls: dict[str, t.Any], error: t.Any, wanted: str) -> None:
    session, shown = recorded("relay_client_certificate")
    session = {**session, "facts": {**session["facts"], "tls": tls}}
    lost = [{**shown, "facts": {"attempts": []}, "error": error}] if error else []
    assert status("relay_client_certificate", [session, *lost]) == wanted


@pytest.mark.parametrize(("code", "wanted"), [(501, UNKNOWN), (555, UNKNOWN), (554, PASS)])
def test_a_parameter_that_was_not_understood_was_not_tried(code: int, wanted: str) -> None:
    seen = copy.deepcopy(recorded("relay_parameters"))
    for entry in seen:
        for attempt in entry["facts"].get("attempts", ()):
            if attempt["sender"] == "body_8bitmime":
                attempt["reply"]["code"] = code
    assert status("relay_parameters", seen) == wanted


def test_nothing_to_say_beside_an_address() -> None:
    session = recorded("relay_parameters")[0]
    session = {
        **session,
        "facts": {
            **session["facts"],
            "extensions": {"STARTTLS": ""},
            "extensions_tls": {"PIPELINING": ""},
        },
    }
    assert status("relay_parameters", [session]) == NOT_APPLICABLE


def test_subdomains_where_everybody_is_taken() -> None:
    seen = copy.deepcopy(recorded("relay_subdomains", FAIL))
    for entry in seen:
        for attempt in entry["facts"].get("attempts", ()):
            attempt["reply"] = reply(250)
    assert status("relay_subdomains", seen) == UNKNOWN
