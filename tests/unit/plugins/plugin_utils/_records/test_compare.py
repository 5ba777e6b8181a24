# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a server has in place of wanted records, on made-up answers."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.queries import (
    ERROR,
    NODATA,
    RECORDS,
    Answer,
    Question,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._records import compare
from ansible_collections.airtight.mail.plugins.plugin_utils._records.compare import Outcome
from ansible_collections.airtight.mail.plugins.plugin_utils._records.record import Record
from ansible_collections.airtight.mail.tests.unit.helpers import mail_records

RECORDS_OF_HOST = mail_records.records_of(mail_records.all_options())


def answer(kind: str, *records: str, chain: tuple[str, ...] = ()) -> Answer:
    state = RECORDS if records else NODATA
    return Answer(Question("example.org", kind), state, records, chain)


SAME: list[tuple[str, list[str], list[str]]] = [
    ("MX", ["10 mx1.example.org."], ["10 MX1.example.org."]),
    ("A", ["192.0.2.1", "192.0.2.2"], ["192.0.2.2", "192.0.2.1"]),
    ("A", [], []),
    ("TXT", ["v=spf1 a -all"], ["other", "v=spf1 a  -all"]),
    ("TXT", ["v=DMARC1; p=reject"], ["v=DMARC1;p=reject;"]),
    ("CNAME", ["web.example.net."], ["web.example.net."]),
    ("CAA", ['0 issue "a.test"'], ['0 issue "a.test"']),
]
OTHERWISE: list[tuple[str, list[str], list[str], Outcome]] = [
    ("MX", ["10 a.", "10 b."], ["10 a."], Outcome("missing", ("10 b.",))),
    ("MX", ["10 a."], ["20 a."], Outcome("different", ("10 a.",), ("20 a.",))),
    ("MX", ["10 a."], ["10 a.", "20 b."], Outcome("surplus", (), ("20 b.",))),
    ("AAAA", [], ["2001:db8::1"], Outcome("surplus", (), ("2001:db8::1",))),
    ("TXT", ["v=spf1 a -all"], ["other"], Outcome("missing", ("v=spf1 a -all",))),
    (
        "TXT",
        ["v=spf1 a -all"],
        ["V=SPF1 mx -all", "v=DMARC1; p=none"],
        Outcome("different", ("v=spf1 a -all",), ("V=SPF1 mx -all",)),
    ),
    (
        "TXT",
        ["v=spf1 a -all"],
        ["v=spf1 a -all", "v=spf1 -all"],
        Outcome("surplus", (), ("v=spf1 -all",)),
    ),
    (
        "TXT",
        ["v=DMARC1; p=none"],
        ["v=DMARC1; p=none", "v=DMARC1;p=none", "v=DMARC1 ; p=none"],
        Outcome("surplus", (), ("v=DMARC1;p=none", "v=DMARC1 ; p=none")),
    ),
    (
        "TXT",
        ["v=STSv1; id=a"],
        ["v=STSv1; id=A"],
        Outcome("different", ("v=STSv1; id=a",), ("v=STSv1; id=A",)),
    ),
    (
        "CAA",
        ['0 issue "a"'],
        ['0 issue "A"'],
        Outcome("different", ('0 issue "a"',), ('0 issue "A"',)),
    ),
]


@pytest.mark.parametrize(("kind", "wanted", "published"), SAME)
def test_records_that_say_the_same_are_no_difference(
    kind: str, wanted: list[str], published: list[str]
) -> None:
    assert compare.outcome(wanted, answer(kind, *published)) is None


@pytest.mark.parametrize(("kind", "wanted", "published", "expected"), OTHERWISE)
def test_what_differs_is_missing_different_or_surplus(
    kind: str, wanted: list[str], published: list[str], expected: Outcome
) -> None:
    assert compare.outcome(wanted, answer(kind, *published)) == expected


def test_text_at_the_name_of_a_key_is_a_key_too() -> None:
    """Receivers use none of two keys, and one needs no version (RFC 6376 section 3.6.1)."""
    question = Question("mail._domainkey.example.org", "TXT")
    found = answer("TXT", "v=DKIM1; p=A", "k=rsa; p=B")._replace(question=question)
    assert compare.outcome(["v=DKIM1; p=A"], found) == Outcome("surplus", (), ("k=rsa; p=B",))


def test_alias_in_place_of_records_is_different() -> None:
    for published in ((), ("192.0.2.1",)):
        found = compare.outcome(["192.0.2.1"], answer("A", *published, chain=("a.test", "b.test")))
        assert found == Outcome("different", ("192.0.2.1",), ("CNAME a.test.",))
    assert compare.outcome(["a.test."], answer("CNAME", "a.test.", chain=("a.test",))) is None


def test_server_without_an_answer_is_unanswered() -> None:
    failed = Answer(Question("example.org", "MX"), ERROR, text="no answer")
    assert compare.outcome(["10 a."], failed) == Outcome("unknown", ("10 a.",), (), "no answer")
    assert compare.outcome([], failed) == Outcome("unknown", reason="no answer")


def test_addresses_of_both_ip_versions_are_asked_for() -> None:
    host = mail_records.few(records_addresses=["192.0.2.1"])
    asked = compare.questions(mail_records.records_of(host))
    assert asked[Question(mail_records.NAME, "A")] == ("192.0.2.1",)
    assert asked[Question(mail_records.NAME, "AAAA")] == ()
    asked = compare.questions(RECORDS_OF_HOST)
    wanted = {(record.name, record.type) for record in RECORDS_OF_HOST}
    assert {name for name, kind in set(asked) - wanted} == {
        *("autoconfig.example.org", "autoconfig.xn--exmple-cua.net"),
        *("mta-sts.example.org", "mta-sts.xn--exmple-cua.net"),
    }
    assert sum(map(len, asked.values())) == len(RECORDS_OF_HOST)


def test_servers_with_the_same_outcome_are_one_entry() -> None:
    missing = Outcome("missing", ("10 a.",))
    outcomes = {
        Question("example.org", "MX"): {"ns1": missing, "ns2": None, "ns3": missing},
        Question("example.org", "TXT"): {"ns1": None},
        Question("mx1.example.org", "A"): {"": Outcome("unknown", ("192.0.2.1",), (), "lost")},
    }
    assert compare.differences(outcomes) == {
        "missing": [
            {
                "name": "example.org",
                "type": "MX",
                "wanted": ["10 a."],
                "published": [],
                "reason": "",
                "servers": ["ns1", "ns3"],
                "agreeing": ["ns2"],
            }
        ],
        "different": [],
        "surplus": [],
        "unknown": [
            {
                "name": "mx1.example.org",
                "type": "A",
                "wanted": ["192.0.2.1"],
                "published": [],
                "reason": "lost",
                "servers": [""],
                "agreeing": [],
            }
        ],
        "summary": [
            "missing: example.org MX: ns1, ns3 lacks 10 a.",
            "unknown: mx1.example.org A: lost",
        ],
    }


def test_summary_has_a_line_for_each_difference_and_one_for_a_silent_server() -> None:
    lost = Outcome("unknown", ("x",), (), "no answer.")
    outcomes: dict[Question, dict[str, Outcome | None]] = {
        Question("a.test", "TXT"): {"ns1": Outcome("different", ("x",), ("y", "z")), "ns2": lost},
        Question("a.test", "AAAA"): {"ns1": Outcome("surplus", (), ("2001:db8::1",)), "ns2": lost},
        Question("b.test", "A"): {"ns1": Outcome("missing", ("192.0.2.1",)), "ns2": lost},
    }
    assert compare.differences(outcomes)["summary"] == [
        "missing: b.test A: ns1 lacks 192.0.2.1",
        "different: a.test TXT: ns1 has y, z in place of x",
        "surplus: a.test AAAA: ns1 has 2001:db8::1, which is not wanted",
        "unknown: a.test TXT and 2 more: ns2: no answer",
    ]


def test_records_are_those_of_the_filter() -> None:
    data = [record.data() for record in RECORDS_OF_HOST]
    assert compare.given(data) == [record._replace(ttl=0) for record in RECORDS_OF_HOST]
    bare = {"name": "A.test.", "type": "A", "value": "192.0.2.1"}
    assert compare.given(bare)[0][:2] == ("a.test", "A")


@pytest.mark.parametrize(
    "item",
    ["a.test", 1, {"name": "a.test", "type": "A"}, {"name": 1, "type": "A", "value": "x"}],
)
def test_anything_else_is_no_record(item: Any) -> None:
    with pytest.raises(ModelError, match="is not a record; give what the filter mail_zone returns"):
        compare.given([item])


@pytest.mark.parametrize(
    ("name", "kind", "purpose", "expected"),
    [
        ("s1._domainkey.example.org", "TXT", "dkim", True),
        ("_dmarc.example.org", "TXT", "parked", True),
        ("_mta-sts.example.org", "TXT", "mta_sts", True),
        ("_25._tcp.mx1.example.org", "TLSA", "tlsa", True),
        ("25.2.0.192.in-addr.arpa", "PTR", "reverse", True),
        ("autoconfig.example.org", "A", "autoconfig", True),
        ("mta-sts.example.org", "A", "mta_sts_host", True),
        ("autoconfig.example.org", "CNAME", "autoconfig", False),
        ("mx1.example.org", "A", "address", False),
        ("example.org", "MX", "mx", False),
        ("a_b.example.org", "TXT", "spf", False),
    ],
)
def test_alias_is_followed_where_readers_follow_it(
    name: str, kind: str, purpose: str, expected: bool
) -> None:
    records = [Record(name, kind, 0, "x", purpose)]
    asked = compare.questions(records)
    assert compare.followed(records, asked) == (set(asked) if expected else set())
