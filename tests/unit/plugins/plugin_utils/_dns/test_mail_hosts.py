# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The mail hosts of domains, with scripted answers."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import mail_hosts, queries

A, MX, SRV = "A", "MX", "SRV"
Zone = dict[tuple[str, str], Any]
WHOLE: Zone = {
    ("example.org", MX): ["20 mx2.example.net.", "10 MX1.example.org."],
    ("mx1.example.org", A): ["192.0.2.1"],
    ("mx1.example.org", "AAAA"): ["2001:db8::1"],
    ("mx2.example.net", A): ["192.0.2.2"],
    ("_imaps._tcp.example.org", SRV): ["0 1 993 mx1.example.org.", "10 1 993 imap.example.org."],
    ("_submissions._tcp.example.org", SRV): ["0 1 4465 imap.example.org."],
    ("_pop3s._tcp.example.org", SRV): ["0 0 0 ."],
    ("imap.example.org", A): ["192.0.2.3"],
    ("plain.test", MX): ["10 mx2.example.net."],
    ("implicit.test", A): ["192.0.2.4"],
    ("null.test", MX): ["0 ."],
    ("odd.test", MX): ["x"],
    ("silent.test", MX): None,
    ("srv.test", MX): ["10 mx2.example.net."],
    ("_imaps._tcp.srv.test", SRV): None,
    ("gone.test", MX): queries.NXDOMAIN,
}


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(_self: Any, question: queries.Question) -> dict[str, Any]:
        records = WHOLE.get((question.name, question.type), [])
        error = {"kind": "timeout", "text": "no answer"} if records is None else None
        state = records if isinstance(records, str) else "records" if records else "nodata"
        facts = {"state": state, "chain": [], "ad": False, "ttl": 1, "signatures": []}
        found = [] if isinstance(records, str) else records
        return {
            "params": {**question._asdict(), "trusted": False},
            "facts": {} if error else {**facts, "records": found},
            "error": error,
            "transcript": [],
        }

    monkeypatch.setattr(mail_hosts._resolver.Resolver, "ask", ask)
    monkeypatch.setattr(mail_hosts._resolver, "DNSPYTHON_IMPORT_ERROR", None)


def found(*domains: str) -> dict[str, mail_hosts.MailHost]:
    return {host.name: host for host in mail_hosts.mail_hosts(domains, "127.0.0.1").hosts}


def test_hosts_of_mx_and_srv_records_have_addresses_services_and_ports() -> None:
    hosts = found("Example.ORG.")
    assert list(hosts) == ["mx1.example.org", "mx2.example.net", "imap.example.org"]
    assert hosts["mx1.example.org"] == mail_hosts.MailHost(
        "mx1.example.org",
        ("example.org",),
        ("smtp", "imaps"),
        True,
        {},
        ("192.0.2.1", "2001:db8::1"),
    )
    assert hosts["imap.example.org"].services == ("submissions", "imaps")
    assert hosts["imap.example.org"].ports == {"submissions": 4465}


def test_host_of_several_domains_is_one_and_declares_what_all_of_them_do() -> None:
    hosts = found("example.org", "plain.test")
    assert hosts["mx2.example.net"].domains == ("example.org", "plain.test")
    assert hosts["mx2.example.net"].declared is False
    assert hosts["mx1.example.org"].declared is True


def test_domain_without_mx_record_is_its_own_host() -> None:
    assert found("implicit.test")["implicit.test"].addresses == ("192.0.2.4",)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("null.test", "null.test has no mail: no MX and no SRV record names a host."),
        ("nothing.test", "nothing.test has no mail: no MX and no SRV record names a host."),
        ("gone.test", "gone.test does not exist."),
        ("silent.test", "The mail hosts of silent.test are not known: silent.test MX: no answer."),
        (
            "srv.test",
            "The mail hosts of srv.test are not known: _imaps._tcp.srv.test SRV: no answer.",
        ),
        ("odd.test", "The mail hosts of odd.test are not known: 'x' is no MX record."),
    ],
)
def test_domain_without_a_host_has_a_reason(domain: str, words: str) -> None:
    answer = mail_hosts.mail_hosts(["plain.test", domain], "127.0.0.1")
    assert [host.name for host in answer.hosts] == ["mx2.example.net"]
    assert answer.problems == {domain: words}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is not a domain name; write one such as example.org"),
        ("org", "has no dot; write one such as example.org"),
        ("192.0.2.1", "is an address, not a domain name"),
        ("a b.test", "is not a domain name; write one such as example.org"),
        ("a..test", "is not a domain name; write one such as example.org"),
        ("*.test", "is not a domain name; write one such as example.org"),
        ("\u2603.example", "has letters that IDNA 2008 does not permit; write a domain name such"),
        ("_dmarc.example.org", "is the name of a record, not a domain name"),
        ("co.uk", "is a public suffix"),
    ],
)
def test_what_is_no_domain_is_refused_as_it_is_for_every_option(name: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        found(name)
    assert str(caught.value).startswith(f"domains: {name!r} {words}")


def test_what_cannot_be_asked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="dns_resolver: 'localhost' is no address"):
        mail_hosts.mail_hosts(["example.org"], "localhost")
    monkeypatch.setattr(mail_hosts._resolver, "DNSPYTHON_IMPORT_ERROR", "No module named 'dns'")
    with pytest.raises(ModelError, match="dnspython is missing on the controller"):
        mail_hosts.mail_hosts(["example.org"], "127.0.0.1")
