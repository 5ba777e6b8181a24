# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The records of an inventory, judged by the checks of this collection: served by a DNS server on
loopback they pass, and without those of one purpose a check says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("cryptography")
pytest.importorskip("dns")

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import PASS
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import (
    base,
    evaluate,
    policy,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import scan, target_queries
from ansible_collections.airtight.mail.plugins.plugin_utils._records import wanted
from ansible_collections.airtight.mail.plugins.plugin_utils._records.record import (
    PURPOSES,
    Record,
)
from ansible_collections.airtight.mail.tests.unit.helpers import (
    dns_server,
    issued_certificates,
    mail_records,
)

DOMAINS = ["example.org", "xn--exmple-cua.net"]
HOST, ADDRESSES = mail_records.NAME, mail_records.ADDRESSES
POLICY_HOSTS = [f"mta-sts.{domain}" for domain in DOMAINS]
KEY = ec.generate_private_key(ec.SECP256R1())
NAMES = x509.SubjectAlternativeName([x509.DNSName(name) for name in (HOST, *POLICY_HOSTS)])
CERTIFICATE = issued_certificates.issue(
    KEY.public_key(), NAMES, by=KEY, subject="leaf", issuer="Let's Encrypt R12"
)
VARIABLES = mail_records.all_options(
    records_certificate=x509.load_der_x509_certificate(CERTIFICATE)
    .public_bytes(Encoding.PEM)
    .decode("ascii")
)
WANTED = wanted.wanted(["mx1"], {"mx1": VARIABLES})
TARGET = _target.target(
    {
        "name": HOST,
        "addresses": ADDRESSES,
        "domains": DOMAINS,
        "dkim_selectors": ["mail", "ed"],
        "parked_domains": ["parked.example"],
        "services": ["smtp", "submission", "submissions", "imaps", "sieve"],
    }
)
#: What stands in zones of others.
OTHERS = {("_spf.example.com", "TXT"): ['"v=spf1 ip4:203.0.113.0/24 -all"']}
#: A check that misses the records of a purpose.
NOTICED_BY = {
    "address": "mx_records",
    "caa": "caa_records",
    "dkim": "dkim_records",
    "dmarc": "dmarc_record",
    "dmarc_authorization": "dmarc_reports",
    "mta_sts": "mta_sts_policy",
    "mta_sts_host": "mta_sts_serving",
    "mx": "mx_records",
    "parked": "parked_domains",
    "reverse": "reverse_names",
    "service": "service_records",
    "spf": "spf_record",
    "tls_rpt": "tls_reports",
    "tlsa": "dane_match",
}


def _stored(probe: str, service: str, address: str, port: int, **facts: Any) -> Any:
    name = facts.pop("params", {})
    return _model.observation(
        _model.Job(probe, HOST, service, address, port, name), facts, None, [["*", "TLS"]], {}
    )


def _connections() -> list[Any]:
    """What a survey would see of the host and of the server of the policy."""
    seen = []
    tls = {"certificate": CERTIFICATE.hex(), "chain": []}
    for service in TARGET.services:
        probe = "smtp_session" if service.startswith("s") and service != "sieve" else ""
        for address in ADDRESSES:
            port = _model.SERVICES[service].port
            session = probe or "mailstore_session"
            seen.append(_stored(session, service, address, port, extensions={"STARTTLS": ""}))
            seen.append(_stored("tls_trust", service, address, port, **tls))
    for domain, name in zip(DOMAINS, POLICY_HOSTS, strict=True):
        text = WANTED.policies[domain]
        params = {"domain": domain, "server_name": name}
        facts = {"status": 200, "location": "", "tls": tls, "params": params}
        facts.update(content_type="text/plain", octets=len(text), policy=text)
        seen.append(_stored("mta_sts", "https", mail_records.POLICY_SERVER, 443, **facts))
    return seen


def _signed(seen: Any) -> Any:
    """A stored answer as a validating resolver gives it, of a signed zone."""
    unsigned = seen["params"]["name"] == "home.arpa"
    if not seen["facts"] or unsigned:
        return seen
    expires = {"covers": "A", "algorithm": 13, "signer": "example.org"}
    signatures = [{**expires, "expires": "2027-01-31T00:00:00+00:00"}]
    return {**seen, "facts": {**seen["facts"], "ad": True, "signatures": signatures}}


def _verdicts(records: Sequence[Record]) -> dict[str, tuple[str, str]]:
    """Status and sentence of each check of the group dns."""
    lookups = target_queries.lookups(TARGET, ADDRESSES)
    with dns_server.serving({**mail_records.as_served(records), **OTHERS}) as resolver:
        answers = scan.observe_lookups([(TARGET, lookups)], scan.Options(resolver, True))
    context = base.AuditContext(
        TARGET,
        tuple([_signed(seen) for seen in answers] + _connections()),
        policy.policy(changes={"dnssec": True}),
        issued_certificates.BEGIN,
        tuple(ADDRESSES),
    )
    found = evaluate.evaluate(context, evaluate.choose(groups=["dns"]))
    return {one["check"]: (one["status"], one["sentence"]) for one in found}


def test_all_dns_checks_pass_for_the_records() -> None:
    others = {
        check: found for check, found in _verdicts(WANTED.records).items() if found[0] != PASS
    }
    assert others == {}


@pytest.mark.parametrize("purpose", sorted(NOTICED_BY))
def test_records_of_each_purpose_are_missed_by_a_check(purpose: str) -> None:
    others = [record for record in WANTED.records if record.purpose != purpose]
    assert len(others) < len(WANTED.records)
    assert _verdicts(others)[NOTICED_BY[purpose]][0] != PASS


def test_purposes_without_a_check_are_known() -> None:
    assert set(PURPOSES) - set(NOTICED_BY) == {"autoconfig"}
    assert {record.purpose for record in WANTED.records} == set(PURPOSES)


def test_what_is_not_known_is_named_with_the_remedy() -> None:
    host = mail_records.few(postfix_listeners=["submission"], records_egress_addresses="192.0.2.9")
    assert wanted.wanted(["mx1"], {"mx1": host}).left_out == (
        "No MX for example.org: no host that has it offers smtp (postfix_listeners).",
        (
            "No DKIM key for example.org: run airtight.mail.site, which creates one, or set "
            "records_dkim."
        ),
        "No TLSA for mx1.example.org: its certificate is not known; set records_certificate.",
        "No CAA for mx1.example.org: set records_caa to the authority of its certificate.",
        (
            "mx1.example.org sends from 192.0.2.9, where it takes no mail (records_addresses), so "
            "that no A or AAAA record leads there: receivers who compare both reject its mail."
        ),
    )
    assert WANTED.left_out == ()


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"smtp_helo_name": "Out.example.org.", "myhostname": "mx1.example.org"}, "out"),
        ({"myhostname": "out.example.org"}, "out"),
        ({"myhostname": "mx1.example.org"}, ""),
        ({"smtp_helo_name": "$myhostname"}, ""),
        ({"mynetworks": "127.0.0.1"}, ""),
    ],
)
def test_other_name_in_helo_is_named(settings: dict[str, str], name: str) -> None:
    host = {**mail_records.all_options(), "postfix_settings": settings}
    left_out = wanted.wanted(["mx1"], {"mx1": host}).left_out
    words = (
        f"mx1 says {name}.example.org in HELO (postfix_settings), and its addresses are those of "
        "mx1.example.org: receivers who compare both reject its mail."
    )
    assert left_out == ((words,) if name else ())


def test_zone_has_the_records_below_it_alone() -> None:
    reverse = WANTED.within("2.0.192.in-addr.arpa.")
    assert [record.name for record in reverse.records] == ["25.2.0.192.in-addr.arpa"]
    international = WANTED.within("EXÄMPLE.net")
    assert international.zone == "xn--exmple-cua.net"
    assert "mta-sts.xn--exmple-cua.net" in {record.name for record in international.records}
    with pytest.raises(_model.ModelError, match="zone: 'no zone' is not a full name"):
        WANTED.within("no zone")


def test_parked_domain_is_no_mail_domain() -> None:
    host = mail_records.few(audit_parked_domains=["example.org"])
    with pytest.raises(_model.ModelError, match="audit_parked_domains has"):
        mail_records.records_of(host)
