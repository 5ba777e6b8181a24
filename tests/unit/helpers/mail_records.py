# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Variables of mail hosts, with every option of their DNS records, and those records as servers
have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.airtight.mail.plugins.plugin_utils._records import forms, wanted

if TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.plugin_utils._records.record import Record

#: An RSA key of 2048 bits and one of Ed25519, in DER in base64.
RSA_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxQcsuyjdhfGdTKfyeFIdQQtQisCpBlfI5H6WrMcXRe9q"
    "6dLLEE7xRiGfoVBq/6saDdtGo3VT+hzmrYaR0teveftE3dQYP0hoLpeRxEcEZKBnM1uAcUFFgPOSTVq98OdUqOgj"
    "hsOWEI69s/LcKwx/2moHGBXCdnHuJZt66gPMTpREmUtqQ09cePvFbcoSEs/i/yxkJeRJAHpWoLabui1MBQ0kbM1J"
    "+jfnXCOaMg+QQGMWN0nVkk+gz/ANs6LHsjSoVIHFL4Bolyibp1GlehGIxF4/tlvtQJKF1j79qLR5lS89yKR2GjuV"
    "iONI22mMGl0MBATYdtksgEZxoBoLslU55QIDAQAB"
)
ED25519_KEY = "MCowBQYDK2VwAyEAAwfNxYhiDyqTn370+hsbxp91NR/17+kP/wbQmfQR5no="
NEXT = "5a" * 32
NAME = "mx1.example.org"
ADDRESSES = ["192.0.2.25", "2001:db8::25"]
POLICY_SERVER = "192.0.2.80"


def pem(base64: str) -> str:
    """A public key in PEM."""
    return f"-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n"


def few(**more: Any) -> dict[str, Any]:
    """A host with what it cannot do without."""
    found: dict[str, Any] = {
        "mail_hostname": NAME,
        "mail_domains": ["example.org"],
        "records_addresses": ADDRESSES,
    }
    return {**found, **more}


def all_options(**more: Any) -> dict[str, Any]:
    """A host with every option of its records."""
    ed25519 = {"selector": "ed", "public_key": pem(ED25519_KEY), "type": "ed25519"}
    found = few(
        mail_domains=["example.org", "exämple.net"],
        records_dkim=[
            {"domain": "example.org", "selector": "mail", "public_key": pem(RSA_KEY)},
            {"domain": "exämple.net", "selector": "mail", "public_key": RSA_KEY},
            {"domain": "example.org", **ed25519},
            {"domain": "exämple.net", **ed25519},
        ],
        records_spf_terms=["include:_spf.example.com"],
        records_dmarc_reports=["reports@example.com"],
        records_tls_reports=["tls@example.org", "https://reports.example.com/tls?a=1"],
        records_mta_sts="enforce",
        records_mta_sts_servers=[POLICY_SERVER],
        records_certificate=pem(RSA_KEY),
        records_next_keys=[NEXT],
        records_tlsa_services=["smtp", "submissions"],
        records_caa=[
            {
                "issuer": "letsencrypt.org",
                "accounturi": "https://acme.example/acct/1",
                "validationmethods": ["http-01", "dns-01"],
            }
        ],
        records_autoconfig_servers=[POLICY_SERVER],
        records_autodiscover_servers="web.example.com",
        audit_parked_domains=["parked.example"],
    )
    return {**found, **more}


def records_of(*hosts: Mapping[str, Any]) -> tuple[Record, ...]:
    """The records of hosts that are called mx1, mx2 and so on."""
    hostvars = {f"mx{number}": host for number, host in enumerate(hosts, 1)}
    return wanted.wanted(hostvars, hostvars).records


def values(records: Iterable[Record], name: str, kind: str) -> list[str]:
    """The values of a name and type."""
    return [record.value for record in records if (record.name, record.type) == (name, kind)]


def as_served(records: Iterable[Record]) -> dict[tuple[str, str], list[str]]:
    """The records by name and type, in presentation format."""
    found: dict[tuple[str, str], list[str]] = {}
    for record in records:
        text = forms.quoted(record.value) if record.type == "TXT" else record.value
        found.setdefault((record.name, record.type), []).append(text)
    return found
