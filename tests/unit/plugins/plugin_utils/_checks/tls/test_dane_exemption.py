# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A certificate on port 25 needs no authority where a secure TLSA record with usage 3 names it."""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import PASS
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls.dane_exemption import (
    matching_record,
)
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base

#: A host whose TLSA record and addresses are secure.
RECORDED = dns_verdicts.recorded("dane_match", PASS)
LEAF, OTHER = b"leaf", b"other"
SESSION = next(seen for seen in RECORDED.observations if seen["service"] == "smtp")


def record(served: bytes, usage: int = 3, selector: int = 0) -> str:
    """The record of the SHA-256 of a certificate."""
    return f"{usage} {selector} 1 {hashlib.sha256(served).hexdigest()}"


def words(served: bytes) -> str:
    return f"TLSA 3 0 1 {hashlib.sha256(served).hexdigest()[:16]}[...]"


def host(*records: str, served: t.Sequence[bytes] = (LEAF,)) -> base.AuditContext:
    """A host with these records whose handshakes on port 25 show these certificates; one of no
    octets stands for a handshake that failed.
    """
    context = dns_verdicts.with_records(RECORDED, "TLSA", records)
    dns = [seen for seen in context.observations if seen["probe"] == "dns"]
    handshakes = [{**SESSION, "facts": {"certificate": der.hex()} if der else {}} for der in served]
    return dns_verdicts.replaced(context, [*handshakes, *dns])


@pytest.mark.parametrize(
    ("records", "served", "expected"),
    [
        ([record(LEAF)], [LEAF], words(LEAF)),
        ([record(OTHER)], [LEAF], ""),
        ([record(OTHER), record(LEAF)], [LEAF], words(LEAF)),
        ([record(LEAF, usage=2)], [LEAF], ""),
        ([record(LEAF, usage=2), record(OTHER)], [LEAF], ""),
        ([record(LEAF), record(OTHER)], [OTHER, LEAF], words(LEAF)),
        ([record(LEAF)], [b"", LEAF], words(LEAF)),
        ([record(LEAF)], [b""], ""),
        ([record(LEAF)], [], ""),
        # The key of these octets cannot be read.
        ([record(LEAF, selector=1)], [LEAF], ""),
        (["unusable"], [LEAF], ""),
    ],
)
def test_record_with_usage_3_matches_a_certificate_that_was_served(
    records: list[str], served: list[bytes], expected: str
) -> None:
    assert matching_record(host(*records, served=served), SESSION) == expected


@pytest.mark.parametrize("record_type", ["TLSA", "A", "AAAA"])
def test_neither_record_nor_addresses_count_unless_they_are_secure(record_type: str) -> None:
    context = dns_verdicts.with_facts(host(record(LEAF)), record_type, ad=False)
    assert matching_record(context, SESSION) == ""


def test_address_that_does_not_exist_need_not_be_secure() -> None:
    context = dns_verdicts.with_facts(
        host(record(LEAF)), "AAAA", ad=False, state="nodata", records=[], signatures=[]
    )
    assert matching_record(context, SESSION) == words(LEAF)


def test_record_counts_on_port_25_alone() -> None:
    session = {**SESSION, "service": "submission"}
    context = host(record(LEAF))
    context = dns_verdicts.changed(
        context, lambda seen: seen["service"] == "smtp", service="submission"
    )
    assert matching_record(context, session) == ""


def test_record_of_the_port_that_the_target_declares() -> None:
    context = host(record(LEAF))
    target = dataclasses.replace(context.target, ports={"smtp": 2525})
    assert matching_record(dataclasses.replace(context, target=target), SESSION) == ""
    moved = dns_verdicts.changed(
        context,
        lambda seen: seen["params"].get("type") == "TLSA",
        params={"name": f"_2525._tcp.{target.name}", "type": "TLSA", "trusted": True},
    )
    assert matching_record(dataclasses.replace(moved, target=target), SESSION) == words(LEAF)


def test_host_whose_dns_was_not_asked_has_no_record() -> None:
    context = dns_verdicts.without(host(record(LEAF)), lambda seen: seen["probe"] == "dns")
    assert matching_record(context, SESSION) == ""
    address = _target.target({"name": "198.51.100.21", "addresses": ["198.51.100.21"]})
    context = dataclasses.replace(host(record(LEAF)), target=address)
    assert matching_record(context, SESSION) == ""
