# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ClientHellos follow the answer to one: jobs out of facts.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from .._protocols.tls_client_hello import VERSIONS
from .plan_tls import (
    ALPN,
    BROKEN,
    CBC,
    CONTROL,
    FALLBACK,
    LEGACY,
    MAX_CERTIFICATES,
    MAX_WEAK,
    MODERN_KEYS,
    OTHER,
    STATIC,
    TOLERABLE,
    WEAK,
)

if t.TYPE_CHECKING:
    from .context import ScanContext

#: Asked for when the control has shown whether it takes suites without authenticated encryption.
_WEAK_HELLO: dict[str, t.Any] = {
    "max_version": "TLSv1.2",
    "suites": [*BROKEN, "anon", *STATIC, "dhe", *CBC],
    "flight": True,
}
LOWER = {"TLSv1.1": "TLSv1", "TLSv1": "SSLv3"}
#: As aliases of OpenSSL name them; a client cannot ask for others by suite.
_ASKED_BY_KEY = ("rsa", "ecdsa")


def after_hello(
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """Further ClientHellos, while something weak is accepted, and one for every type of
    certificate.
    """
    facts, purpose = observation["facts"], job.params["purpose"]
    if purpose == CONTROL:
        return _after_control(context, job, facts)
    if facts.get("answer") != "hello":
        return []
    if purpose == LEGACY and facts["version"] != "SSLv2":
        signal = [job._replace(params={**job.params, "purpose": FALLBACK, "fallback": True})]
        return _lower_version(job, facts["version"]) + (
            signal if job.params["max_version"] == "TLSv1.1" else []
        )
    if purpose == WEAK:
        return _without_accepted_suite(job, facts)
    return _other_certificate(context, job, facts) if purpose == OTHER else []


def _after_control(
    context: ScanContext, job: _model.Job, facts: dict[str, t.Any]
) -> list[_model.Job]:
    """The same ClientHello without ALPN, if that was rejected; else one with weak cipher suites,
    without those just accepted, and one for another certificate.
    """
    if facts.get("answer") in ("alert", "closed") and "alpn" in job.params:
        return [
            job._replace(params={key: value for key, value in job.params.items() if key != "alpn"})
        ]
    avoid = [kind for kind in _similar_classes(facts.get("suite_classes", ())) if kind in CBC]
    weak = context.job(
        "client_hello", job.service, job.address, purpose=WEAK, avoid=avoid, **_WEAK_HELLO
    )
    if facts.get("answer") == "hello":
        return [weak, *_other_certificate(context, job, facts)]
    return [weak, *(_modern_certificates(context, job) if "answer" in facts else [])]


def _modern_certificates(context: ScanContext, job: _model.Job) -> list[_model.Job]:
    """The ClientHellos of TLS 1.3, where the server accepts nothing older."""
    place = job.service, job.address
    hello = {"purpose": MODERN_KEYS, "max_version": "TLSv1.3"}
    keys = [
        context.job("client_hello", *place, without=[family], **hello) for family in _ASKED_BY_KEY
    ]
    own = ALPN.get(_model.SERVICES[job.service].protocol, [])
    return [*keys, context.job("tls_alpn", *place, alpn=["http/1.1", *own])]


def _lower_version(job: _model.Job, version: str) -> list[_model.Job]:
    """The next lower version, even if a server that lies names a higher one than was offered."""
    lower = LOWER.get(version, "")
    if not lower or VERSIONS[lower] >= VERSIONS[job.params["max_version"]]:
        return []
    return [job._replace(params={**job.params, "max_version": lower})]


def _without_accepted_suite(job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """The same ClientHello without the cipher suite that was accepted, or without its class
    where one example is enough.
    """
    words = facts.get("suite_classes", [])
    excluded, avoided = list(job.params.get("exclude", ())), list(job.params.get("avoid", ()))
    like = (
        []
        if set(words).intersection(BROKEN)
        else [kind for kind in _similar_classes(words) if kind not in avoided]
    )
    avoided += like
    excluded += [] if like else [facts["suite"]]
    if len(excluded) > MAX_WEAK:
        return []
    return [job._replace(params={**job.params, "exclude": excluded, "avoid": avoided})]


def _similar_classes(words: t.Collection[str]) -> list[str]:
    """The classes that a suite represents; one with a SHA-1 MAC represents all of CBC."""
    for like in (
        ["anon"],
        list(STATIC),
        ["dhe"],
        list(CBC) if "cbc_sha1" in words else ["cbc_sha2"],
    ):
        if set(like).intersection(words):
            return like
    return []


def _other_certificate(
    context: ScanContext, job: _model.Job, facts: dict[str, t.Any]
) -> list[_model.Job]:
    """A ClientHello that no certificate seen so far can answer; and whether the one just seen is
    trusted.
    """
    family = facts.get("family")
    known = list(job.params.get("without", ()))
    if not family or family in known or len(known) >= MAX_CERTIFICATES:
        return []
    place = job.service, job.address
    jobs = [
        context.job("client_hello", *place, purpose=OTHER, without=[*known, family], **TOLERABLE)
    ]
    if known and family in _ASKED_BY_KEY:
        jobs.append(context.job("tls_other_trust", *place, keys=family))
    return jobs
