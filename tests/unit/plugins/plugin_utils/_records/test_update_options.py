# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Options that cannot be used end in one sentence before a server is asked."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import resolver
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.queries import Question
from ansible_collections.airtight.mail.plugins.plugin_utils._records import record, update_options
from ansible_collections.airtight.mail.tests.unit.helpers import mail_records

SECRET = "YSBzZWNyZXQgb2YgdGhlIHRlc3Rz"
A = {"name": "mx1.example.org", "type": "A", "value": "192.0.2.25"}


def request(**given: Any) -> update_options.Request:
    args = {name: option.get("default") for name, option in update_options.SPEC.items()}
    args.update(
        records=[A],
        zone="example.org",
        server="192.0.2.53",
        key_name="update.example.org",
        key_secret=SECRET,
        dns_servers=["192.0.2.54"],
    )
    return update_options.request({**args, **given})


def test_every_record_of_the_filter_can_be_published() -> None:
    records = mail_records.records_of(mail_records.all_options())
    chosen = [one for one in records if one.name.endswith("example.org")]
    found = request(records=[one.data() for one in chosen]).wanted
    assert sum(len(one.rdatas or ()) for one in found.values()) == len(chosen)
    assert {question.type for question in found} == {one.type for one in chosen}
    assert {one.type for one in chosen} <= set(record.TYPES)


def test_names_are_written_in_any_form() -> None:
    names = ["MX1.Example.ORG.", "*.example.org", "_dmarc.exämple.example.org"]
    found = request(records=[{**A, "name": name} for name in names]).wanted
    assert list(found) == [
        Question(name, "A")
        for name in ("*.example.org", "mx1.example.org", "_dmarc.xn--exmple-cua.example.org")
    ]


def test_set_has_the_lowest_time_to_live() -> None:
    other = {**A, "value": "192.0.2.26", "ttl": 60}
    (found,) = request(records=[{**A, "ttl": 300}, other]).wanted.values()
    assert found.ttl == 60


def test_without_a_wait_no_resolver_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "_system_servers", list)
    assert request(wait=0, dns_servers=[]).wait == 0
    with pytest.raises(ModelError, match="dns_resolver is empty, and this system names no resol"):
        request(dns_servers=[])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"zone": "example"}, "zone: 'example' is not a full name; write one such as example.org."),
        ({"server": "ns1"}, "server: 'ns1' is no address such as 192.0.2.53 or [2001:db8::53]:53."),
        ({"server": ""}, "server: '' is no address such as 192.0.2.53 or [2001:db8::53]:53."),
        ({"state": "gone"}, "state: 'gone' is not one of present, absent."),
        ({"key_algorithm": "hmac-md5"}, "key_algorithm: 'hmac-md5' is not one of hmac-sha256, hm"),
        ({"wait": "long"}, "wait: 'long' is not a time; write seconds, more than 0 and at most 36"),
        ({"wait": False}, "wait: False is not a time; write seconds"),
        ({"timeout": 0}, "timeout: 0 is not a time; write seconds, more than 0 and at most 120."),
        ({"dns_servers": ["ns"]}, "dns_servers: 'ns' is no address such as 192.0.2.53 or [2001:"),
        ({"dns_servers": [], "dns_resolver": "ns"}, "dns_resolver: 'ns' is no address such as"),
        ({"records": A}, "records is not a list; give what the filter mail_zone returns."),
        ({"records": [5]}, "records: 5 has no name or no type; write {name: mx1.example.org, typ"),
        ({"records": [{"name": "a.example.org"}]}, "has no name or no type; write {name:"),
        ({"records": [{**A, "name": "a b"}]}, "records.name: 'a b' is not a full name; write one"),
        ({"records": [{**A, "name": "example.com"}]}, "records: 'example.com' is not in the zone"),
        ({"records": [{**A, "type": "NS"}]}, "records.type: 'NS' is not one of MX, A, AAAA,"),
        ({"records": [{**A, "value": ""}]}, "records: mx1.example.org A has no text as its value"),
        ({"records": [{**A, "value": 5}]}, "records: mx1.example.org A has no text as its value"),
        ({"records": [{**A, "ttl": "1h"}]}, "records.ttl: '1h' is not a whole number from 0 to"),
        ({"records": [{**A, "value": "2001:db8::1"}]}, "is not a value of A; write one such as '1"),
        (
            {"records": [{**A, "type": "MX", "value": "10 mx1"}]},
            "MX: '10 mx1' has a name without a dot at its end; write it in full, such as '10 mx1.",
        ),
        (
            {"records": [{**A, "type": "TXT", "value": '"v=spf1 -all"'}]},
            "begins with a quote; write the text whole and without quotes.",
        ),
        (
            {"records": [{**A, "type": "TXT", "value": f"v=spf1 {x}"} for x in ("-all", "~all")]},
            "mx1.example.org would have different TXT records, and receivers use none of them; gi",
        ),
        (
            {"records": [A, {**A, "type": "CNAME", "value": "b.example.org."}]},
            "mx1.example.org would be an alias of b.example.org. and have other records too",
        ),
    ],
)
def test_option_that_cannot_be_used_is_named(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ModelError) as raised:
        request(**given)
    text = str(raised.value)
    assert sentence in text
    assert text.endswith(".")
    assert text.count("\n") == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("key_name", SECRET + "="),
        ("key_name", {"secret": SECRET}),
        ("key_name", None),
        ("key_secret", SECRET + "!"),
        ("key_secret", [SECRET]),
        ("key_secret", SECRET + "ö"),
        ("key_secret", ""),
        ("key_secret", None),
        ("key_algorithm", SECRET),
    ],
)
def test_secret_is_in_no_sentence(option: str, value: Any) -> None:
    """Nor where it stands in the place of another option."""
    with pytest.raises(ModelError, match=option) as raised:
        request(**{option: value})
    assert SECRET not in str(raised.value)


def test_missing_dnspython_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "DNSPYTHON_IMPORT_ERROR", "missing")
    with pytest.raises(ModelError, match=r"dnspython is missing .* python3-dnspython\)\.$"):
        request()
