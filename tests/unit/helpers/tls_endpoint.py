# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Observations of one TLS endpoint, given as facts or made by a probe that is played, and the
verdict on them.
"""

from __future__ import annotations

import struct
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import registry
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, Item, play

if t.TYPE_CHECKING:
    import pytest

ADDRESS = "192.0.2.25"
TAG = "0123abcd"
TARGET = _target.target({"name": "mx1.example.org", "addresses": [ADDRESS]})
NOW = "2026-11-26T06:00:00+00:00"
#: What a TLS handshake of a played probe comes to.
TLS13: dict[str, t.Any] = {
    "version": "TLSv1.3",
    "cipher": "TLS_AES_256_GCM_SHA384",
    "certificate": b"leaf".hex(),
    "early_bytes": 0,
}
#: What a server sends up to the point where TLS may begin.
UP_TO_TLS: dict[str, list[Item]] = {
    "smtp": [b"220 mx1\r\n", b"250-mx1\r\n250 STARTTLS\r\n", b"220 go\r\n"],
    "imap": [b"* OK hi\r\n", b"t1 OK go\r\n"],
    "imaps": [],
    "pop3s": [],
    "submissions": [],
}
_PARAMS: dict[str, t.Any] = {
    "helo": "probe.example.net",
    "server_name": TARGET.name,
    "tag": TAG,
    "sender": "<a@example.com>",
    "recipient": "<postmaster@example.org>",
    "unknown": "nobody@example.org",
    "max_version": "TLSv1.2",
    "suites": ["good"],
}


def observe(
    probe: str,
    service: str,
    facts: dict[str, t.Any],
    transcript: t.Sequence[t.Sequence[str]] = (),
    error: dict[str, str] | None = None,
    address: str = ADDRESS,
    **params: t.Any,
) -> dict[str, t.Any]:
    """An observation with these facts."""
    row = _model.SERVICES[service]
    known = {"protocol": row.protocol, "implicit_tls": row.implicit_tls, "tag": TAG, **params}
    job = _model.Job(probe, TARGET.name, service, address, row.port, known)
    lines = [list(line) for line in transcript]
    return _model.observation(job, facts, error, lines, {"source": "203.0.113.66"})


def played(probe: str, service: str, script: t.Sequence[Item], **params: t.Any) -> dict[str, t.Any]:
    """The observation of a probe that a script answers, then closes; the scan notes an error."""
    row = _model.SERVICES[service]
    known = {**_PARAMS, "protocol": row.protocol, "implicit_tls": row.implicit_tls, **params}
    result = play(registry.PROBES[probe], known, [*script, EOF, EOF])
    error = result.error and {"kind": result.error.kind, "text": result.error.text}
    transcript = [*result.transcript, *([["*", error["text"]]] if error else [])]
    return observe(probe, service, result.facts, transcript, error, **known)


def series(
    service: str,
    name: str,
    *questions: tuple[str, str, bytes | dict[str, t.Any]],
    known_version: str = "TLSv1.2",
    controls: bool = True,
) -> list[dict[str, t.Any]]:
    """A series of ClientHellos, each between two controls that were answered.

    questions: purpose, highest version, and the answer on the wire or its facts.
    """
    found: list[dict[str, t.Any]] = []
    asked = [entry for question in questions for entry in (question, None)]
    for turn, entry in enumerate([None, *asked]):
        purpose, version, answer = entry or ("repeated_control", known_version, server_hello())
        params = {
            "purpose": purpose,
            "max_version": version,
            "series": name,
            "turn": turn,
            "step": turn // 2,
            "known_version": known_version,
        }
        if isinstance(answer, dict):
            found.append(observe("client_hello", service, answer, [["*", "hello"]], **params))
        elif entry or controls:
            up_to_tls = "smtp" if service == "submission" else service
            script = [*UP_TO_TLS[up_to_tls], answer]
            found.append(played("client_hello", service, script, **params))
    return found


def old_versions(service: str, answer: bytes, **how: t.Any) -> list[dict[str, t.Any]]:
    """The series about versions, each answered alike."""
    asked = [("legacy_versions", name, answer) for name in ("TLSv1.1", "TLSv1", "SSLv3", "SSLv2")]
    return series(service, "versions", *asked, **how)


def weak_suites(service: str, *answers: bytes, **how: t.Any) -> list[dict[str, t.Any]]:
    """The series about suites of TLS 1.2, with an answer for each of its questions."""
    return series(
        service, "TLSv1.2", *[("weak_suites", "TLSv1.2", answer) for answer in answers], **how
    )


def no_tls12(
    service: str, answer: bytes | dict[str, t.Any], **how: t.Any
) -> list[dict[str, t.Any]]:
    """The answer to TLS 1.2 between controls of TLS 1.3."""
    asked = ("legacy_versions", "TLSv1.2", answer)
    return series(service, "versions", asked, known_version="TLSv1.3", **how)


def context(*observations: dict[str, t.Any], rules: str = "baseline") -> base.AuditContext:
    """What an evaluator reads of the usual target with some observations."""
    return base.AuditContext(
        TARGET, observations, policy.policy(rules), evaluate.moment(NOW), TARGET.addresses, True
    )


def verdict(
    check: str, *observations: dict[str, t.Any], rules: str = "baseline"
) -> dict[str, t.Any]:
    """The verdict of a check on some observations."""
    seen = context(*observations, rules=rules)
    return evaluate.evaluate(seen, evaluate.choose([check]))[0]


def status(check: str, *observations: dict[str, t.Any], rules: str = "baseline") -> str:
    """The status of a check on some observations."""
    return str(verdict(check, *observations, rules=rules)["status"])


def decisive(
    check: str, *observations: dict[str, t.Any], rules: str = "baseline"
) -> tuple[str, list[str]]:
    """The status of a check, and the lines of the transcript that decided it."""
    result = verdict(check, *observations, rules=rules)
    evidence = result["evidence"][0]
    lines = [" ".join(evidence["transcript"][index]) for index in evidence["decisive"]]
    return result["status"], lines


def server_hello(suite: int = 0xC02B, version: int = 0x0303, *more: bytes) -> bytes:
    """A ServerHello with the extensions that every check wants, and further messages, in a record.

    A later message of another kind, such as a certificate, follows it.
    """
    extensions = struct.pack("!HHB", 0xFF01, 1, 0) + struct.pack("!HH", 23, 0)
    return hello_with(extensions, suite, version, *more)


def hello_with(extensions: bytes, suite: int, version: int, *more: bytes) -> bytes:
    """A ServerHello with these extensions, and further messages, in a record."""
    body = struct.pack("!H", version) + b"r" * 32 + b"\0" + struct.pack("!HB", suite, 0)
    body += struct.pack("!H", len(extensions)) + extensions
    payload = message(2, body) + b"".join(more)
    return struct.pack("!BHH", 22, min(version, 0x0303), len(payload)) + payload


def message(kind: int, body: bytes) -> bytes:
    """A handshake message."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def certificates(*chain: bytes) -> bytes:
    """The message Certificate of TLS 1.2, and the end of the server's messages."""
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
    return message(11, len(listed).to_bytes(3, "big") + listed) + DONE


DONE = message(14, b"")
#: The refusal of a ClientHello: a fatal alert protocol_version.
ALERT = b"\x15\x03\x01\x00\x02\x02\x46"


def dhe(bits: int) -> bytes:
    """The message ServerKeyExchange of TLS 1.2 with a prime of that size, and the end."""
    size = bits // 8
    number = struct.pack("!H", size) + b"\x80" + bytes(size - 1)
    return message(12, number * 3 + b"\x08\x04\0\2si") + DONE


def ecdhe(group: int) -> bytes:
    """The message ServerKeyExchange of TLS 1.2 with a named group, and the end."""
    point = b"\x20" + b"p" * 32
    return message(12, b"\3" + struct.pack("!H", group) + point + b"\x04\x03\0\2si") + DONE


#: The facts of a certificate that no check objects to.
VALID: dict[str, t.Any] = {
    "subject": f"CN={TARGET.name}",
    "self_signed": False,
    "key_type": "ec",
    "key_bits": 256,
    "signature_hash": "sha256",
    "must_staple": False,
    "key_identifiers": True,
    "not_before": "2026-11-01T00:00:00+00:00",
    "not_after": "2026-12-31T00:00:00+00:00",
    "names": [TARGET.name],
    "addresses": [],
    "spki_sha256": "",
}


def with_certificates(patch: pytest.MonkeyPatch, **differences: dict[str, t.Any]) -> None:
    """Have the evaluators read short names as certificates: valid ones, but for the differences."""

    def facts(der: bytes) -> dict[str, t.Any]:
        return {**VALID, "spki_sha256": der.decode(), **differences.get(der.decode(), {})}

    patch.setattr(x509, "CRYPTOGRAPHY_IMPORT_ERROR", None)
    patch.setattr(x509, "certificate_facts", facts)


def with_unreadable(patch: pytest.MonkeyPatch, name: str) -> None:
    """Have the evaluators fail to read the certificate of this name only."""
    read = x509.certificate_facts

    def facts(der: bytes) -> dict[str, t.Any]:
        if der.decode() == name:
            raise ValueError("odd octets")
        return read(der)

    patch.setattr(x509, "certificate_facts", facts)
