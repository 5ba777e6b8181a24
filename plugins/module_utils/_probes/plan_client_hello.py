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
from . import plan_refusals
from .plan_tls import (
    ALPN,
    CONTROL,
    DHE,
    LEGACY,
    MAX_CERTIFICATES,
    MODERN_KEYS,
    MODERN_SUITES,
    OTHER,
    OTHER_CONTROL,
    TOLERABLE,
)

if t.TYPE_CHECKING:
    from .context import ScanContext

#: As aliases of OpenSSL name them; a client cannot ask for others by suite.
_ASKED_BY_KEY = ("rsa", "ecdsa")
#: What clients offered in their time: AES, 3DES and RC4 with RSA, DHE and ECDHE.
_OF_OLD_CLIENTS = (
    *(0xC00A, 0xC014, 0x0039, 0x0035, 0xC009, 0xC013, 0x0033, 0x002F),
    *(0xC008, 0xC012, 0x0016, 0x000A, 0xC007, 0xC011, 0x0005, 0x0004),
)


def after_hello(
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """Further ClientHellos, while something weak is accepted, and one for every type of
    certificate.
    """
    facts, purpose = observation["facts"], job.params["purpose"]
    if purpose == CONTROL:
        return _after_control(context, job, facts)
    if "series" in job.params:
        return plan_refusals.after(context, job, facts)
    if purpose != OTHER or "answer" not in facts:
        return []
    if facts["answer"] != "hello":
        control = {**TOLERABLE, "purpose": OTHER_CONTROL, "avoid": job.params["avoid"]}
        return [context.job("client_hello", job.service, job.address, **control)]
    return _other_certificate(context, job, facts)


def _after_control(
    context: ScanContext, job: _model.Job, facts: dict[str, t.Any]
) -> list[_model.Job]:
    """The same ClientHello without ALPN, if that was rejected, and without DHE, which a server may
    pick that has no parameters for it; else those that should be refused, and one for another
    certificate.
    """
    if facts.get("answer") in ("alert", "closed") and "alpn" in job.params:
        return [
            job._replace(params={key: value for key, value in job.params.items() if key != "alpn"})
        ]
    if facts.get("answer") in ("alert", "closed") and DHE not in job.params["avoid"]:
        return [job._replace(params={**job.params, "avoid": [*job.params["avoid"], DHE]})]
    if facts.get("answer") == "hello":
        known = [facts["suite"]], facts["version"]
        return [
            plan_refusals.series_after(context, job, *known),
            _old_client(context, job),
            *_other_certificate(context, job, facts),
        ]
    if "answer" not in facts:
        return []
    return [
        plan_refusals.modern_series(context, job),
        _old_client(context, job),
        *_modern_certificates(context, job),
    ]


def _old_client(context: ScanContext, job: _model.Job) -> _model.Job:
    """A ClientHello as clients of TLS 1.1 and older send it, with few suites and without the name
    of the server: it may meet another configuration. It has no control; only an acceptance counts.
    """
    hello = {"purpose": LEGACY, "max_version": "TLSv1.1", "suites": list(_OF_OLD_CLIENTS)}
    return context.job("client_hello", job.service, job.address, **{**hello, "server_name": ""})


def _modern_certificates(context: ScanContext, job: _model.Job) -> list[_model.Job]:
    """The ClientHellos of TLS 1.3, where the server accepts nothing older."""
    place = job.service, job.address
    hello: dict[str, t.Any] = {
        "purpose": MODERN_KEYS,
        "max_version": "TLSv1.3",
        "suites": MODERN_SUITES,
    }
    keys = [
        context.job("client_hello", *place, without=[family], **hello) for family in _ASKED_BY_KEY
    ]
    own = ALPN.get(_model.SERVICES[job.service].protocol, [])
    return [*keys, context.job("tls_alpn", *place, alpn=["http/1.1", *own])]


def _other_certificate(
    context: ScanContext, job: _model.Job, facts: dict[str, t.Any]
) -> list[_model.Job]:
    """A ClientHello that no certificate seen so far can answer; and whether the one just seen is
    trusted, and with the second one the first, which TLS 1.3 may not have shown.
    """
    family = facts.get("family")
    known = list(job.params.get("without", ()))
    if not family or family in known or len(known) >= MAX_CERTIFICATES:
        return []
    place = job.service, job.address
    other = {**TOLERABLE, "purpose": OTHER, "avoid": job.params["avoid"]}
    jobs = [context.job("client_hello", *place, **other, without=[*known, family])]
    unverified = [*known, family] if len(known) == 1 else [family] if known else []
    return jobs + [
        context.job("tls_other_trust", *place, keys=kind)
        for kind in unverified
        if kind in _ASKED_BY_KEY
    ]
