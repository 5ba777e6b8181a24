# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLSA records: which of them clients can use, and which match a certificate (RFC 6698, 7671).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

from ..tls import x509

if t.TYPE_CHECKING:
    from ..._dns.queries import Answer

#: A record as text: three numbers of an octet, and data, which odd records lack.
_RECORD = re.compile(r"([0-9]{1,3})\s+([0-9]{1,3})\s+([0-9]{1,3})((?:\s*[0-9A-Fa-f]{2})*)\s*")
_DIGESTS = {1: "sha256", 2: "sha512"}
_OCTETS = {1: 32, 2: 64}
#: Certificate usages: an authority or a certificate, beside the trust of the client (0, 1; RFC 6698
#: section 2.1.1) or in place of it.
PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = 0, 1, 2, 3
#: Those that senders of mail use (RFC 7672 section 3.1).
OF_SENDERS = (DANE_TA, DANE_EE)


class Tlsa(t.NamedTuple):
    """A TLSA record: usage (3, 1: this certificate, 2, 0: its authority), selector (0: all, 1: the
    key), matching type, data, and the record as text.
    """

    usage: int
    selector: int
    matching: int
    data: bytes
    record: str = ""

    @property
    def of_authority(self) -> bool:
        """Whether it is about the authority."""
        return self.usage in (PKIX_TA, DANE_TA)

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data.hex()[:16]}[...]"


def usable(answer: Answer, usages: t.Container[int] = OF_SENDERS) -> list[Tlsa]:
    """The records with one of some usages that clients can use; of digests only the strongest."""
    records = []
    for text in answer.records:
        parts = _RECORD.fullmatch(text)
        if parts is None:
            continue
        usage, selector, matching = (int(part) for part in parts.groups()[:3])
        data = bytes.fromhex("".join(parts.group(4).split()))
        length = _OCTETS.get(matching, len(data))
        valid = selector in (0, 1) and matching in (0, 1, 2) and len(data) == length and data
        if valid and usage in usages:
            records.append(Tlsa(usage, selector, matching, data, text))
    strongest = {(record.usage, record.selector) for record in records if record.matching == 2}
    return [
        record
        for record in records
        if record.matching != 1 or (record.usage, record.selector) not in strongest
    ]


def matches(record: Tlsa, der: bytes) -> bool:
    """Whether a record matches a certificate; raises ValueError if that cannot be read."""
    data = der if record.selector == 0 else x509.public_key(der)
    if record.matching:
        data = hashlib.new(_DIGESTS[record.matching], data).digest()
    return record.data == data


def is_matching(record: Tlsa, der: bytes) -> bool:
    """Whether a record matches a certificate that may be unreadable."""
    try:
        return matches(record, der)
    except ValueError:
        return False
