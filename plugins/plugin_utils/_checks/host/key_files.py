# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges the certificates and keys on the disk, beside those that were served and published.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import hashlib
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN

from ..._dns import domain_queries as inquiries
from ..._dns.queries import UnseenError
from ..base import subject
from ..dns.dane import usable
from ..dns.lookup import VALIDATE, View, blind
from .base import Truth, say, settle, truth

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

    from ..base import Observation, Scene


def served(scene: Scene) -> dict[str, dict[str, Observation]]:
    """Every certificate that was served, by endpoint: its SHA-256, and where it was seen."""
    found: dict[str, dict[str, Observation]] = {}
    for seen in scene.observations:
        if seen["service"] in _model.SERVICES:
            for facts in (seen["facts"], seen["facts"].get("tls") or {}):
                text = facts.get("certificate")
                if isinstance(text, str) and text:
                    digest = hashlib.sha256(bytes.fromhex(text)).hexdigest()
                    found.setdefault(subject(seen), {}).setdefault(digest, seen)
    return found


def _on_disk(held: Truth) -> t.Iterable[Finding]:
    disk = {entry["sha256"]: path for path, entry in held.facts["certificates"].items() if entry["sha256"]}
    unread = [path for path, entry in held.facts["certificates"].items() if not entry["sha256"]]
    seen_at = served(held.scene)
    if not disk:
        yield say(UNKNOWN if seen_at else NOT_APPLICABLE, "No file with a certificate is named by a daemon that was read.", "")
        return
    if not seen_at:
        yield say(UNKNOWN, "No certificate was seen from outside.", "")
    lines = [("*", "%s: sha256 %s, written %s" % (path, entry["sha256"], _when(entry["mtime"])))
             for path, entry in held.facts["certificates"].items()]  # fmt: skip
    for place, certificates in seen_at.items():
        stale = [digest for digest in certificates if digest not in disk]
        if stale and unread:
            yield say(UNKNOWN, "Served is a certificate that is in no file that could be read; not read: %s." % held.lost(*unread), place)
        elif stale:
            text = "Served is a certificate that is in none of the files: the daemon was not reloaded, or something else answers here."
            told = tuple((line[0], line[1]) for line in certificates[stale[0]]["transcript"])
            yield say(FAIL, text, place, *told, ("*", "served: sha256 " + stale[0]), *lines)
        else:
            yield say(PASS, "Served is what is in %s." % ", ".join(disk[digest] for digest in certificates), place)


def _when(moment: int | None) -> str:
    if moment is None:
        return "at an unknown time"
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).isoformat(timespec="seconds")


def _ends(held: Truth) -> t.Iterable[Finding]:
    wanted = held.scene.policy["certificate_days"]
    for path, entry in held.facts["certificates"].items():
        if not entry["not_after"]:
            yield say(UNKNOWN, "Not read: %s." % (held.lost("openssl") or path), path)
            continue
        left = (datetime.datetime.fromisoformat(entry["not_after"]) - held.scene.now).total_seconds() / 86400
        evidence = ("*", "%s: notAfter=%s" % (path, entry["not_after"]))
        bad = ["the file was not renewed: it has %d days left, the policy asks for %d" % (left, wanted)] if left < wanted else []
        yield settle(bad, "", "The certificate in the file is good for another %d days." % left, path, evidence)


def _next(held: Truth) -> t.Iterable[Finding]:
    scene, declared = held.scene, held.facts.get("next_keys", {})
    if not declared:
        return
    missing = blind(scene)
    if missing or _model.is_address(scene.target.name):
        yield missing or say(NOT_APPLICABLE, "The host was given as an address, so it has no TLSA record.", "")
        return
    view = View(scene, scene.target.name)
    try:
        answer, _hosts = view.lead(inquiries.tlsa(scene.target.name, scene.target.port("smtp")))
    except UnseenError as exc:
        yield view.say(UNKNOWN, "Not seen: %s." % str(exc).rstrip("."), exc.answer)
        return
    records = [record for record in usable(answer) if record.usage == 3 and record.selector == 1]
    for path, entry in declared.items():
        wanted = {1: entry.get("spki_sha256"), 2: entry.get("spki_sha512")}
        match = [record for record in records if record.data.hex() == wanted.get(record.matching)]
        if not entry.get("spki_sha256"):
            yield view.say(UNKNOWN, "The key %s could not be read." % path)
        elif not match:
            yield view.say(FAIL, "No TLSA record is of the next key %s." % path)
        elif not answer.secure:
            yield view.say(UNKNOWN, "There is a TLSA record of the next key %s, but %s." % (path, VALIDATE))
        else:
            yield view.say(PASS, "The next key %s is published: %s" % (path, match[0]))


def _files(held: Truth) -> t.Iterable[Finding]:
    """Every file with a secret, as far as it is known: keys of TLS and DKIM, and tables of passwords."""
    found = {**held.facts.get("keys", {}), **held.facts.get("next_keys", {})}
    found.update({entry["path"]: entry for entry in (held.facts.get("opendkim") or {}).get("keys", {}).values()})
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
            bad.append("%s may change it" % ("every user of the host" if mode & 0o002 else "the group %s" % entry["group"]))
        evidence = ("*", "%s: %s %s:%s" % (path, entry["mode"], entry["owner"], entry["group"]))
        yield settle(bad, "", "Only %s may read it." % (entry["owner"] if not mode & 0o040 else "%s and the group %s" %
                     (entry["owner"], entry["group"])), path, evidence)  # fmt: skip


judge_on_disk = truth(_on_disk, "No daemon names a certificate.")
judge_ends = truth(_ends, "No daemon that was read names a file with a certificate.")
judge_next = truth(_next, "No key is declared to be prepared for the next certificate (next_keys).")
judge_files = truth(_files, "No file with a key or with passwords is known.")
