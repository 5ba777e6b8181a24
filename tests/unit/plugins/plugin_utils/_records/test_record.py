# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The order of records, and which exclude each other."""

from __future__ import annotations

import random

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._records.record import (
    PURPOSES,
    Record,
    in_order,
    tag_of,
)

MX = Record("example.org", "MX", 3600, "10 mx1.example.org.", "mx")
SPF = Record("example.org", "TXT", 3600, "v=spf1 -all", "spf")
DMARC = Record("_dmarc.example.org", "TXT", 3600, "v=DMARC1; p=reject", "dmarc")
DKIM = Record("mail._domainkey.example.org", "TXT", 3600, "v=DKIM1; p=AAAA", "dkim")
HOST = Record("mx1.example.org", "A", 3600, "192.0.2.25", "address")
ALIAS = Record("mta-sts.example.org", "CNAME", 3600, "web.example.net.", "mta_sts_host")


def test_order_depends_on_the_records_alone() -> None:
    records = [MX, SPF, DMARC, DKIM, ALIAS, HOST]
    other = Record("example.net", "MX", 60, "10 mx1.example.org.", "mx")
    reverse = Record("1.2.0.192.in-addr.arpa", "PTR", 60, "mx1.example.org.", "reverse")
    mixed = [reverse, *records, other, *records]
    random.Random(1).shuffle(mixed)
    assert in_order(mixed) == [other, *records, reverse]


def test_records_of_a_name_and_type_have_one_time_to_live() -> None:
    second = HOST._replace(value="192.0.2.26", ttl=60)
    assert [record.ttl for record in in_order([HOST, second, MX])] == [3600, 60, 60]
    assert [record.ttl for record in in_order([MX, MX._replace(ttl=5)])] == [5]


def test_alias_stands_alone() -> None:
    text = (
        "mta-sts.example.org would be an alias of web.example.net. and have other records too; "
        "give addresses in place of the name, or another name."
    )
    for other in (HOST, ALIAS._replace(value="a.example.net.")):
        with pytest.raises(ModelError) as raised:
            in_order([other._replace(name=ALIAS.name), ALIAS])
        assert str(raised.value) in (text, text.replace("web.", "a."))


def test_text_of_a_version_stands_alone_at_a_name() -> None:
    for record in (SPF, DMARC, DKIM):
        with pytest.raises(ModelError, match=f"different {record.purpose} records"):
            in_order([record, record._replace(value=f"{record.value[:8]};x")])
    with pytest.raises(ModelError, match="set a selector of its own for each host"):
        in_order([DKIM, DKIM._replace(value="v=DKIM1; p=BBBB")])
    assert len(in_order([SPF, SPF._replace(value="v=STSv1; id=1", purpose="mta_sts")])) == 2


def test_name_has_a_longest_length() -> None:
    longest = ".".join(["a" * 63] * 3 + ["a" * 61])
    assert in_order([HOST._replace(name=longest)])
    with pytest.raises(ModelError, match="has more than 253 characters; choose shorter names"):
        in_order([HOST._replace(name=f"{longest}a")])


def test_tag_of_a_text() -> None:
    """Texts of others, which have no version, are each their own."""
    texts = {
        "v=spf1 a -all": "v=spf1",
        "v=DMARC1; p=none": "v=dmarc1",
        "v=DMARC1": "v=dmarc1",
        "google-site-verification=a b": "google-site-verification=a b",
        "MS=ms1": "MS=ms1",
        "": "",
    }
    assert {text: tag_of("example.org", text) for text in texts} == texts


@pytest.mark.parametrize("text", ["v=DKIM1; p=A", "k=rsa; p=A", "p=A", ""])
def test_text_at_the_name_of_a_key_is_a_key(text: str) -> None:
    assert tag_of("mail._domainkey.example.org", text) == "v=dkim1"


def test_data_has_the_sentence_of_the_purpose() -> None:
    assert MX.data() == {
        "name": "example.org",
        "type": "MX",
        "ttl": 3600,
        "value": "10 mx1.example.org.",
        "purpose": "mx",
        "why": PURPOSES["mx"],
    }
