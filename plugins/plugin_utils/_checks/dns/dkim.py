# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of published DKIM keys: one valid record for each selector, with a strong key (RFC
6376, 8301, 8463).

The host group compares the keys that a host signs with to these.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    UNKNOWN,
    Finding,
)

from ..._dns.fields import (
    FOLDING_BLANKS,
    list_problems,
    shortened,
    tag_values,
    without_blanks,
)
from ..._dns.queries import require_one
from ..base import Check, rfc
from ..tls import x509
from .lookup import NO_CRYPTOGRAPHY, StoredAnswers, per_subject, problem_finding

if t.TYPE_CHECKING:
    from ..base import AuditContext

MIN_BITS = 2048
#: Receivers reject shorter keys (RFC 8301 section 3.2).
MIN_ACCEPTED_BITS = 1024
ED25519_OCTETS = 32
KEY_TYPES = ("rsa", "ed25519")


class Key(t.NamedTuple):
    """A published key. kind: rsa or ed25519; data: what p= holds; problems: what is wrong, in
    words.
    """

    kind: str
    data: bytes
    problems: tuple[str, ...]


def key(record: str) -> Key:
    """Read a key record (RFC 6376 sections 3.2 and 3.6.1)."""
    problems = list_problems(record, FOLDING_BLANKS)
    if problems:
        return Key("", b"", tuple(problems))
    pairs = tag_values(record, FOLDING_BLANKS)
    values = dict(pairs)
    if "v" in values and pairs[0] != ("v", "DKIM1"):
        problems.append("v= is not DKIM1 at the beginning")
    data = _decoded(values, problems)
    if "h" in values and "sha256" not in _words(values["h"]):
        problems.append(f"h={shortened(values['h'])} does not permit sha256")
    if "t" in values and "y" in _words(values["t"]):
        problems.append("t=y declares a test, so receivers may ignore the key")
    if not {"*", "email"} & _words(values.get("s", "*")):
        problems.append(f"s={shortened(values['s'])} does not permit e-mail")
    kind = values.get("k", KEY_TYPES[0]).lower()
    if kind not in KEY_TYPES:
        problems.append(f"k={shortened(kind)} is no key type that receivers know")
    return Key(kind, data, tuple(problems))


def _decoded(values: t.Mapping[str, str], problems: list[str]) -> bytes:
    """The octets of p=; adds to the problems if there are none."""
    if "p" not in values:
        problems.append("there is no key in it (p=)")
        return b""
    text = without_blanks(values["p"])
    if not text:
        problems.append("the key is revoked (p= is empty)")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        problems.append("p= is no base64")
        return b""


def _words(value: str) -> set[str]:
    """The words of a value that are separated by colons."""
    return {word.strip(FOLDING_BLANKS).lower() for word in value.split(":")}


def strength(public_key: Key) -> str:
    """What is wrong with the size of a key, in words; raises ValueError if it cannot be read."""
    if public_key.kind == "ed25519":
        octets = len(public_key.data)
        wrong = f"the key has {octets} octets, not {ED25519_OCTETS}"
        return "" if octets == ED25519_OCTETS else wrong
    bits = x509.rsa_bits(public_key.data)
    if bits < MIN_ACCEPTED_BITS:
        return f"the key has {bits} bits, which receivers reject; use {MIN_BITS}"
    return f"the key has {bits} bits; use {MIN_BITS}" if bits < MIN_BITS else ""


def _selector(view: StoredAnswers) -> t.Iterable[Finding]:
    answer = view.replay(require_one(view.subject, "TXT"))
    if not answer.records:
        yield view.finding(FAIL, "There is no DKIM record.")
        return
    if len(answer.records) > 1:
        text = f"There are {len(answer.records)} DKIM records; there must be one."
        yield view.finding(FAIL, text)
        return
    public_key = key(answer.records[0])
    problems = list(public_key.problems)
    if public_key.data and public_key.kind in KEY_TYPES:
        if public_key.kind == "rsa" and x509.CRYPTOGRAPHY_IMPORT_ERROR:
            yield view.finding(UNKNOWN, f"{NO_CRYPTOGRAPHY}, so the key cannot be read.")
            return
        try:
            problems += filter(None, [strength(public_key)])
        except ValueError as exc:
            reason = str(exc).partition("\n")[0].rstrip(".")
            problems.append(f"p= cannot be read as a key: {reason}")
    yield problem_finding(view, problems, f"The key is valid ({public_key.kind}).")


def dkim_records(context: AuditContext) -> list[Finding]:
    subjects = [
        f"{name}._domainkey.{domain}"
        for domain in context.target.domains
        for name in context.target.dkim_selectors
    ]
    missing = (
        "DKIM selector is declared (dkim_selectors)"
        if context.target.domains
        else "domain is declared (domains)"
    )
    no_selector = Finding(NOT_APPLICABLE, f"No {missing}.", reason=NO_SUBJECT)
    return per_subject(context, subjects, no_selector, _selector)


CHECKS = (
    Check(
        id="dkim_records",
        title="DKIM keys of the declared selectors are valid: RSA >= 2048 bits or Ed25519",
        title_failed="DKIM key record missing, revoked, malformed or too weak",
        group="dns",
        severity="high",
        evaluate=dkim_records,
        control="None needed: the record itself is the evidence.",
        false_pass=(
            "Mail is signed with a selector that is not declared, or the private key is another."
        ),
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
