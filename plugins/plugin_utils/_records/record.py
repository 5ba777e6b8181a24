# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A DNS record to publish, and a set of them: its order, and what may not stand side by side.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError

#: What each record is for: one sentence, with the standard that asks for it.
PURPOSES = {
    "address": "Leads to the host or server by its name (RFC 1035 section 3.4.1, RFC 3596).",
    "autoconfig": "Leads mail programs to the settings of the domain.",
    "caa": "Names the authority that may issue certificates for the host (RFC 8659, RFC 8657).",
    "dkim": "Lets receivers verify the signatures of the domain (RFC 6376 section 3.6).",
    "dmarc": "Tells receivers what to do with mail that has a forged From (RFC 9989).",
    "dmarc_authorization": "Accepts the DMARC reports about another domain (RFC 9990).",
    "mta_sts": "Tells senders that there is a policy that requires TLS (RFC 8461 section 3.1).",
    "mta_sts_host": "Leads senders to the server of the MTA-STS policy (RFC 8461 section 3.3).",
    "mx": "Names the host that accepts mail for the domain (RFC 5321 section 5.1).",
    "parked": "Says that the domain has no mail (RFC 7505, RFC 7208 section 10.1.2, RFC 9989).",
    "reverse": "Has receivers find the name of the sending address (RFC 1912 section 2.1).",
    "service": "Has mail programs find the server, or learn that there is none (RFC 6186, 8314).",
    "spf": "Names the addresses that may send for the name (RFC 7208).",
    "tls_rpt": "Names who receives reports of failed TLS (RFC 8460 section 3).",
    "tlsa": "Pins the key of the host; counts in zones signed with DNSSEC (RFC 7672 section 3.1).",
}
TYPES = ("MX", "A", "AAAA", "CNAME", "TXT", "CAA", "TLSA", "SRV", "PTR")
#: The longest name as text (RFC 1035 section 3.1).
_MAX_NAME = 253
#: The version that a TXT record begins with; receivers use none of two records of one version.
_VERSION = re.compile(r"v\s*=\s*([^;\s]+)", re.IGNORECASE)
#: At such a name all texts are keys (RFC 6376 section 3.6.2.2), and one without a version is too.
_KEYS = "._domainkey."
_SAME = "set the same values for all hosts"
#: What two texts of one purpose are called, and what to do.
_REMEDIES = {
    "dkim": ("dkim", "set a selector of its own for each host (opendkim_selector)"),
    "published": ("TXT", "give one of them"),
}


class Record(t.NamedTuple):
    """A record. name: absolute, in lower case, without its last dot. ttl: seconds. value: in
    presentation format (RFC 1035 section 5.1), with absolute names that end in a dot; the text of a
    TXT record whole and without quotes. purpose: a key of PURPOSES.
    """

    name: str
    type: str
    ttl: int
    value: str
    purpose: str

    @property
    def why(self) -> str:
        """The sentence of its purpose."""
        return PURPOSES[self.purpose]

    @property
    def tag(self) -> str:
        """What tells the text of a TXT record from those of other owners, such as v=spf1."""
        return tag_of(self.name, self.value)

    def data(self) -> dict[str, t.Any]:
        """The record as plain data."""
        return {**self._asdict(), "why": self.why}


def tag_of(name: str, text: str) -> str:
    """What tells a text at a name from those of other owners: the version that it begins with, in
    lower case; the whole text where it has none.
    """
    if _KEYS in f".{name}.":
        return "v=dkim1"
    version = _VERSION.match(text)
    return f"v={version[1].lower()}" if version else text


def in_order(records: t.Iterable[Record]) -> list[Record]:
    """Each record once, in an order that depends on nothing but the records: names from the root
    down, then types, then values; reverse names, which others publish, at the end.

    Records of one name and type have the lowest of their times to live (RFC 2181 section 5.2).
    Raises ModelError where some exclude each other.
    """
    unique = {(one.name, one.type, one.value): one for one in sorted(records, reverse=True)}
    lowest: dict[tuple[str, str], int] = {}
    for one in unique.values():
        key = (one.name, one.type)
        lowest[key] = min(one.ttl, lowest.get(key, one.ttl))
    found = [one._replace(ttl=lowest[one.name, one.type]) for one in unique.values()]
    _refuse_conflicts(found)
    return sorted(found, key=_place)


def _place(record: Record) -> tuple[t.Any, ...]:
    labels = record.name.split(".")[::-1]
    return record.type == "PTR", labels, TYPES.index(record.type), record.value, record.purpose


def _refuse_conflicts(records: t.Sequence[Record]) -> None:
    """Refuse an alias beside other records (RFC 1034 section 3.6.2), two texts of which receivers
    would use none, and a name that is too long.
    """
    by_name: dict[str, list[Record]] = {}
    for record in records:
        by_name.setdefault(record.name, []).append(record)
    for name, found in by_name.items():
        aliases = [record for record in found if record.type == "CNAME"]
        if aliases and len(found) > 1:
            raise ModelError(
                f"{name} would be an alias of {aliases[0].value} and have other records too; "
                "give addresses in place of the name, or another name."
            )
        if len(name) > _MAX_NAME:
            raise ModelError(f"{name} has more than {_MAX_NAME} characters; choose shorter names.")
        _refuse_twice([record for record in found if record.type == "TXT"])


def _refuse_twice(texts: t.Sequence[Record]) -> None:
    tags = [record.tag for record in texts]
    for record in texts:
        if tags.count(record.tag) > 1:
            kind, remedy = _REMEDIES.get(record.purpose, (record.purpose, _SAME))
            raise ModelError(
                f"{record.name} would have different {kind} records, and receivers use none of "
                f"them; {remedy}."
            )
