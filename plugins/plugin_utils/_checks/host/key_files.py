# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges the certificates and keys on the disk, beside those that were served and published.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import hashlib
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)

from ..._dns import domain_queries as inquiries
from ..._dns.queries import UnseenError
from ..base import Check, endpoint_text, rfc
from ..dns.dane import usable
from ..dns.lookup import VALIDATE, StoredAnswers, why_no_answers
from .base import Truth, host_fact, say, settle

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

    from ..base import AuditContext, Observation


def served(context: AuditContext) -> dict[str, dict[str, Observation]]:
    """Every certificate that was served, by endpoint: its SHA-256, and where it was seen."""
    found: dict[str, dict[str, Observation]] = {}
    for seen in context.observations:
        if seen["service"] in _model.SERVICES:
            for facts in (seen["facts"], seen["facts"].get("tls") or {}):
                text = facts.get("certificate")
                if isinstance(text, str) and text:
                    digest = hashlib.sha256(bytes.fromhex(text)).hexdigest()
                    found.setdefault(endpoint_text(seen), {}).setdefault(digest, seen)
    return found


def certificate_on_disk(held: Truth) -> t.Iterable[Finding]:
    disk = {
        entry["sha256"]: path
        for path, entry in held.facts["certificates"].items()
        if entry["sha256"]
    }
    unread = [path for path, entry in held.facts["certificates"].items() if not entry["sha256"]]
    seen_at = served(held.context)
    if not disk:
        yield say(
            UNKNOWN if seen_at else NOT_APPLICABLE,
            "No file with a certificate is named by a daemon that was read.",
            "",
        )
        return
    if not seen_at:
        yield say(UNKNOWN, "No certificate was seen from outside.", "")
    lines = [("*", f"{path}: sha256 {entry['sha256']}, written {_when(entry['mtime'])}")
             for path, entry in held.facts["certificates"].items()]  # fmt: skip
    for place, certificates in seen_at.items():
        stale = [digest for digest in certificates if digest not in disk]
        if stale and unread:
            yield say(
                UNKNOWN,
                (
                    "Served is a certificate that is in no file that could be read; not read: "
                    f"{held.lost(*unread)}."
                ),
                place,
            )
        elif stale:
            text = (
                "Served is a certificate that is in none of the files: the daemon was not "
                "reloaded, or something else answers here."
            )
            told = tuple((line[0], line[1]) for line in certificates[stale[0]]["transcript"])
            yield say(FAIL, text, place, *told, ("*", "served: sha256 " + stale[0]), *lines)
        else:
            yield say(
                PASS,
                f"Served is what is in {', '.join(disk[digest] for digest in certificates)}.",
                place,
            )


def _when(moment: int | None) -> str:
    if moment is None:
        return "at an unknown time"
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).isoformat(timespec="seconds")


def certificate_renewed(held: Truth) -> t.Iterable[Finding]:
    wanted = held.context.policy["certificate_days"]
    for path, entry in held.facts["certificates"].items():
        if not entry["not_after"]:
            yield say(UNKNOWN, "Not read: %s." % (held.lost("openssl") or path), path)
            continue
        left = (
            datetime.datetime.fromisoformat(entry["not_after"]) - held.context.now
        ).total_seconds() / 86400
        evidence = ("*", f"{path}: notAfter={entry['not_after']}")
        bad = (
            [f"the file was not renewed: it has {left} days left, the policy asks for {wanted}"]
            if left < wanted
            else []
        )
        yield settle(
            bad, "", f"The certificate in the file is good for another {left} days.", path, evidence
        )


def next_key_published(held: Truth) -> t.Iterable[Finding]:
    context, declared = held.context, held.facts.get("next_keys", {})
    if not declared:
        return
    missing = why_no_answers(context)
    if missing or _model.is_address(context.target.name):
        yield missing or say(
            NOT_APPLICABLE, "The host was given as an address, so it has no TLSA record.", ""
        )
        return
    view = StoredAnswers(context, context.target.name)
    try:
        answer, _hosts = view.replay(
            inquiries.tlsa(context.target.name, context.target.port("smtp"))
        )
    except UnseenError as exc:
        yield view.finding(UNKNOWN, f"Not seen: {str(exc).rstrip('.')}.", exc.answer)
        return
    records = [record for record in usable(answer) if record.usage == 3 and record.selector == 1]
    for path, entry in declared.items():
        wanted = {1: entry.get("spki_sha256"), 2: entry.get("spki_sha512")}
        match = [record for record in records if record.data.hex() == wanted.get(record.matching)]
        if not entry.get("spki_sha256"):
            yield view.finding(UNKNOWN, f"The key {path} could not be read.")
        elif not match:
            yield view.finding(FAIL, f"No TLSA record is of the next key {path}.")
        elif not answer.secure:
            yield view.finding(
                UNKNOWN, f"There is a TLSA record of the next key {path}, but {VALIDATE}."
            )
        else:
            yield view.finding(PASS, f"The next key {path} is published: {match[0]}")


def secrets_unreadable(held: Truth) -> t.Iterable[Finding]:
    """Every file with a secret, as far as it is known: keys of TLS and DKIM, and tables of
    passwords.
    """
    found = {**held.facts.get("keys", {}), **held.facts.get("next_keys", {})}
    found.update(
        {
            entry["path"]: entry
            for entry in (held.facts.get("opendkim") or {}).get("keys", {}).values()
        }
    )
    found.update((held.facts.get("dovecot") or {}).get("passwords", {}))
    for path, entry in found.items():
        if "mode" not in entry:
            yield say(UNKNOWN, "Not read: %s." % (held.lost(path) or path), path)
            continue
        mode = int(entry["mode"], 8)
        bad = []
        if mode & 0o004:
            bad.append("every user of the host may read it")
        if mode & 0o022:
            bad.append(
                "%s may change it"
                % ("every user of the host" if mode & 0o002 else "the group %s" % entry["group"])
            )
        evidence = ("*", f"{path}: {entry['mode']} {entry['owner']}:{entry['group']}")
        yield settle(bad, "", "Only %s may read it." % (entry["owner"] if not mode & 0o040 else "%s and the group %s" %
                     (entry["owner"], entry["group"])), path, evidence)  # fmt: skip


CHECKS = (
    Check(
        id="certificate_on_disk",
        title="Each served certificate is in a configured file on disk (daemon reloaded)",
        title_failed="Served certificate differs from the files on disk",
        group="host",
        severity="medium",
        evaluate=host_fact(certificate_on_disk, "No daemon names a certificate."),
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
        evaluate=host_fact(
            certificate_renewed, "No daemon that was read names a file with a certificate."
        ),
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
        evaluate=host_fact(
            next_key_published,
            "No key is declared to be prepared for the next certificate (next_keys).",
        ),
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
        evaluate=host_fact(secrets_unreadable, "No file with a key or with passwords is known."),
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
