# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of TLS and certificates: sessions and handshakes in, findings out (RFC 3207, 8314, 9525).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..base import (
    AuditContext,
    Check,
    Observation,
    answered,
    error_text,
    finding,
    offers_tls,
    overlay,
    per_endpoint,
    rfc,
)
from . import x509

CLEAR = ("smtp", "submission", "imap", "pop3", "sieve")
IMPLICIT = ("submissions", "imaps", "pop3s")
EVERY = tuple(_model.SERVICES)


def shakes(context: AuditContext, seen: Observation) -> list[Observation]:
    """The handshakes with an endpoint by which its certificate is judged."""
    return context.of("tls_trust", seen["service"], seen["address"]) + context.of(
        "tls_certificate", seen["service"], seen["address"]
    )


def starttls_offered(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    offered = offers_tls(seen)
    if offered is None:
        yield finding(UNKNOWN, f"The capabilities were not seen: {error_text(seen)}.", seen)
    elif offered:
        yield finding(PASS, "STARTTLS is offered.", seen)
    else:
        yield finding(
            FAIL, "STARTTLS is not offered; all that is said here is said in clear.", seen
        )


def starttls_works(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if not offers_tls(seen):
        yield finding(
            NOT_APPLICABLE if offers_tls(seen) is False else UNKNOWN,
            "STARTTLS is not offered.",
            seen,
        )
        return
    tried = shakes(context, seen)
    good = [entry for entry in tried if entry["facts"].get("version")]
    if good:
        yield finding(
            PASS,
            f"The handshake gave {good[0]['facts']['version']} with {good[0]['facts']['cipher']}.",
            seen,
        )
    elif any((entry["error"] or {}).get("kind") == "tls" for entry in tried):
        yield finding(
            FAIL,
            f"STARTTLS is offered but does not work: {error_text(tried[-1])}.",
            seen,
            tried[-1],
        )
    else:
        yield finding(
            UNKNOWN,
            (
                "No handshake was seen to the end: "
                f"{error_text(tried[-1]) if tried else error_text(seen)}."
            ),
            seen,
        )


def _implicit_only(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    for probe in context.of("plain_on_tls", seen["service"], seen["address"]):
        kind, words = probe["facts"].get("kind"), probe["facts"].get("said", "")
        if kind == "mail":
            yield finding(
                FAIL, f"A command in clear was answered in clear: {words.strip()}.", seen, probe
            )
        elif kind == "nothing" and not answered(seen):
            yield finding(
                UNKNOWN,
                f"Neither TLS nor a command in clear was answered: {error_text(seen)}.",
                seen,
                probe,
            )
        elif kind in ("alert", "nothing"):
            yield finding(PASS, "A command in clear was not answered.", seen)
        else:
            yield finding(
                UNKNOWN,
                "A command in clear got an answer that is no mail protocol: %s."
                % (words.strip() or error_text(probe)),
                seen,
                probe,
            )
        return
    yield finding(UNKNOWN, f"Nothing was said in clear: {error_text(seen)}.", seen)


def certificate(
    context: AuditContext, seen: Observation
) -> tuple[dict[str, t.Any] | None, Finding | None]:
    """The facts of the served certificate, or the finding that says why there are none."""
    if offers_tls(seen) is False:
        return None, finding(NOT_APPLICABLE, "TLS is not offered.", seen)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        return None, finding(
            UNKNOWN,
            (
                "The Python library cryptography is missing on the controller, so the certificate "
                "cannot be read."
            ),
            seen,
        )
    tried = shakes(context, seen)
    for entry in tried:
        if entry["facts"].get("certificate"):
            try:
                return x509.certificate_facts(bytes.fromhex(entry["facts"]["certificate"])), None
            except ValueError as exc:
                return None, finding(
                    UNKNOWN, f"The certificate cannot be read: {str(exc).rstrip('.')}.", seen, entry
                )
    return None, finding(
        UNKNOWN,
        f"The certificate was not seen: {error_text(tried[-1]) if tried else error_text(seen)}.",
        seen,
    )


def certificate_trusted(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if offers_tls(seen) is False or not context.policy["certificate_trust"][overlay(seen)]:
        yield finding(
            NOT_APPLICABLE,
            "TLS is not offered."
            if offers_tls(seen) is False
            else "The policy does not ask for a trusted certificate here.",
            seen,
        )
        return
    for entry in context.of("tls_trust", seen["service"], seen["address"]):
        if entry["facts"].get("trusted"):
            yield finding(PASS, "The chain leads to a trust anchor of the vantage.", seen)
            return
        if "verify_error" in entry["facts"]:
            yield finding(
                FAIL, f"The chain does not verify: {entry['facts']['verify_error']}.", seen, entry
            )
            return
        yield finding(UNKNOWN, f"The chain was not seen: {error_text(entry)}.", seen, entry)
        return
    yield finding(UNKNOWN, f"The chain was not seen: {error_text(seen)}.", seen)


def certificate_name(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    facts, missing = certificate(context, seen)
    if facts is None:
        yield missing or finding(UNKNOWN, "The certificate was not seen.", seen)
    elif x509.name_matches(context.target.name, facts):
        yield finding(PASS, f"The certificate is for {context.target.name}.", seen)
    else:
        names = ", ".join([*facts["names"], *facts["addresses"]]) or "no name at all"
        yield finding(FAIL, f"The certificate is for {names}, not for {context.target.name}.", seen)


def certificate_expiry(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    facts, missing = certificate(context, seen)
    if facts is None:
        yield missing or finding(UNKNOWN, "The certificate was not seen.", seen)
        return
    left = (
        datetime.datetime.fromisoformat(facts["not_after"]) - context.now
    ).total_seconds() / 86400
    early = (datetime.datetime.fromisoformat(facts["not_before"]) - context.now).total_seconds() > 0
    if early or left < 0:
        yield finding(
            FAIL,
            (
                f"The certificate is not valid {'yet' if early else 'any more'} "
                f"({facts['not_before']} to {facts['not_after']})."
            ),
            seen,
        )
    elif (
        context.policy["certificate_lifetime"]
        and _days(facts) > context.policy["certificate_lifetime"]
    ):
        yield finding(
            FAIL,
            (
                f"The certificate is good for {_days(facts)} days in all; the policy allows "
                f"{context.policy['certificate_lifetime']}."
            ),
            seen,
        )
    elif left < context.policy["certificate_days"]:
        yield finding(
            FAIL,
            (
                f"The certificate has {left} days left; the policy asks for "
                f"{context.policy['certificate_days']}."
            ),
            seen,
        )
    else:
        yield finding(PASS, f"The certificate is valid for another {left} days.", seen)


def _days(facts: t.Mapping[str, t.Any]) -> float:
    """How long a certificate is good for in all."""
    span = datetime.datetime.fromisoformat(facts["not_after"]) - datetime.datetime.fromisoformat(
        facts["not_before"]
    )
    return span.total_seconds() / 86400


_after_handshake = per_endpoint(IMPLICIT, _implicit_only)


def implicit_tls_only(context: AuditContext) -> list[Finding]:
    """TLS-08: a port whose handshake failed was asked in clear all the same, and may have answered."""
    failed = [
        seen
        for service in IMPLICIT
        for seen in context.of("smtp_session", service) + context.of("mailstore_session", service)
    ]
    findings = [
        item
        for seen in failed
        if not answered(seen) and context.of("plain_on_tls", seen["service"], seen["address"])
        for item in _implicit_only(context, seen)
    ]
    known = {(item.service, item.address) for item in findings}
    return findings + [
        item for item in _after_handshake(context) if (item.service, item.address) not in known
    ]


CHECKS = (
    Check(
        id="starttls_offered",
        title="STARTTLS is offered on ports 25, 587, 143, 110 and 4190",
        title_failed="STARTTLS not offered",
        group="tls",
        severity="high",
        evaluate=per_endpoint(CLEAR, starttls_offered),
        impact="Without STARTTLS, mail and logins on this port cross the network in plaintext.",
        fix={
            "roles": (
                "Run airtight.mail.site again: the roles offer STARTTLS on 25, 587 and 4190 and "
                "close 143 and 110."
            ),
            "postfix": (
                "Set smtpd_tls_security_level = may and smtpd_tls_chain_files to the private key "
                "and the certificate chain."
            ),
            "exim": (
                "Set tls_advertise_hosts = *, tls_certificate and tls_privatekey (Debian: "
                "MAIN_TLS_ENABLE = yes)."
            ),
            "dovecot": (
                "Set ssl = required with ssl_server_cert_file and ssl_server_key_file (2.3: "
                "ssl_cert and ssl_key), or close ports 143 and 110."
            ),
            "opensmtpd": "Set tls (port 587: tls-require) and pki on the listen directive.",
            "sendmail": (
                "Set confSERVER_CERT, confSERVER_KEY and confCACERT, and remove the modifier S "
                "from DAEMON_OPTIONS."
            ),
            "courier": (
                "Set TLS_CERTFILE in esmtpd, IMAPDSTARTTLS=YES in imapd-ssl and POP3_STARTTLS=YES "
                "in pop3d-ssl."
            ),
            "cyrus": "Set tls_server_cert and tls_server_key in imapd.conf.",
            "any": (
                "Enable STARTTLS with a certificate on every plaintext port, or close the port."
            ),
        },
        references=(rfc(3207, "4"), rfc(8314)),
        peers=("Internet.nl", "testssl.sh", "sslyze"),
    ),
    Check(
        id="starttls_works",
        title="STARTTLS is followed by a successful TLS handshake",
        title_failed="STARTTLS offered, but the TLS handshake fails",
        group="tls",
        severity="high",
        evaluate=per_endpoint(CLEAR, starttls_works),
        impact=(
            "Senders that require TLS cannot deliver; opportunistic ones fall back to plaintext."
        ),
        fix={
            "roles": (
                "Set mail_certificate_file and mail_certificate_key_file to a matching pair and "
                "run airtight.mail.site again."
            ),
            "postfix": (
                "Set smtpd_tls_chain_files to a private key followed by its own certificate "
                "chain; the mail log names the TLS error."
            ),
            "exim": (
                "Set tls_certificate and tls_privatekey to a matching pair that the Exim user "
                "(Debian-exim) can read; mainlog names the TLS error."
            ),
            "dovecot": (
                "Set ssl_server_cert_file and ssl_server_key_file (2.3: ssl_cert and ssl_key) to "
                "a matching pair; doveadm log errors names the TLS error."
            ),
            "opensmtpd": (
                "Set pki cert and pki key to a matching pair, with mode 0600 for the key."
            ),
            "sendmail": (
                "Set confSERVER_CERT and confSERVER_KEY to a matching pair, with a key that only "
                "root can read."
            ),
            "courier": (
                "Set TLS_CERTFILE to a PEM file with the private key and its certificate chain "
                "that the courier user can read."
            ),
            "cyrus": (
                "Set tls_server_cert and tls_server_key to a matching pair that the cyrus user "
                "can read."
            ),
            "any": (
                "Read the TLS error in the server's log: usually the key is unreadable or does "
                "not belong to the certificate."
            ),
        },
        references=(rfc(3207, "4.2"),),
        peers=("testssl.sh", "sslyze"),
    ),
    Check(
        id="implicit_tls_only",
        title="Ports 465, 993 and 995 do not answer plaintext commands (implicit TLS)",
        title_failed="Plaintext command answered on an implicit TLS port",
        group="tls",
        severity="high",
        evaluate=implicit_tls_only,
        impact=(
            "A client that connects without TLS is served and logs in unprotected. An attacker on "
            "the network reads the password and then reads and sends mail as that user."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site again: the roles set smtpd_tls_wrappermode = yes for "
                "submissions and ssl = yes for imaps and pop3s."
            ),
            "postfix": "Set -o smtpd_tls_wrappermode=yes for submissions in master.cf.",
            "exim": "Set tls_on_connect_ports = 465.",
            "dovecot": "Set ssl = yes in the inet_listener imaps and pop3s (and submissions).",
            "opensmtpd": "Set smtps on the listener for port 465.",
            "sendmail": (
                "Set DAEMON_OPTIONS(`Port=465, Name=SMTPS, M=Eas'); the modifier s starts with TLS."
            ),
            "courier": (
                "Remove 465, 993 and 995 from PORT in esmtpd, imapd and pop3d, and serve them "
                "with esmtpd-ssl, imapd-ssl and pop3d-ssl."
            ),
            "cyrus": 'Set the option -s for imaps and pop3s in cyrus.conf (cmd="imapd -s").',
            "any": "Start TLS with the first byte on ports 465, 993 and 995.",
        },
        references=(rfc(8314, "3.3"),),
    ),
    Check(
        id="certificate_trusted",
        title="The certificate chain verifies against the trust store",
        title_failed="Certificate chain not trusted",
        group="tls",
        severity="high",
        evaluate=per_endpoint(EVERY, certificate_trusted),
        impact=(
            "Users learn to click certificate warnings away and then accept an attacker's "
            "certificate too. Senders with MTA-STS do not deliver."
        ),
        fix={
            "roles": (
                "Set certificate_provider: files and give the certificate of a public CA with its "
                "full chain. For a private CA, set audit_trust_anchors."
            ),
            "postfix": (
                "Set smtpd_tls_chain_files to the private key, then the certificate, then its "
                "intermediates."
            ),
            "exim": (
                "Set tls_certificate to a file with the certificate followed by its intermediates."
            ),
            "dovecot": (
                "Set ssl_server_cert_file (2.3: ssl_cert) to a file with the certificate followed "
                "by its intermediates."
            ),
            "opensmtpd": (
                "Set pki cert to a file with the certificate followed by its intermediates."
            ),
            "sendmail": (
                "Set confSERVER_CERT to the certificate and add its intermediates to the file of "
                "confCACERT."
            ),
            "courier": (
                "Set TLS_CERTFILE to a file with the private key, the certificate and its "
                "intermediates."
            ),
            "cyrus": (
                "Set tls_server_cert to a file with the certificate followed by its intermediates."
            ),
            "any": (
                "Serve a certificate of a public CA with all intermediates. For a private CA, set "
                "trust_anchors."
            ),
        },
        references=(rfc(7817), rfc(8461, "4.1")),
        peers=("testssl.sh", "sslyze"),
    ),
    Check(
        id="certificate_name",
        title="The certificate's subjectAltName matches the host name (RFC 9525)",
        title_failed="Certificate is for another name",
        group="tls",
        severity="high",
        evaluate=per_endpoint(EVERY, certificate_name),
        impact=(
            "Clients reject the connection or show a warning. Senders with MTA-STS do not deliver."
        ),
        fix={
            "roles": (
                "Set mail_hostname to the name that clients use. With certificate_provider: "
                "files, order a certificate for that name; with private_ca, add further names to "
                "certificate_names."
            ),
            "any": (
                "Order a certificate whose subjectAltName lists the MX name and the names of the "
                "submission and IMAP servers, and serve it."
            ),
        },
        references=(rfc(9525), rfc(7817, "3")),
        peers=("testssl.sh", "sslyze"),
    ),
    Check(
        id="certificate_expiry",
        title="The certificate is not expired and not about to expire (14 days by default)",
        title_failed="Certificate expired, about to expire, or outside its validity",
        group="tls",
        severity="high",
        evaluate=per_endpoint(EVERY, certificate_expiry),
        impact=(
            "When the certificate expires, clients reject the connection and senders with MTA-STS "
            "stop delivering."
        ),
        fix={
            "roles": (
                "Renew the certificate and run airtight.mail.site again; the certificate role "
                "reloads Postfix and Dovecot."
            ),
            "postfix": (
                "Renew the certificate and run postfix reload; add both to the renewal hook."
            ),
            "exim": "Renew the certificate and reload Exim; add both to the renewal hook.",
            "dovecot": (
                "Renew the certificate and run doveadm reload; add both to the renewal hook."
            ),
            "any": (
                "Renew the certificate and reload the daemon. A renewed file that is not reloaded "
                "is the usual cause."
            ),
        },
        references=(rfc(5280, "4.1.2.5"),),
        peers=("testssl.sh", "sslyze", "Mail-in-a-Box"),
    ),
)
