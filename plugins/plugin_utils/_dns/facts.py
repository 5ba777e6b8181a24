# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of DNS queries and of the MTA-STS policy, as observations keep them.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import TlsFacts


class DnsFacts(t.TypedDict, total=False):
    """The answer to one DNS query.

    state: records, nodata or nxdomain.
    records: the records, in presentation format.
    chain: the names that CNAME records led to.
    ttl: the lowest time to live, in seconds.
    ad: whether the resolver says that it validated the answer.
    signatures: covers, algorithm, signer and expires of each RRSIG.
    """

    state: str
    records: list[str]
    chain: list[str]
    ttl: int
    ad: bool
    signatures: list[dict[str, t.Any]]


class MtaStsFacts(t.TypedDict, total=False):
    """The answer to a request for the MTA-STS policy.

    tls: the handshake.
    verify_error: why the certificate is not trusted.
    status: the HTTP status.
    content_type: the header Content-Type.
    location: the header Location.
    octets: the length of the body.
    policy: the body, empty where it is too long.
    places: status, headers and policy: the place of each in the transcript.
    """

    tls: TlsFacts
    verify_error: str
    status: int
    content_type: str
    location: str
    octets: int
    policy: str
    places: dict[str, dict[str, list[int]]]


#: By the name in observations.
FACTS = {"dns": DnsFacts, "mta_sts": MtaStsFacts}
