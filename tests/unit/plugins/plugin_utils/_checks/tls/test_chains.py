# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A server that speaks TLS 1.3 and nothing older: what its certificates and protocols are judged
by, and what stays unknown.
"""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes import plan_tls
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.base import AuditContext
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509

NOW = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)
REFUSED, HELLO = (
    {"answer": "alert", "alert": "protocol_version"},
    {"answer": "hello", "version": "TLSv1.3"},
)
RETRY = {"answer": "hello", "retry": True}
SOUND = {
    "subject": "CN=mx1.example.org",
    "self_signed": False,
    "key_type": "ec",
    "key_bits": 256,
    "signature_hash": "sha256",
    "must_staple": False,
    "not_before": "2026-11-01T00:00:00+00:00",
    "not_after": "2026-12-31T00:00:00+00:00",
}


def judged(
    check: str,
    monkeypatch: pytest.MonkeyPatch,
    hellos: dict[str, t.Any] | None = None,
    **more: t.Any,
) -> str:
    """The status of a check. hellos: answers in TLS 1.3 without a kind of key; control: what TLS
    1.2 answered; python: 3.what the vantage has; alpn, leaf, issuer: what differs from a sound one.
    """
    monkeypatch.setattr(x509, "CRYPTOGRAPHY_IMPORT_ERROR", None)
    monkeypatch.setattr(
        x509, "certificate_facts", lambda der: {**SOUND, **more.get(der.decode(), {})}
    )
    job = _model.Job("mailstore_session", "mx1.example.org", "imaps", "192.0.2.25", 993, {})

    def seen(probe: str, facts: dict[str, t.Any], **params: t.Any) -> dict[str, t.Any]:
        return _model.observation(
            job._replace(probe=probe, params=params), facts, None, [], {"source": "198.51.100.1"}
        )

    shaken = {"version": "TLSv1.3", "trusted": True, "certificate": b"leaf".hex()}
    if more.get("python", 13) >= 13:
        shaken["chain"] = [b"issuer".hex()]
    entries = [
        seen("mailstore_session", {"greeting": "OK"}),
        seen("tls_trust", shaken),
        seen("client_hello", REFUSED, purpose=plan_tls.CONTROL, alpn=["http/1.1"]),
        seen("client_hello", more.get("control", REFUSED), purpose=plan_tls.CONTROL),
        seen("tls_alpn", more.get("alpn", {"version": "TLSv1.3"})),
    ]
    answers = (
        {"rsa": HELLO, "ecdsa": {"answer": "alert", "alert": "handshake_failure"}}
        if hellos is None
        else hellos
    )
    entries += [
        seen("client_hello", answer, purpose=plan_tls.MODERN_KEYS, without=[kind])
        for kind, answer in answers.items()
    ]
    scene = AuditContext(
        _model.target({"name": "mx1.example.org"}),
        tuple(entries),
        policy.policy(),
        NOW,
        ("192.0.2.25",),
    )
    return str(evaluate.evaluate(scene, evaluate.choose([check]))[0]["status"])


@pytest.mark.parametrize(
    ("check", "more", "wanted"),
    [
        ("certificate_strength", {}, PASS),
        ("certificate_strength", {"leaf": {"key_type": "rsa", "key_bits": 1024}}, FAIL),
        ("certificate_strength", {"issuer": {"signature_hash": "sha1"}}, FAIL),
        ("certificate_strength", {"python": 12}, UNKNOWN),
        # TLS 1.2, which may have another certificate, was not refused but not seen.
        ("certificate_strength", {"control": {}}, UNKNOWN),
        ("certificate_strength", {"control": {"answer": "hello", "version": "TLSv1.2"}}, UNKNOWN),
        ("certificate_staple", {"control": {}}, UNKNOWN),
        ("certificate_every_key", {"control": {}}, UNKNOWN),
        ("certificate_staple", {}, PASS),
        ("certificate_staple", {"leaf": {"must_staple": True}}, UNKNOWN),
        ("certificate_every_key", {}, PASS),
        ("certificate_every_key", {"hellos": {"rsa": HELLO, "ecdsa": HELLO}}, UNKNOWN),
        ("certificate_every_key", {"hellos": {"rsa": RETRY, "ecdsa": RETRY}}, UNKNOWN),
        ("certificate_every_key", {"hellos": {"rsa": REFUSED, "ecdsa": REFUSED}}, UNKNOWN),
        ("certificate_every_key", {"hellos": {}}, UNKNOWN),
        ("certificate_every_key", {"leaf": {"key_type": "ed25519"}}, UNKNOWN),
        ("certificate_every_key", {"python": 12}, UNKNOWN),
        ("tls_alpn_http_rejected", {}, PASS),
        ("tls_alpn_http_rejected", {"alpn": {"version": "TLSv1.3", "alpn": "http/1.1"}}, FAIL),
        (
            "tls_alpn_http_rejected",
            {"alpn": {"refused": "the TLS handshake failed: TLSV1_ALERT_NO_APPLICATION_PROTOCOL"}},
            PASS,
        ),
        ("tls_alpn_http_rejected", {"alpn": {"refused": "the TLS handshake failed: EOF"}}, UNKNOWN),
    ],
)
def test_tls_13_alone(
    check: str, more: dict[str, t.Any], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judged(check, monkeypatch, **more) == wanted
