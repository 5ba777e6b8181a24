# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of DKIM's records: the keys that are published for the selectors that are declared (RFC
6376, 8301, 8463).

What a host signs with is compared to these in the checks of the host's own truth.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NOT_APPLICABLE,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.queries import tags
from ..base import Check, rfc
from ..tls import x509
from .lookup import View, per_subject, problems

if t.TYPE_CHECKING:
    from ..base import AuditContext

MIN_BITS = 2048
ED25519_OCTETS = 32


class Key(t.NamedTuple):
    """A published key. kind: rsa or ed25519; data: what p= holds; problems: what is wrong, in
    words.
    """

    kind: str
    data: bytes
    problems: tuple[str, ...]


def key(record: str) -> Key:
    """Read a key record (RFC 6376 section 3.6.1)."""
    pairs = tags(record)
    values = dict(pairs)
    wrong = []
    if "v" in values and (pairs[0][0] != "v" or values["v"] != "DKIM1"):
        wrong.append("v= is not DKIM1 at the beginning")
    kind = values.get("k", "rsa").lower()
    try:
        data = base64.b64decode("".join(values.get("p", "").split()), validate=True)
    except (binascii.Error, ValueError):
        data = b""
        wrong.append("p= is no base64")
    if not values.get("p"):
        wrong.append(
            "the key is revoked (p= is empty)" if "p" in values else "there is no key in it (p=)"
        )
    if "h" in values and "sha256" not in [word.strip().lower() for word in values["h"].split(":")]:
        wrong.append(f"h={values['h']} does not permit sha256")
    flags = [word.strip().lower() for word in values.get("t", "").split(":")]
    if "y" in flags:
        wrong.append("t=y says that it is only being tested, so receivers may ignore it")
    if not {"*", "email"} & {word.strip().lower() for word in values.get("s", "*").split(":")}:
        wrong.append(f"s={values['s']} does not permit e-mail")
    if kind not in ("rsa", "ed25519"):
        wrong.append(f"k={kind} is no kind of key that receivers know")
    return Key(kind, data, tuple(wrong))


def strength(found: Key) -> str:
    """What is wrong with the size of a key, in words; raises ValueError for what is none."""
    if found.kind == "ed25519":
        return (
            ""
            if len(found.data) == ED25519_OCTETS
            else f"the key has {len(found.data)} octets, not {ED25519_OCTETS}"
        )
    bits = x509.rsa_bits(found.data)
    if bits < MIN_BITS:
        return (
            f"the key has {bits} bits{', which receivers refuse' if bits < 1024 else ''}; use "
            f"{MIN_BITS}"
        )
    return ""


def _selector(view: View) -> t.Iterable[Finding]:
    name, _mark, domain = view.subject.partition("._domainkey.")
    answer = view.lead(domain_queries.selector(name, domain))
    if not answer.records:
        yield problems(view, ["There is no such record"], "")
        return
    if len(answer.records) > 1:
        yield problems(view, [f"There are {len(answer.records)} records; there must be one"], "")
        return
    found = key(answer.records[0])
    wrong = list(found.problems)
    if found.data and found.kind in ("rsa", "ed25519"):
        if found.kind == "rsa" and x509.CRYPTOGRAPHY_IMPORT_ERROR:
            yield view.say(
                UNKNOWN, "The Python package cryptography is missing, so the key cannot be read."
            )
            return
        try:
            wrong += [text for text in (strength(found),) if text]
        except ValueError as exc:
            wrong.append("p= cannot be read as a key: %s" % str(exc).partition("\n")[0].rstrip("."))
    yield problems(view, wrong, f"The key is sound ({found.kind}).")


def dkim_records(context: AuditContext) -> list[Finding]:
    """DKM-01 and DKM-02."""
    subjects = [
        f"{name}._domainkey.{domain}"
        for domain in context.target.domains
        for name in context.target.dkim_selectors
    ]
    return per_subject(
        context,
        subjects,
        Finding(
            NOT_APPLICABLE,
            "No selector is declared (dkim_selectors), so there is no key to look up.",
        ),
        _selector,
    )


CHECKS = (
    Check(
        id="dkim_records",
        title="DKIM keys of the declared selectors are valid: RSA >= 2048 bits or Ed25519",
        title_failed="DKIM key record missing, revoked, malformed or too weak",
        group="dns",
        severity="high",
        evaluate=dkim_records,
        impact=(
            "Receivers treat the mail as unsigned. It fails DMARC where SPF does not help, for "
            "example when it is forwarded."
        ),
        fix={
            "roles": (
                "Publish the record in opendkim_records in full, and declare the selectors as "
                "audit_dkim_selectors."
            ),
            "opendkim": (
                "Generate a key with opendkim-genkey -b 2048 -d DOMAIN -s SELECTOR, and publish "
                "its record."
            ),
            "dns": (
                "Publish one TXT record at SELECTOR._domainkey.DOMAIN: v=DKIM1; k=rsa; p=KEY, "
                "2048 bits or more, in strings of at most 255 characters, without t=y."
            ),
        },
        references=(rfc(6376, "3.6"), rfc(8301, "3.2"), rfc(8463, "4")),
        peers=("DomainDetective", "mox"),
    ),
)
