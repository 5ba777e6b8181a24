# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""prepare.py ADDRESS ADDRESS6 DIRECTORY: keys and certificates of the cases, and the variables of
the playbook (vars.json).
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import ipaddress
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

HERE = Path(__file__).resolve().parent
ZONE = "names.test"
#: Cases whose domain is a zone of its own, on the mail host.
DELEGATED = ("unsigned", "expiring", "forged", "silent")
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


def key(kind: str, bits: int = 2048) -> Any:
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "ec"
        else rsa.generate_private_key(65537, bits)
    )


def certificate(
    subject: str, public: Any, issuer: str, signer: Any, names: list[str]
) -> x509.Certificate:
    """A certificate for some months; an authority where it has no names."""
    now = datetime.datetime.now(datetime.UTC)

    def name(text: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, text),
                x509.NameAttribute(NameOID.COMMON_NAME, text),
            ]
        )

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
    )
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(
        now - datetime.timedelta(days=1)
    )
    builder = builder.not_valid_after(now + datetime.timedelta(days=200))
    builder = builder.add_extension(
        x509.BasicConstraints(ca=not names, path_length=None), critical=True
    )
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(public), critical=False
    )
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    unused = (
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "encipher_only",
        "decipher_only",
    )
    usage = dict.fromkeys(unused, False)
    usage.update(digital_signature=bool(names), key_cert_sign=not names, crl_sign=not names)
    builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(entry) for entry in names]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def private(found: Any) -> str:
    return str(
        found.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    )


def authorities(cases: list[dict[str, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """Files for the host, and values for records. The authority has a name that CAA records
    know.
    """
    ca, other, mail_rsa, mail_ec, sts, following = (key("ec") for _number in range(6))
    mail_rsa = key("rsa")
    root = certificate(
        "Let's Encrypt of the lab", ca.public_key(), "Let's Encrypt of the lab", ca, []
    )
    policy_hosts = [f"mta-sts.{case['name']}.{ZONE}" for case in cases]

    def issue(owner: Any, names: list[str], signer: Any = ca) -> str:
        made = certificate("server", owner.public_key(), "Let's Encrypt of the lab", signer, names)
        return private(owner) + made.public_bytes(PEM).decode() + root.public_bytes(PEM).decode()

    files = {
        "ca.pem": root.public_bytes(PEM).decode(),
        "rsa.pem": issue(mail_rsa, ["*." + ZONE]),
        "ec.pem": issue(mail_ec, ["*." + ZONE]),
        "sts.pem": issue(sts, policy_hosts),
        "untrusted.pem": issue(sts, policy_hosts, other),
    }
    small, large, edwards = key("rsa", 1024), key("rsa"), key("ed25519")
    values = {
        name: base64.b64encode(found.public_key().public_bytes(DER, SPKI)).decode()
        for name, found in (("KEY_1024", small), ("KEY_2048", large), ("KEY_ED25519_SPKI", edwards))
    }
    values["KEY_ED25519"] = base64.b64encode(edwards.public_key().public_bytes_raw()).decode()
    for name, found in (("RSA", mail_rsa), ("EC", mail_ec), ("NEXT", following), ("CA", ca)):
        values[name] = hashlib.sha256(found.public_key().public_bytes(DER, SPKI)).hexdigest()
    values["NEXT512"] = hashlib.sha512(following.public_key().public_bytes(DER, SPKI)).hexdigest()
    return files, values


def filled(value: Any, words: dict[str, str]) -> Any:
    """A value with the $words in it replaced, longest first."""
    if isinstance(value, dict):
        return {filled(name, words): filled(entry, words) for name, entry in value.items()}
    if isinstance(value, list):
        return [filled(entry, words) for entry in value]
    if isinstance(value, str):
        for name in sorted(words, key=len, reverse=True):
            value = value.replace(name, words[name])
    return value


def listed(records: dict[str, list[str]]) -> list[dict[str, str]]:
    """Records as lab_parts.publish takes them; a name and type without a value is removed."""
    found = []
    for owner, values in records.items():
        name, kind = owner.split()
        found += [{"name": name, "type": kind, "value": value} for value in values] or [
            {"name": name, "type": kind}
        ]
    return found


def reverse(address: str) -> str:
    return ipaddress.ip_address(address).reverse_pointer.rsplit(".", 2)[0]


def main() -> None:
    address, address6, directory = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    plan = yaml.safe_load((HERE / "zones.yml").read_text(encoding="utf-8"))
    base, cases = plan["base"], plan["cases"]
    files, values = authorities(cases)
    words = {"$4": address, "$6": address6, "$r4": reverse(address), "$r6": reverse(address6)}
    words.update({"$c6": reverse("::ffff:7f00:2"), "$l1": "l1.names.test"})
    targets, policies, zones = [], {}, {name: [] for name in DELEGATED}  # type: ignore[var-annotated]
    records = listed(filled(plan["common"], words))
    for case in cases:
        domain, host = f"{case['name']}.{ZONE}", f"{case['name']}-mx.{ZONE}"
        own = {**words, "$d": domain, "$h": host}
        wanted = filled({**base["records"], **case.get("records", {})}, own)
        wanted = {
            owner: [_keyed(value, values) for value in entries] for owner, entries in wanted.items()
        }
        for record in listed(wanted):
            inside = case["name"] in DELEGATED and record["name"].endswith(domain)
            (zones[case["name"]] if inside else records).append(record)
        targets.append({**filled(base["target"], own), **filled(case.get("target", {}), own)})
        policies[f"mta-sts.{domain}"] = {
            **filled(base["policy"], own),
            **filled(case.get("policy", {}), own),
        }
    for name in DELEGATED:
        records.append(
            {
                "name": f"{name}.{ZONE}",
                "type": "NS",
                "value": f"ns-{'nobody' if name == 'silent' else 'host'}.{ZONE}.",
            }
        )
        records.append({"name": f"{name}.{ZONE}", "type": "DS"})
    records.append({"name": f"ns-host.{ZONE}", "type": "A", "value": address})
    records.append({"name": f"ns-nobody.{ZONE}", "type": "A", "value": "198.51.100.250"})
    everything = {
        "names_records": records,
        "names_targets": targets,
        "names_zones": zones,
        "names_policies": policies,
        "names_files": files,
    }
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "vars.json").write_text(json.dumps(everything), encoding="utf-8")


def _keyed(value: str, values: dict[str, str]) -> str:
    return " ".join(_word(word, values) for word in value.split(" "))


def _word(word: str, values: dict[str, str]) -> str:
    head, mark, tail = word.rpartition("=")
    return head + mark + values.get(tail, tail)


if __name__ == "__main__":
    main()
