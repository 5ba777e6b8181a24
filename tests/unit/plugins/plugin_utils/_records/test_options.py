# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which variables of a host are read, and what they are where they are not set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._records import options
from ansible_collections.airtight.mail.tests.unit.helpers import mail_records

ROOT = Path(__file__).resolve().parents[5]


def test_defaults_are_those_of_the_roles() -> None:
    defaults: dict[str, Any] = {}
    for role in ("common", "postfix", "dovecot"):
        text = (ROOT / f"roles/{role}/defaults/main.yml").read_text(encoding="utf-8")
        defaults.update(yaml.safe_load(text))
    of_roles = [
        (option, name)
        for option in options.OPTIONS
        for name in option.variables
        if name in defaults
    ]
    assert [name for _option, name in of_roles] == [
        *("mail_hostname", "mail_domains", "postfix_listeners", "dovecot_pop3s"),
        *("dovecot_managesieve", "postfix_settings"),
    ]
    for option, name in of_roles:
        default = defaults[name]
        assert (option.default or None) == (
            (tuple(default) if isinstance(default, list) else default) or None
        )


def test_variables_of_records_win_over_those_of_the_audit() -> None:
    both = {
        "audit_addresses": ["192.0.2.9"],
        "audit_services": ["smtp"],
        "audit_ports": {"smtp": 2},
    }
    found = options.host("mx1", mail_records.few(**both, records_services=["imaps"]))
    assert (found.addresses, found.on) == (tuple(mail_records.ADDRESSES), ("imaps",))
    assert (found.port("smtp"), found.port("imaps")) == (2, 993)
    del both["audit_ports"]
    found = options.host("mx1", {**mail_records.few(**both), "records_addresses": []})
    assert (found.addresses, found.on) == (("192.0.2.9",), ("smtp",))


def test_private_address_of_the_audit_is_not_published() -> None:
    for name in ("addresses", "egress_addresses"):
        host = {**mail_records.few(), f"audit_{name}": ["10.0.0.1"], f"records_{name}": []}
        with pytest.raises(ModelError) as raised:
            options.host("mx1", host)
        assert str(raised.value) == (
            f"mx1: audit_{name}: '10.0.0.1' is private; set records_{name} to what others see."
        )
    found = options.host("mx1", mail_records.few(records_addresses=["10.0.0.1"]))
    assert found.addresses == ("10.0.0.1",)


def test_host_without_a_name_is_called_as_in_the_inventory() -> None:
    assert options.host("MX2.example.org", mail_records.few(mail_hostname="")).hostname == (
        "mx2.example.org"
    )
    with pytest.raises(ModelError) as raised:
        options.host("mx2", mail_records.few(mail_hostname=None))
    assert str(raised.value) == (
        "mx2: mail_hostname: 'mx2' is not a full name; write one such as example.org."
    )


def test_address_that_ansible_connects_to_counts_where_it_is_public() -> None:
    variables = {**mail_records.few(), "ansible_host": "192.0.2.7"}
    del variables["records_addresses"]
    assert options.host("mx1", variables).addresses == ("192.0.2.7",)
    for other in ("10.0.0.7", "mx1.example.org", "", "127.0.0.1"):
        with pytest.raises(ModelError) as raised:
            options.host("mx1", {**variables, "ansible_host": other})
        assert str(raised.value) == (
            "mx1: records_addresses is not set; write the addresses where others reach the host, "
            "such as [192.0.2.25]."
        )


def test_services_follow_from_the_variables_of_the_roles() -> None:
    assert options.host("mx1", mail_records.few()).on == (
        *("smtp", "submission", "submissions", "imaps", "sieve"),
    )
    other = mail_records.few(
        postfix_listeners=["smtp"], dovecot_pop3s=True, dovecot_managesieve="false"
    )
    assert options.host("mx1", other).on == ("smtp", "imaps", "pop3s")


def test_empty_list_of_report_addresses_says_that_there_are_none() -> None:
    found = options.host("mx1", mail_records.few(records_dmarc_reports=[], records_caa=[]))
    assert (found.dmarc_reports, found.tls_reports, found.caa) == ((), None, ())


def test_misspelt_variable_is_refused_and_one_of_others_is_not() -> None:
    with pytest.raises(ModelError) as raised:
        options.host("mx1", mail_records.few(records_tsl_reports=[]))
    assert str(raised.value) == (
        "mx1: records_tsl_reports is not a variable of records; did you mean records_tls_reports?"
    )
    assert options.host("mx1", mail_records.few(records_label="vinyl", records_zone="a.test"))
