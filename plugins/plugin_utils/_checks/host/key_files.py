# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the certificates and keys on disk, beside those that are served and published.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)

from ..._dns import domain_queries
from ..._dns.queries import UnseenError
from ..base import Check, endpoint_text, finding, rfc
from ..dns.lookup import StoredAnswers, why_no_answers
from ..dns.tlsa import usable
from .base import (
    HostConfig,
    Problem,
    host_finding,
    isolated,
    per_host_config,
    problems_finding,
    with_host_lines,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

    from ..base import AuditContext, Observation
    from ..dns.tlsa import Tlsa


def served_certificates(context: AuditContext) -> dict[str, dict[str, Observation]]:
    """The certificates that each endpoint served: SHA-256 to the observation that has it."""
    served: dict[str, dict[str, Observation]] = {}
    for observation in context.observations:
        if observation["service"] not in _model.SERVICES:
            continue
        for facts in (observation["facts"], observation["facts"].get("tls") or {}):
            certificate = facts.get("certificate")
            if isinstance(certificate, str) and certificate:
                digest = hashlib.sha256(bytes.fromhex(certificate)).hexdigest()
                endpoint = served.setdefault(endpoint_text(observation), {})
                endpoint.setdefault(digest, observation)
    return served


def certificate_on_disk(config: HostConfig) -> t.Iterable[Finding]:
    on_disk = {
        entry["sha256"]: path
        for path, entry in config.facts["certificates"].items()
        if entry["sha256"]
    }
    served = served_certificates(config.context)
    if not on_disk:
        sentence = "No daemon that was read names a file with a certificate."
        if served:
            yield host_finding(UNKNOWN, sentence, "")
        else:
            yield host_finding(NOT_APPLICABLE, sentence, "", reason=NO_SUBJECT)
        return
    if not served:
        yield host_finding(UNKNOWN, "No certificate was seen from outside.", "")
    for certificates in served.values():
        yield _served_finding(config, certificates, on_disk)


def _served_finding(
    config: HostConfig,
    certificates: t.Mapping[str, Observation],
    on_disk: t.Mapping[str, str],
) -> Finding:
    """Whether the certificates of one endpoint are in files of the host."""
    files = config.facts["certificates"]
    unread = [path for path, entry in files.items() if not entry["sha256"]]
    stale = [digest for digest in certificates if digest not in on_disk]
    if stale and unread:
        status = UNKNOWN
        sentence = (
            "The served certificate is in no file that could be read; not read: "
            f"{config.not_read(*unread)}."
        )
    elif stale:
        status = FAIL
        sentence = (
            "The served certificate is in none of the files: the daemon was not reloaded, or "
            "something else answers here."
        )
    else:
        status = PASS
        paths = dict.fromkeys(on_disk[digest] for digest in certificates)
        sentence = f"The served certificate is in {', '.join(paths)}."
    digests = stale or list(certificates)
    lines = [("*", f"served: sha256 {digest}") for digest in digests]
    lines += [
        ("*", f"{path}: sha256 {entry['sha256']}, written {_time_text(entry['mtime'])}")
        for path, entry in files.items()
        if stale or entry["sha256"] in certificates
    ]
    return with_host_lines(finding(status, sentence, certificates[digests[0]]), *lines)


def _time_text(timestamp: int | None) -> str:
    if timestamp is None:
        return "at an unknown time"
    return datetime.datetime.fromtimestamp(timestamp, datetime.UTC).isoformat(timespec="seconds")


def certificate_renewed(config: HostConfig) -> t.Iterable[Finding]:
    minimum = config.context.policy["certificate_days"]
    for path, entry in config.facts["certificates"].items():
        if not entry["not_after"]:
            reason = config.not_read("openssl") or path
            yield host_finding(UNKNOWN, f"Not read: {reason}.", path)
            continue
        remaining = datetime.datetime.fromisoformat(entry["not_after"]) - config.context.now
        days = int(remaining.total_seconds() // 86400)
        problems = []
        if remaining.total_seconds() < minimum * 86400:
            clause = f"the certificate has {days} days left; the policy requires {minimum}"
            problems.append(Problem(clause))
        compliant = f"The certificate in the file is valid for another {days} days."
        lines = [("*", f"{path}: notAfter={entry['not_after']}")]
        yield problems_finding(problems, compliant, path, lines)


def next_key_published(config: HostConfig) -> t.Iterable[Finding]:
    context, next_keys = config.context, config.facts.get("next_keys", {})
    if not next_keys:
        return
    without_dns = why_no_answers(context)
    if without_dns or _model.is_address(context.target.name):
        sentence = "The host was given as an address, so it has no TLSA record."
        yield without_dns or host_finding(NOT_APPLICABLE, sentence, "", reason=NO_SUBJECT)
        return
    view = StoredAnswers(context, context.target.name)
    port = context.target.port("smtp")
    try:
        answer, _hosts = view.replay(domain_queries.tlsa(context.target.name, port))
    except UnseenError as exc:
        yield view.finding(UNKNOWN, f"Not seen: {str(exc).rstrip('.')}.", exc.answer)
        return
    records = [record for record in usable(answer) if record.usage == 3 and record.selector == 1]
    for path, key in next_keys.items():
        status, sentence = _next_key_verdict(path, key, records)
        if status == PASS and not answer.secure:
            insecure = "it is not secured by DNSSEC, so senders ignore it"
            reason = view.unvalidated if answer.secure is None else insecure
            status, sentence = UNKNOWN, f"A TLSA record matches the next key {path}, but {reason}."
        note = f"{path}: public part, sha256 {key.get('spki_sha256') or 'unknown'}"
        yield view.finding(status, sentence, decisive=(answer,), notes=(note,))


def _next_key_verdict(
    path: str, key: t.Mapping[str, t.Any], records: t.Sequence[Tlsa]
) -> tuple[str, str]:
    """The status and the sentence for one next key."""
    if not key.get("spki_sha256"):
        return UNKNOWN, f"The key {path} could not be read."
    digests = {1: key.get("spki_sha256"), 2: key.get("spki_sha512")}
    matching = [record for record in records if record.data.hex() == digests.get(record.matching)]
    if not matching:
        return FAIL, f"No TLSA record matches the next key {path}."
    return PASS, f"The next key {path} is published: {matching[0]}"


def _dkim_keys(facts: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    keys = (facts.get("opendkim") or {}).get("keys", {})
    return {key["path"]: key for key in keys.values()}


#: The files with secrets, of each part of the facts that has some.
_SECRETS: tuple[t.Callable[[t.Mapping[str, t.Any]], t.Mapping[str, t.Any]], ...] = (
    lambda facts: facts.get("keys", {}),
    lambda facts: facts.get("next_keys", {}),
    _dkim_keys,
    lambda facts: (facts.get("dovecot") or {}).get("passwords", {}),
)


def secrets_unreadable(config: HostConfig) -> t.Iterable[Finding]:
    """Checks the modes of the keys of TLS and DKIM, and of the tables of passwords."""
    return isolated(config, *(functools.partial(_secret_files, part) for part in _SECRETS))


def _secret_files(
    files_of: t.Callable[[t.Mapping[str, t.Any]], t.Mapping[str, t.Any]], config: HostConfig
) -> t.Iterable[Finding]:
    """Whether some files with secrets are closed to other users."""
    for path, entry in files_of(config.facts).items():
        if "mode" in entry:
            yield _mode_finding(path, entry)
        else:
            reason = config.not_read(path) or path
            yield host_finding(UNKNOWN, f"Not read: {reason}.", path)


def _mode_finding(path: str, entry: t.Mapping[str, t.Any]) -> Finding:
    """Whether a file with a secret is closed to every user but its owner and group."""
    mode, owner, group = int(entry["mode"], 8), entry["owner"], entry["group"]
    problems = []
    if mode & 0o004:
        problems.append(Problem("every user of the host can read the file"))
    if mode & 0o022:
        writers = "every user of the host" if mode & 0o002 else f"the group {group}"
        problems.append(Problem(f"{writers} can change the file"))
    readers = f"{owner} and the group {group}" if mode & 0o040 else owner
    compliant = f"Only {readers} can read the file."
    lines = [("*", f"{path}: {entry['mode']} {owner}:{group}")]
    return problems_finding(problems, compliant, path, lines)


CHECKS = (
    Check(
        id="certificate_on_disk",
        title="Each served certificate is in a configured file on disk (daemon reloaded)",
        title_failed="Served certificate differs from the files on disk",
        group="host",
        severity="medium",
        evaluate=per_host_config(certificate_on_disk, "No daemon names a certificate."),
        control=(
            "A certificate has to be seen from outside in this run, and a file on the host "
            "has to be readable."
        ),
        false_pass=(
            "It would have to serve this client the certificate on disk, and others another one."
        ),
        impact=(
            "The renewed certificate is not loaded. Clients see the old one until it expires, "
            "perhaps on one port only."
        ),
        fix={
            "roles": "Run the certificate role again; it reloads the daemons.",
            "postfix": "Run postfix reload after each renewal.",
            "exim": (
                "Exim loads a changed file by itself: check tls_certificate, and what answers at "
                "the address."
            ),
            "dovecot": "Run doveadm reload after each renewal.",
            "any": "Set a deploy hook in the ACME client that reloads the daemons.",
        },
        references=("https://www.postfix.org/TLS_README.html#server_cert_key",),
    ),
    Check(
        id="certificate_renewed",
        title="Certificate files on disk have at least the policy's days before expiry",
        title_failed="Certificate file on disk not renewed in time",
        group="host",
        severity="medium",
        evaluate=per_host_config(
            certificate_renewed, "No daemon that was read names a file with a certificate."
        ),
        control="None needed: the dates of the certificate on disk are the evidence.",
        false_pass="The daemon would have to use a file that its configuration does not name.",
        impact=(
            "Renewal fails unnoticed. When the certificate expires, clients and senders that "
            "verify it stop."
        ),
        fix={
            "roles": (
                "Find out why the certificate role did not renew it. Set certificate_renew_days "
                "above the policy's certificate_days."
            ),
            "any": "Run the ACME client by hand and read its log.",
        },
        references=(rfc(5280, "4.1.2.5"),),
    ),
    Check(
        id="next_key_published",
        title="A TLSA 3 1 x record is published for each declared next key (DANE rollover)",
        title_failed="No TLSA record for a declared next key",
        group="host",
        severity="low",
        evaluate=per_host_config(
            next_key_published,
            "No key for the next certificate is declared (next_keys).",
        ),
        control=(
            "An answer of the DNS with the TLSA records has to be seen; without one the "
            "verdict is unknown."
        ),
        false_pass="The resolver would have to show other records than the world sees.",
        impact=(
            "When the new key comes into use, senders that use DANE defer mail until the old "
            "record has expired from caches."
        ),
        fix={
            "roles": (
                "Publish a TLSA 3 1 1 record for each key file in audit_next_keys, two TTLs "
                "before the key is used."
            ),
            "dns": (
                "Publish _25._tcp.HOST TLSA 3 1 1 with the output of: openssl pkey -in KEY "
                "-pubout -outform DER | openssl sha256."
            ),
        },
        references=(rfc(7671, "8.1"), rfc(7672)),
        peers=("Internet.nl (counts records)",),
    ),
    Check(
        id="secrets_unreadable",
        title="TLS/DKIM keys, password files: not world-readable, not group-writable",
        title_failed="Key or password file readable or writable by other users",
        group="host",
        severity="high",
        evaluate=per_host_config(
            secrets_unreadable, "No file with a key or with passwords is known."
        ),
        control="None needed: owner, group and mode of the file are the evidence.",
        false_pass=(
            "Its key would have to be readable by an access list, or by a copy in another place."
        ),
        impact=(
            "A local user who reads a key can impersonate the host or sign in its name. One who "
            "can write it can stop mail."
        ),
        fix={
            "roles": "Run the roles again; they set owner, group and mode.",
            "postfix": "Set mode 0600 and owner root for the TLS key.",
            "exim": "Set mode 0640 and the group Debian-exim, or that of Exim, for keys.",
            "dovecot": (
                "Set mode 0600 for the TLS key, and 0640 with the group dovecot for the "
                "passwd-file."
            ),
            "opendkim": "Set mode 0600 and owner opendkim for the DKIM key.",
        },
        references=(
            "https://www.postfix.org/TLS_README.html#server_cert_key",
            "https://manpages.debian.org/stable/opendkim/opendkim.conf.5.en.html",
        ),
    ),
)
