# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the group tls asks of a session that was reached: jobs out of facts.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from . import starttls

if t.TYPE_CHECKING:
    from .context import ScanContext

CONTROL, LEGACY, WEAK, ANONYMOUS = "control", "legacy_versions", "weak_suites", "anonymous_suites"
#: A ClientHello like one that should be refused, but for what makes it acceptable.
REPEATED = "repeated_control"
#: The other certificate, where there is one; what TLS 1.3 picks, under a name that nobody has;
#: whether a fallback is noticed.
OTHER, MODERN, FALLBACK = "other_certificate", "modern_groups", "fallback_signal"
#: The same as OTHER, but for the kinds of keys that it leaves out; after a refusal.
OTHER_CONTROL = "other_certificate_control"
#: Whether TLS 1.3 has a certificate without a kind of key, for servers that speak nothing older.
MODERN_KEYS = "modern_certificates"
#: Classes of suites that are broken; of those that keep no secrets for later; and that a policy may
#: allow.
BROKEN = ("null", "export", "des", "rc4", "3des", "md5", "idea", "seed", "rc2")
STATIC = ("krsa", "dh", "ecdh")
#: The class of suites that need finite-field Diffie-Hellman parameters, which a server may lack.
DHE = "dhe"
CBC = ("cbc_sha1", "cbc_sha2")
#: Classes of suites that need an account of some kind.
PRIVATE = ("psk", "srp", "krb5", "gost", "eccpwd")
#: What every hello offers that may find out more than it asks for.
CURIOUS: dict[str, t.Any] = {
    "groups": "weak_first",
    "compression": True,
    "heartbeat": True,
    "staple": True,
    "flight": True,
}
_UNWANTED = [*BROKEN, *PRIVATE, "anon", "dss", "sm4", "aria", "camellia", "ccm8"]
#: What a client of today offers; further suites would make the ClientHello too long for some.
MODERN_SUITES = ["good"]
TOLERABLE: dict[str, t.Any] = {
    "max_version": "TLSv1.2",
    "suites": [*CBC, "krsa", DHE, "good"],
    "avoid": _UNWANTED,
    **CURIOUS,
}
#: The first ClientHello offers the worst first, weak groups too, and a protocol that is not ours.
#: What should be refused is asked for once its answer is known (plan_refusals).
FIRST: dict[str, t.Any] = {"purpose": CONTROL, **TOLERABLE, "alpn": ["http/1.1"]}
#: Names of protocols as ALPN knows them (IANA's registry); SMTP has none. Behind HTTP they keep a
#: strict server from refusing.
ALPN = {"imap": ["imap"], "pop3": ["pop3"], "sieve": ["managesieve"]}
#: How often STARTTLS is tried where the server does not offer it: a balancer may have another
#: server, which does.
ASKED_AGAIN = 2
#: How often a server may be asked to name yet another broken suite that it takes, and how many
#: kinds of certificates it may have.
MAX_WEAK, MAX_CERTIFICATES = 8, 4


def tls(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """The handshakes and ClientHellos, where TLS is offered; for implicit TLS also a command in
    clear.
    """
    implicit = _model.SERVICES[job.service].implicit_tls
    if not (
        implicit
        or "STARTTLS" in facts.get("extensions", {})
        or facts.get("starttls_offered") is True
    ):
        again = context.job("tls_trust", job.service, job.address)
        seen = "extensions" in facts or "starttls_offered" in facts
        return [again] * ASKED_AGAIN if seen else []
    jobs = [context.job("tls_trust", job.service, job.address)]
    own = ALPN.get(_model.SERVICES[job.service].protocol, [])
    first = {**FIRST, "alpn": FIRST["alpn"] + own}
    jobs.append(context.job("client_hello", job.service, job.address, **first))
    if implicit:
        return [*jobs, context.job("plain_on_tls", job.service, job.address)]
    if job.service == "smtp":
        stranger = {
            "server_name": f"{context.options.token}.invalid",
            "max_version": "TLSv1.3",
            "suites": MODERN_SUITES,
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
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """A handshake that accepts any certificate, where the certificate is not trusted."""
    if "verify_error" not in observation["facts"]:
        return []
    return [context.job("tls_certificate", job.service, job.address)]


def after_upgrade(
    _context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """The same without the injected command, where that ended the session or was answered; then
    without MAIL. Where silence followed the command, the command once more and with more time,
    if TLS is slow without it or the server did send something.
    """
    ended = "starttls" in observation["facts"] and "tls" not in observation["facts"]
    if job.params["inject"] and (ended or starttls.beyond(observation["facts"], job.params)):
        return [
            job._replace(
                params={**job.params, "inject": False, "ended": observation["facts"].get("ended")}
            )
        ]
    seconds = observation.get("seconds", 0)
    silence = job.params.get("ended")  # how it ended, and None where there was none
    unsure = silence is False or (silence is True and seconds >= starttls.PATIENCE)
    if "tls" in observation["facts"] and unsure and "patience" not in job.params:
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
        and "mail" in observation["facts"]
        and "tls_error" not in observation["facts"]
    ):
        return [job._replace(params={**job.params, "begin": False})]
    return []
