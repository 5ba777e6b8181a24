# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The records of mail domains."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import mta_sts
from ansible_collections.airtight.mail.plugins.plugin_utils._records import wanted
from ansible_collections.airtight.mail.tests.unit.helpers.mail_records import (
    NAME,
    RSA_KEY,
    all_options,
    few,
    records_of,
    values,
)

SECOND = {"mail_hostname": "mx2.example.org", "records_addresses": ["192.0.2.26"]}
KEY = {"name": "mail._domainkey.example.org", "value": f"v=DKIM1; p={RSA_KEY}"}


def second(**more: Any) -> dict[str, Any]:
    return {**few(), **SECOND, **more}


def test_hosts_of_a_domain_share_it() -> None:
    found = records_of(few(), second(records_mx_preference=20))
    assert values(found, "example.org", "MX") == ["10 mx1.example.org.", "20 mx2.example.org."]
    (text,) = values(found, "example.org", "TXT")
    assert text == "v=spf1 ip4:192.0.2.25 ip4:192.0.2.26 ip6:2001:db8::25 -all"
    assert values(found, "_imaps._tcp.example.org", "SRV") == [
        "0 1 993 mx1.example.org.",
        "0 1 993 mx2.example.org.",
    ]


def test_host_that_accepts_no_mail_is_no_mx_host_but_may_send() -> None:
    found = records_of(few(), second(postfix_listeners=["submission"]))
    assert values(found, "example.org", "MX") == ["10 mx1.example.org."]
    assert "ip4:192.0.2.26" in values(found, "example.org", "TXT")[0]


def test_services_that_are_off_have_records_that_say_so() -> None:
    found = records_of(few(postfix_listeners=["smtp", "submissions"], audit_ports={"imaps": 1993}))
    services = {
        record.name.partition(".")[0]: record.value for record in found if record.type == "SRV"
    }
    assert services == {
        "_submissions": f"0 1 465 {NAME}.",
        "_submission": "0 0 0 .",
        "_imaps": f"0 1 1993 {NAME}.",
        "_imap": "0 0 0 .",
        "_pop3s": "0 0 0 .",
        "_pop3": "0 0 0 .",
        "_sieve": f"0 1 4190 {NAME}.",
    }


def test_keys_stand_at_the_domain_that_they_are_of() -> None:
    found = records_of(
        few(opendkim_records=[KEY, {**KEY, "name": "mail._domainkey.other.example"}]),
        second(opendkim_records=[{**KEY, "name": "b._domainkey.example.org"}]),
    )
    names = [record.name for record in found if record.purpose == "dkim"]
    assert names == ["b._domainkey.example.org", "mail._domainkey.example.org"]


def test_hosts_with_keys_of_their_own_have_selectors_of_their_own() -> None:
    other = {**KEY, "value": f"v=DKIM1; k=rsa; p={RSA_KEY}"}
    with pytest.raises(ModelError, match="set a selector of its own for each host"):
        records_of(few(opendkim_records=[KEY]), second(opendkim_records=[other]))
    assert records_of(few(opendkim_records=[KEY]), second(opendkim_records=[KEY]))


def test_reports_go_to_the_postmaster_to_others_or_nowhere() -> None:
    found = records_of(few())
    own = "rua=mailto:postmaster@example.org"
    assert values(found, "_dmarc.example.org", "TXT") == [f"v=DMARC1; p=reject; {own}"]
    assert values(found, "_smtp._tls.example.org", "TXT") == [f"v=TLSRPTv1; {own}"]
    none = few(records_dmarc_policy="none", records_dmarc_reports=[], records_tls_reports=[])
    found = records_of(none)
    assert values(found, "_dmarc.example.org", "TXT") == ["v=DMARC1; p=none"]
    assert values(found, "_smtp._tls.example.org", "TXT") == []


def test_reports_outside_the_domain_are_authorized_there() -> None:
    host = few(records_dmarc_reports=["a@example.net", "b@sub.example.org", "c@example.org"])
    names = [one.name for one in records_of(host) if one.purpose == "dmarc_authorization"]
    assert names == ["example.org._report._dmarc.example.net"]


def test_policy_is_the_one_that_senders_read_and_its_id_follows_it() -> None:
    variables = {"a": all_options(mail_domains=["example.org"], records_dkim=[])}
    found = wanted.wanted(variables, variables)
    policy = mta_sts.parse(found.policies["example.org"])
    assert (policy.problems, policy.patterns) == ((), (NAME,))
    assert policy.fields == {"version": "STSv1", "mode": "enforce", "max_age": "604800"}
    (record,) = values(found.records, "_mta-sts.example.org", "TXT")
    assert mta_sts.record_problem(record) == ""
    variables["a"]["records_mta_sts_max_age"] = 86400
    (other,) = values(records_of(variables["a"]), "_mta-sts.example.org", "TXT")
    assert other != record


def test_policy_needs_a_server_and_a_host_that_accepts_mail() -> None:
    with pytest.raises(ModelError) as raised:
        records_of(few(records_mta_sts="testing"))
    assert str(raised.value) == (
        "records_mta_sts_servers is empty, and example.org is to have a policy; write the "
        "addresses or the name of the web server that has it, or records_mta_sts: none."
    )
    servers = few(records_mta_sts="testing", records_mta_sts_servers="web.example.net")
    assert values(records_of(servers), "mta-sts.example.org", "CNAME") == ["web.example.net."]
    none = {**servers, "postfix_listeners": ["submission"]}
    for host in (none, {**servers, "records_mta_sts": "none"}):
        assert not [one for one in records_of(host) if one.purpose.startswith("mta_sts")]


def test_names_of_settings_lead_to_a_name_or_addresses() -> None:
    host = few(
        records_autoconfig_servers=["192.0.2.80", "2001:db8::80"],
        records_autodiscover_servers="web.example.net",
    )
    found = [one for one in records_of(host) if one.purpose == "autoconfig"]
    assert [(one.name, one.type, one.value) for one in found] == [
        ("autoconfig.example.org", "A", "192.0.2.80"),
        ("autoconfig.example.org", "AAAA", "2001:db8::80"),
        ("autodiscover.example.org", "CNAME", "web.example.net."),
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("records_spf_all", "~all"),
        ("records_dmarc_policy", "none"),
        ("records_dmarc_reports", []),
        ("records_tls_reports", []),
        ("records_mta_sts", "testing"),
        ("records_mta_sts_max_age", 86400),
        ("records_mta_sts_servers", "a.test"),
        ("records_autoconfig_servers", "a.test"),
        ("records_autodiscover_servers", "a.test"),
    ],
)
def test_hosts_agree_on_what_a_domain_has_once(variable: str, value: Any) -> None:
    with pytest.raises(ModelError) as raised:
        records_of(few(), second(**{variable: value}))
    assert str(raised.value) == (
        f"{variable} differs between mx1 and mx2, which share example.org; set it for all hosts of "
        "the domain."
    )
    servers = {"records_mta_sts_servers": "a.test", variable: value}
    assert records_of(few(), second(mail_domains=["example.net"], **servers))
