# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the group tls asks of a session that was reached, and what its hellos lead to: jobs out of
facts.

Data in, jobs out: opens nothing and judges nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from .._protocols.tls_client_hello import VERSIONS
from . import starttls
from .context import ScanContext

CONTROL, LEGACY, WEAK, ANONYMOUS = "control", "legacy_versions", "weak_suites", "anonymous_suites"
#: The other certificate, where there is one; what TLS 1.3 picks, under a name that nobody has;
#: whether a fallback is noticed.
OTHER, MODERN, FALLBACK = "other_certificate", "modern_groups", "fallback_signal"
#: Whether TLS 1.3 has a certificate without a kind of key, for servers that speak nothing older.
MODERN_KEYS = "modern_certificates"
#: Classes of suites that are broken; of those that keep no secrets for later; and that a policy may
#: allow.
BROKEN = ("null", "export", "des", "rc4", "3des", "md5", "idea", "seed", "rc2")
STATIC = ("krsa", "dh", "ecdh")
CBC = ("cbc_sha1", "cbc_sha2")
_PRIVATE = ("psk", "srp", "krb5", "gost", "eccpwd")
#: What every hello offers that may find out more than it asks for.
_CURIOUS: dict[str, t.Any] = {
    "groups": "weak_first",
    "compression": True,
    "heartbeat": True,
    "staple": True,
    "flight": True,
}
_UNWANTED = [*BROKEN, *_PRIVATE, "anon"]
_TOLERABLE: dict[str, t.Any] = {
    "max_version": "TLSv1.2",
    "suites": [*CBC, "krsa", "dhe", "good"],
    "avoid": _UNWANTED,
    **_CURIOUS,
}
#: Raw hellos: what each of them wants to see refused, and one that must be answered for the
#: refusals to count. It offers the
#: worst first, weak groups too, and a protocol that is not ours.
HELLOS: dict[str, dict[str, t.Any]] = {
    CONTROL: {**_TOLERABLE, "alpn": ["http/1.1"]},
    LEGACY: {"max_version": "TLSv1.1", "suites": "all"},
}
#: Asked for when the control has shown whether it takes suites without authenticated encryption.
_WEAK_HELLO: dict[str, t.Any] = {
    "max_version": "TLSv1.2",
    "suites": [*BROKEN, "anon", *STATIC, "dhe", *CBC],
    "flight": True,
}
#: Names of protocols as ALPN knows them (IANA's registry); SMTP has none. Behind HTTP they keep a
#: strict server from refusing.
_ALPN = {"imap": ["imap"], "pop3": ["pop3"], "sieve": ["managesieve"]}
LOWER = {"TLSv1.1": "TLSv1", "TLSv1": "SSLv3"}
#: How often a server may be asked to name yet another broken suite that it takes, and how many
#: kinds of certificates it may have.
MAX_WEAK, MAX_CERTIFICATES = 8, 4
#: As aliases of OpenSSL name them; a client cannot ask for others by suite.
_ASKED_BY_KEY = ("rsa", "ecdsa")


def tls(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """Handshakes and hellos of our own making, where TLS is to be had; a word in clear where it is
    all there is.
    """
    implicit = _model.SERVICES[job.service].implicit_tls
    if not (
        implicit
        or "STARTTLS" in facts.get("extensions", {})
        or facts.get("starttls_offered") is True
    ):
        return []
    jobs = [context.job("tls_trust", job.service, job.address)]
    own = _ALPN.get(_model.SERVICES[job.service].protocol, [])
    for purpose, hello in HELLOS.items():
        alpn = {"alpn": hello["alpn"] + own} if "alpn" in hello else {}
        jobs.append(
            context.job(
                "client_hello", job.service, job.address, purpose=purpose, **{**hello, **alpn}
            )
        )
    if implicit:
        return [*jobs, context.job("plain_on_tls", job.service, job.address)]
    if job.service == "smtp":
        stranger = {
            "server_name": f"{context.options.token}.invalid",
            "max_version": "TLSv1.3",
            "groups": "hybrid_first",
            "share": False,
        }
        jobs.append(
            context.job("client_hello", job.service, job.address, purpose=MODERN, **stranger)
        )
    names = {key: job.params[key] for key in ("sender", "recipient") if key in job.params}
    jobs.append(
        context.job(
            "starttls", job.service, job.address, inject=True, tag=context.options.token, **names
        )
    )
    return [*jobs, context.job("starttls_garbage", job.service, job.address)]


def certificate(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """The certificate, for the DNS records about it; the group tls sees it anyway."""
    if "tls" in context.options.groups:
        return []
    return [found for found in tls(context, job, facts) if found.probe == "tls_trust"]


def after_trust(
    context: ScanContext, job: _model.Job, seen: _model.Observation
) -> list[_model.Job]:
    """A handshake that accepts any certificate, where the certificate is not trusted."""
    if "verify_error" not in seen["facts"]:
        return []
    return [context.job("tls_certificate", job.service, job.address)]


def after_upgrade(
    _context: ScanContext, job: _model.Job, seen: _model.Observation
) -> list[_model.Job]:
    """The same without the injected command, where that ended the session or was answered; then
    without a transaction begun.

    Where there was silence behind the command, the command once more and with longer patience, if
    TLS is slow without it or the server had something to say after all.
    """
    ended = "starttls" in seen["facts"] and "tls" not in seen["facts"]
    if job.params["inject"] and (ended or starttls.beyond(seen["facts"], job.params)):
        return [
            job._replace(
                params={**job.params, "inject": False, "ended": seen["facts"].get("ended")}
            )
        ]
    seconds = seen.get("seconds", 0)
    silence = job.params.get("ended")  # how it ended, and None where there was none
    unsure = silence is False or (silence is True and seconds >= starttls.PATIENCE)
    if "tls" in seen["facts"] and unsure and "patience" not in job.params:
        return [
            job._replace(
                params={
                    **job.params,
                    "inject": True,
                    "patience": starttls.LONGER * max(seconds, starttls.PATIENCE),
                }
            )
        ]
    if (
        not job.params["inject"]
        and ended
        and "mail" in seen["facts"]
        and "tls_error" not in seen["facts"]
    ):
        return [job._replace(params={**job.params, "begin": False})]
    return []


def after_hello(
    context: ScanContext, job: _model.Job, seen: _model.Observation
) -> list[_model.Job]:
    """Ask on while something weak is accepted, and for every kind of certificate that there is."""
    facts, purpose = seen["facts"], job.params["purpose"]
    if purpose == CONTROL:
        return _after_control(context, job, facts)
    if facts.get("answer") != "hello":
        return []
    if purpose == LEGACY and facts["version"] != "SSLv2":
        signal = [job._replace(params={**job.params, "purpose": FALLBACK, "fallback": True})]
        return _lower(job, facts["version"]) + (
            signal if job.params["max_version"] == "TLSv1.1" else []
        )
    if purpose == WEAK:
        return _weaker(job, facts)
    return _other(context, job, facts) if purpose == OTHER else []


def _after_control(
    context: ScanContext, job: _model.Job, facts: dict[str, t.Any]
) -> list[_model.Job]:
    """The same without a protocol, if that was refused; else the weak suites, without those just
    taken, and the other certificate.
    """
    if facts.get("answer") in ("alert", "closed") and "alpn" in job.params:
        return [
            job._replace(params={key: value for key, value in job.params.items() if key != "alpn"})
        ]
    avoid = [kind for kind in _like(facts.get("suite_classes", ())) if kind in CBC]
    weak = context.job(
        "client_hello", job.service, job.address, purpose=WEAK, avoid=avoid, **_WEAK_HELLO
    )
    if facts.get("answer") == "hello":
        return [weak, *_other(context, job, facts)]
    return [weak, *(_modern(context, job) if "answer" in facts else [])]


def _modern(context: ScanContext, job: _model.Job) -> list[_model.Job]:
    """What has to be asked in TLS 1.3 where nothing older was taken."""
    place = job.service, job.address
    hello = {"purpose": MODERN_KEYS, "max_version": "TLSv1.3"}
    keys = [
        context.job("client_hello", *place, without=[family], **hello) for family in _ASKED_BY_KEY
    ]
    own = _ALPN.get(_model.SERVICES[job.service].protocol, [])
    return [*keys, context.job("tls_alpn", *place, alpn=["http/1.1", *own])]


def _lower(job: _model.Job, version: str) -> list[_model.Job]:
    """The next lower version, even if a server that lies names a higher one than was offered."""
    lower = LOWER.get(version, "")
    if not lower or VERSIONS[lower] >= VERSIONS[job.params["max_version"]]:
        return []
    return [job._replace(params={**job.params, "max_version": lower})]


def _weaker(job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """The same without the suite taken, or without its like where one example says enough."""
    words = facts.get("suite_classes", [])
    excluded, avoided = list(job.params.get("exclude", ())), list(job.params.get("avoid", ()))
    like = (
        []
        if set(words).intersection(BROKEN)
        else [kind for kind in _like(words) if kind not in avoided]
    )
    avoided += like
    excluded += [] if like else [facts["suite"]]
    if len(excluded) > MAX_WEAK:
        return []
    return [job._replace(params={**job.params, "exclude": excluded, "avoid": avoided})]


def _like(words: t.Collection[str]) -> list[str]:
    """The classes of which a suite is example enough; what has a MAC of SHA-1 says all about CBC."""
    for like in (
        ["anon"],
        list(STATIC),
        ["dhe"],
        list(CBC) if "cbc_sha1" in words else ["cbc_sha2"],
    ):
        if set(like).intersection(words):
            return like
    return []


def _other(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """A hello that no certificate seen so far can answer; of one that was only seen so, whether it
    is trusted.
    """
    family = facts.get("family")
    known = list(job.params.get("without", ()))
    if not family or family in known or len(known) >= MAX_CERTIFICATES:
        return []
    place = job.service, job.address
    jobs = [
        context.job("client_hello", *place, purpose=OTHER, without=[*known, family], **_TOLERABLE)
    ]
    if known and family in _ASKED_BY_KEY:
        jobs.append(context.job("tls_other_trust", *place, keys=family))
    return jobs
