# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A server of TLS in one function, asked by the planned ClientHellos without a network.

It says what a server with some versions and suites answers to the parameters of a ClientHello. The
observations are those that a survey of it would make.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    client_hello_facts,
    client_hello_params,
    plan_tls,
    registry,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols import (
    tls_cipher_suites,
    tls_server_hello,
)

VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
Facts = dict[str, t.Any]
#: Given the parameters of a ClientHello and how many came before it, what a server answers.
Server = t.Callable[[dict[str, t.Any], int], Facts]
ALERT: Facts = {"answer": "alert", "alert": "handshake_failure", "alert_level": 2}
CLOSED: Facts = {"answer": "closed"}
#: What a sound server accepts: ECDHE with AES-GCM in TLS 1.2, and TLS 1.3.
SOUND = {"TLSv1.2": [0xC02B], "TLSv1.3": [0x1301]}
ADDRESS = "198.18.0.25"


def server(accepted: t.Mapping[str, t.Sequence[int]], refusal: Facts | None = None) -> Server:
    """A server with these suites in each version; the highest common version and its own order
    decide. refusal: an alert by default.
    """
    refused = ALERT if refusal is None else refusal

    def answer(params: dict[str, t.Any], _number: int) -> Facts:
        highest = VERSIONS.index(params["max_version"])
        if params["max_version"] == "SSLv2":
            return hello("SSLv2", 0x010080) if "SSLv2" in accepted else refused
        offered = client_hello_params._suites(0x0304, params)
        for version in reversed(VERSIONS[1 : highest + 1]):
            for suite in accepted.get(version, ()):
                if suite in offered:
                    return hello(version, suite)
        return refused

    return answer


def hello(version: str, suite: int) -> Facts:
    """The facts of a ServerHello."""
    if version == "SSLv2":
        answer = tls_server_hello.Answer("sslv2", 0x0002, suite)
        return dict(client_hello_facts.facts(answer))
    return {
        "answer": "hello",
        "version": version,
        "suite": suite,
        "suite_name": tls_cipher_suites.name(suite),
        "suite_classes": sorted(tls_cipher_suites.classes(suite)),
        "compression": 0,
        "extensions": [0xFF01, 23],
    }


def session(service: str) -> _model.Observation:
    """The session with a service that offers TLS."""
    row = _model.SERVICES[service]
    facts = {"extensions": {"STARTTLS": ""}} if row.protocol == "smtp" else {"greeting": "OK"}
    if row.protocol != "smtp":
        facts["starttls_offered"] = not row.implicit_tls  # type: ignore[assignment]
    probe = "smtp_session" if row.protocol == "smtp" else "mailstore_session"
    return observation(_context().job(probe, service, ADDRESS), facts)


def observation(
    job: _model.Job, facts: Facts, error: dict[str, str] | None = None
) -> _model.Observation:
    """What a job saw."""
    shown = facts.get("version") or facts.get("alert") or facts.get("answer") or "nothing"
    lines = [["*", f"ClientHello: up to {job.params.get('max_version')}"], ["*", shown]]
    return _model.observation(job, facts, t.cast("t.Any", error), lines, {"source": "198.18.0.1"})


def _context() -> ScanContext:
    target = _target.target({"name": "mx1.example.org", "addresses": [ADDRESS]})
    return ScanContext(target, Options(groups=("tls",)))


def survey(
    service: str,
    answer: Server,
    lost: t.Container[int] = (),
) -> list[_model.Observation]:
    """The session with a service and every ClientHello that follows, in the order of sending.

    lost: numbers of ClientHellos that nobody answers.
    """
    context = _context()
    seen = [session(service)]
    jobs = [context.job("client_hello", service, ADDRESS, **plan_tls.FIRST)]
    number = 0
    while jobs:
        job = jobs.pop(0)
        error = {"kind": "timeout", "text": "no whole answer within 20 s"}
        found = (
            observation(job, {}, error)
            if number in lost
            else observation(job, answer(job.params, number))
        )
        number += 1
        seen.append(found)
        jobs += [
            after for after in registry.follow(context, job, found) if after.probe == "client_hello"
        ]
    return seen
