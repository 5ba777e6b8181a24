# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Commands of openssl and nmap for each kind of crafted ClientHello."""

from __future__ import annotations

import shlex
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import plan_tls
from ansible_collections.airtight.mail.plugins.plugin_utils._report import reproduce_tls
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import entry

PURPOSES = {
    plan_tls.CONTROL,
    plan_tls.LEGACY,
    plan_tls.WEAK,
    plan_tls.ANONYMOUS,
    plan_tls.OTHER,
    plan_tls.OTHER_CONTROL,
    plan_tls.REPEATED,
    plan_tls.MODERN,
    plan_tls.MODERN_KEYS,
    plan_tls.FALLBACK,
}


def command(purpose: str, **params: t.Any) -> str | None:
    fields = params.pop("fields", {})
    known = {
        "purpose": purpose,
        "max_version": "TLSv1.2",
        "server_name": "mx1.example.org",
        "protocol": "smtp",
    }
    return reproduce_tls.client_hello_command(
        entry(probe="client_hello", params={**known, **params}, **fields)
    )


def test_every_purpose_of_a_client_hello_has_a_command() -> None:
    for purpose in PURPOSES:
        assert command(purpose)
    assert command("another") is None


@pytest.mark.parametrize(
    ("version", "option"), [("TLSv1.3", "-tls1_3"), ("TLSv1.2", "-tls1_2"), ("TLSv1", "-tls1")]
)
def test_control_is_repeated_in_its_version(version: str, option: str) -> None:
    found = command(plan_tls.REPEATED, max_version=version)
    assert found
    assert option in shlex.split(found)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("TLSv1.1", ["-min_protocol", "TLSv1", "-max_protocol", "TLSv1.1"]),
        ("TLSv1", ["-tls1"]),
        ("SSLv3", ["ssl-enum-ciphers"]),
        ("SSLv2", ["sslv2"]),
    ],
)
def test_old_version_is_offered_alone(version: str, expected: list[str]) -> None:
    found = command(plan_tls.LEGACY, max_version=version)
    assert found
    arguments = shlex.split(found)
    assert set(expected) <= set(arguments)
    assert arguments[0] == ("openssl" if version.startswith("TLS") else "nmap")


def test_fallback_sends_the_signal_with_an_old_version() -> None:
    found = command(plan_tls.FALLBACK, max_version="TLSv1.1")
    assert found
    assert {"-fallback_scsv", "-max_protocol"} <= set(shlex.split(found))


def test_weak_suites_are_scanned_by_nmap() -> None:
    ipv6 = {"address": "2001:db8::25", "service": "imaps", "port": 993}
    other = {"service": "side", "port": 2525}
    script = "--script ssl-enum-ciphers"
    assert command(plan_tls.WEAK) == f"nmap -Pn {script} -p 25 192.0.2.25"
    assert command(plan_tls.WEAK, fields=ipv6) == f"nmap -6 -Pn {script} -p 993 2001:db8::25"
    assert command(plan_tls.WEAK, fields=other) == f"nmap -Pn -sV {script} -p 2525 192.0.2.25"
    assert command(plan_tls.WEAK, protocol="sieve") is None


def test_control_offers_the_worst_first_and_the_protocols_of_the_probe() -> None:
    found = command(plan_tls.CONTROL, alpn=["http/1.1"])
    assert found
    arguments = shlex.split(found)
    assert arguments[arguments.index("-alpn") + 1] == "http/1.1"
    assert arguments[arguments.index("-cipher") + 1].startswith("kRSA")
    assert "-alpn" not in shlex.split(command(plan_tls.CONTROL) or "")


def test_other_certificate_is_asked_for_by_kind_of_key() -> None:
    assert "'ALL:!aNULL:!aRSA:@SECLEVEL=0'" in (command(plan_tls.OTHER, without=["rsa"]) or "")
    assert (
        "rsa"
        not in (command(plan_tls.MODERN_KEYS, without=["rsa"]) or "").partition("-showcerts")[0]
    )
