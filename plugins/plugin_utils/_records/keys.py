# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys and authorities as people write them into variables: DKIM records, digests for TLSA,
CAA properties.

Each function takes the name of the variable and its value, and raises ModelError. A sentence never
shows a part of what may be a private key.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _dkim_key, _option_values
from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError

from .._checks.dns import dkim
from .._checks.tls import x509
from .._inputs.texts import is_one_line
from . import values

shown = _option_values.shown
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----")
_DIGEST = re.compile("[0-9A-Fa-f]{64}")
_METHOD = re.compile("[A-Za-z0-9-]+")
_DKIM_LABEL = "._domainkey."
#: What stands before the 32 octets of an Ed25519 key (RFC 8410 section 4).
_ED25519 = bytes.fromhex("302a300506032b6570032100")
_PUBLIC = "give its public part, which openssl pkey -pubout prints"
_CAA = ("issuer", "accounturi", "validationmethods", "wildcards")


class Dkim(t.NamedTuple):
    """A DKIM key record: the domain, the name before the domain, and the text."""

    domain: str
    label: str
    text: str


def spki_digests(option: str, value: t.Any) -> tuple[str, ...]:
    """The SHA-256 of public keys in hexadecimal, from certificates or public keys in PEM, or from
    such digests. Of a chain the first certificate counts.
    """
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise ModelError(f"{option} is neither PEM nor a list; write the text of the file.")
    return tuple(dict.fromkeys(_digest(option, item) for item in items if item))


def _digest(option: str, value: t.Any) -> str:
    text = str(value).strip()
    if _DIGEST.fullmatch(text):
        return text.lower()
    kind, data = _pem(option, text)
    if kind == "PUBLIC KEY":
        return hashlib.sha256(data).hexdigest()
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        raise ModelError(
            f"{option} is a certificate, which the Python package cryptography reads, and that is "
            "missing on the controller; install it (pip install cryptography)."
        )
    try:
        found = str(x509.certificate_facts(data)["spki_sha256"])
    except ValueError:
        found = ""
    if not found:
        raise ModelError(
            f"{option} is a certificate that cannot be read; write the text of the file."
        )
    return found


def _pem(option: str, text: str) -> tuple[str, bytes]:
    """The kind and the octets of a text in PEM (RFC 7468)."""
    found = _PEM.search(text)
    if "PRIVATE KEY" in text:
        raise ModelError(f"{option} is a private key; {_PUBLIC}.")
    if not found or found[1] not in ("CERTIFICATE", "PUBLIC KEY"):
        raise ModelError(
            f"{option} is not a certificate or public key in PEM; write the text of the file."
        )
    try:
        return found[1], base64.b64decode("".join(found[2].split()), validate=True)
    except (binascii.Error, ValueError):
        raise ModelError(
            f"{option} is PEM that cannot be read; write the text of the file."
        ) from None


def dkim_records(option: str, value: t.Any) -> tuple[Dkim, ...]:
    """Records as the role opendkim has them in opendkim_records: name and value."""
    return tuple(
        _dkim_record(option, item) for item in _dictionaries(option, value, ("name", "value"))
    )


def _dkim_record(option: str, item: t.Mapping[str, t.Any]) -> Dkim:
    selector, label, domain = str(item["name"]).partition(_DKIM_LABEL)
    if not label:
        raise ModelError(
            f"{option}: {shown(item['name'])} is not the name of a key; write one such as "
            "mail._domainkey.example.org."
        )
    return _dkim(option, domain, selector, str(item["value"]))


def dkim_keys(option: str, value: t.Any) -> tuple[Dkim, ...]:
    """Public keys: domain, selector, public_key in PEM or base64, and type (rsa or ed25519)."""
    found = []
    for item in _dictionaries(option, value, ("domain", "selector", "public_key"), ("type",)):
        kind = values.choice(*_dkim_key.TYPES)(f"{option}.type", item.get("type", "rsa"))
        public = _public(option, str(item["public_key"]), kind)
        text = _dkim_key.record("", "", public, kind)["value"]
        found.append(_dkim(option, str(item["domain"]), str(item["selector"]), text))
    return tuple(found)


def _public(option: str, text: str, kind: str) -> str:
    """What p= holds; of Ed25519 the key itself (RFC 8463 section 4)."""
    if "-----" not in text:
        return "".join(text.split())
    label, data = _pem(option, text)
    is_ed25519 = data.startswith(_ED25519) and len(data) == len(_ED25519) + dkim.ED25519_OCTETS
    if label != "PUBLIC KEY" or is_ed25519 != (kind == "ed25519"):
        raise ModelError(f"{option} is not a public key of type {kind}; {_PUBLIC}.")
    return base64.b64encode(data.removeprefix(_ED25519)).decode("ascii")


def _dkim(option: str, domain: str, selector: str, text: str) -> Dkim:
    """One record, with a key that receivers accept."""
    found = values.name(option, domain)
    if not _dkim_key.NAME.fullmatch(selector):
        raise ModelError(f"{option}: {shown(selector)} is not a selector; write one such as mail.")
    if "PRIVATE KEY" in text:
        raise ModelError(f"{option} has a private key for {found}; {_PUBLIC}.")
    problem = "it is not ASCII in one line" if not (text.isascii() and is_one_line(text)) else ""
    problem = problem or _key_problem(text)
    if problem:
        raise ModelError(
            f"{option} has no usable key {shown(selector)} for {found}: {problem}; write the "
            "public key in full."
        )
    return Dkim(found, f"{selector.lower()}._domainkey", text)


def _key_problem(text: str) -> str:
    """What is wrong with a key record, empty where receivers accept it."""
    key = dkim.key(text)
    if key.problems:
        return key.problems[0]
    if not text.startswith("v=DKIM1") or (key.kind == "rsa" and x509.CRYPTOGRAPHY_IMPORT_ERROR):
        return "" if text.startswith("v=DKIM1") else "it does not begin with v=DKIM1"
    try:
        return dkim.strength(key)
    except ValueError:
        return "p= cannot be read as a key"


def caa(option: str, value: t.Any) -> tuple[str, ...]:
    """CAA records in presentation format (RFC 8659 section 4.2, RFC 8657)."""
    found: list[str] = []
    for item in _dictionaries(option, value, _CAA[:1], _CAA[1:]):
        text = values.name(f"{option}.issuer", item["issuer"])
        if item.get("accounturi"):
            text += f"; accounturi={values.uri(f'{option}.accounturi', item['accounturi'])}"
        methods = _option_values.strings(
            f"{option}.validationmethods", item.get("validationmethods")
        )
        for method in methods:
            if not _METHOD.fullmatch(method):
                raise ModelError(
                    f"{option}.validationmethods: {shown(method)} is not a method; write one such "
                    "as http-01 or dns-01."
                )
        text += f"; validationmethods={','.join(methods)}" if methods else ""
        found.append(f'0 issue "{text}"')
        if values.truth(f"{option}.wildcards", item.get("wildcards", False)):
            found.append(f'0 issuewild "{text}"')
    if found and not any("issuewild" in text for text in found):
        found.append('0 issuewild ";"')
    return tuple(dict.fromkeys(found))


def _dictionaries(
    option: str, value: t.Any, required: t.Sequence[str], optional: t.Sequence[str] = ()
) -> list[t.Mapping[str, t.Any]]:
    """The items of a list of dictionaries that have what is required."""
    example = ", ".join(f"{key}: ..." for key in required)
    if not isinstance(value, (list, tuple)):
        raise ModelError(f"{option} is not a list; write [{{{example}}}].")
    for item in value:
        if not isinstance(item, t.Mapping) or any(item.get(key) in (None, "") for key in required):
            raise ModelError(f"{option} has an item that lacks a key; write {{{example}}}.")
        odd = [str(key) for key in item if optional and key not in (*required, *optional)]
        if odd:
            known = ", ".join((*required, *optional))
            raise ModelError(f"{option}: {shown(odd[0])} is not one of {known}.")
    return list(value)
