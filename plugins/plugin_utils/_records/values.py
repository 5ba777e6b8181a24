# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that people write into variables about DNS records, each in its one canonical form.

Each function takes the name of the variable and its value, and raises ModelError with one sentence
that names both and says what to write.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
import urllib.parse

from ansible_collections.airtight.mail.plugins.module_utils import _option_values
from ansible_collections.airtight.mail.plugins.module_utils._international_names import a_labels
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    SERVICES,
    ModelError,
    is_address,
)

from .._dns import resolver as _resolver
from .._dns import spf_record
from .._dns.domain_queries import private
from .._inputs.addresses import TARGET, address_problem, is_name

shown = _option_values.shown
strings = _option_values.strings
_AUDIT = "audit_"
_MAX_TTL, _MAX_PREFERENCE = 2**31 - 1, 65535
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
#: A URI (RFC 3986) without the semicolon, which ends a field.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,=%-]+")
#: What parts the destinations of reports (RFC 8460 section 3).
_PARTS_DESTINATIONS = re.compile("[,!]")
_HTTPS = re.compile(r"https://([A-Za-z0-9.-]+)(:[0-9]{1,5})?([/?#].*)?")


def name(option: str, value: t.Any) -> str:
    """A fully qualified name as the DNS has it: lower case, A-labels, no dot at the end."""
    text = _option_values.text_of(option, value)
    found = a_labels(text.removesuffix("."))
    if not is_name(found):
        raise ModelError(
            f"{option}: {shown(value)} is not a full name; write one such as example.org."
        )
    return found


def names(option: str, value: t.Any) -> tuple[str, ...]:
    """Names, each once."""
    return tuple(dict.fromkeys(name(option, text) for text in strings(option, value)))


def addresses(option: str, value: t.Any) -> tuple[str, ...]:
    """Addresses that a host can be reached at, each once. Those of the audit may be private, where
    the vantage is near the host; those of records are for everybody, unless somebody says so.
    """
    found = [_option_values.address(option, text) for text in strings(option, value)]
    for text in found:
        parsed = ipaddress.ip_address(text)
        if (
            parsed.is_loopback
            or parsed.is_multicast
            or parsed.is_unspecified
            or parsed.is_link_local
        ):
            raise ModelError(
                f"{option}: {shown(text)} leads nobody to the host; write its public addresses."
            )
        if option.startswith(_AUDIT) and private(text):
            own = f"records_{option.removeprefix(_AUDIT)}"
            raise ModelError(f"{option}: {shown(text)} is private; set {own} to what others see.")
        if parsed.version == 6 and parsed.ipv4_mapped:
            raise ModelError(f"{option}: {shown(text)} is IPv4; write {parsed.ipv4_mapped}.")
    return tuple(dict.fromkeys(found))


def servers(option: str, value: t.Any) -> tuple[str, ...]:
    """Where a name leads: one other name, or addresses."""
    texts = strings(option, value)
    if len(texts) == 1 and not is_address(texts[0]):
        return (name(option, texts[0]),)
    named = [text for text in texts if not is_address(text)]
    if named:
        raise ModelError(
            f"{option}: {shown(named[0])} is one of several; give one name, or addresses only."
        )
    return addresses(option, texts)


def number(least: int, most: int) -> t.Callable[[str, t.Any], int]:
    """Reads a whole number between two, both included."""

    def read(option: str, value: t.Any) -> int:
        text = "" if isinstance(value, (bool, float)) else _option_values.text_of(option, value)
        if not re.fullmatch("[0-9]{1,10}", text) or not least <= int(text) <= most:
            raise ModelError(
                f"{option}: {shown(value)} is not a whole number from {least} to {most}."
            )
        return int(text)

    return read


ttl = number(0, _MAX_TTL)
preference = number(0, _MAX_PREFERENCE)


def choice(*choices: str) -> t.Callable[[str, t.Any], str]:
    """Reads one of some words."""

    def read(option: str, value: t.Any) -> str:
        if value not in choices:
            raise ModelError(f"{option}: {shown(value)} is not one of {', '.join(choices)}.")
        return str(value)

    return read


def truth(option: str, value: t.Any) -> bool:
    """True or false."""
    key = str(value).lower() if isinstance(value, (str, bool)) else ""
    if key not in (*_TRUE, *_FALSE):
        raise ModelError(f"{option}: {shown(value)} is neither true nor false; write one of them.")
    return key in _TRUE


def services(option: str, value: t.Any) -> tuple[str, ...]:
    """Names of services."""
    found = strings(option, value)
    for text in found:
        if text not in SERVICES:
            raise ModelError(f"{option}: {shown(text)} is not one of {', '.join(SERVICES)}.")
    return tuple(dict.fromkeys(found))


def ports(option: str, value: t.Any) -> dict[str, int]:
    """Ports by service."""
    if not isinstance(value, t.Mapping):
        raise ModelError(
            f"{option}: {shown(value)} is not a dictionary; write {{submission: 2587}}."
        )
    read = _option_values.port
    return {services(option, [key])[0]: read(option, port) for key, port in value.items()}


def helo(option: str, value: t.Any) -> str:
    """The name in HELO that settings of Postfix give; empty where they give none, or by a
    parameter.
    """
    if not isinstance(value, t.Mapping):
        raise ModelError(
            f"{option}: {shown(value)} is not a dictionary; write {{smtp_helo_name: ...}}."
        )
    text = str(value.get("smtp_helo_name") or value.get("myhostname") or "")
    return "" if "$" in text else text.lower().removesuffix(".")


def spf_terms(option: str, value: t.Any) -> tuple[str, ...]:
    """Mechanisms of SPF beside the host's own addresses (RFC 7208 section 5), but for all."""
    found = strings(option, value)
    for text in found:
        wrong = " " in text or not re.fullmatch("[!-~]+", text) or "`" in text
        try:
            terms = () if wrong else spf_record.parse(f"v=spf1 {text}").terms
        except spf_record.PermError:
            terms = ()
        if [term.kind == "all" for term in terms] != [False]:
            raise ModelError(
                f"{option}: {shown(text)} is not one mechanism of SPF; write one such as "
                "include:_spf.example.net, without all."
            )
    return tuple(dict.fromkeys(found))


def report_addresses(option: str, value: t.Any) -> tuple[str, ...]:
    """Mail addresses as URIs; what parts the fields of a record is percent-encoded (RFC 6068)."""
    return tuple(dict.fromkeys(_mailto(option, text) for text in strings(option, value)))


def report_uris(option: str, value: t.Any) -> tuple[str, ...]:
    """Mail addresses or https URIs (RFC 8460 section 3), as URIs."""
    texts = strings(option, value)
    read = (_https(option, text) if "://" in text else _mailto(option, text) for text in texts)
    return tuple(dict.fromkeys(read))


def _mailto(option: str, text: str) -> str:
    local, _at, domain = text.removeprefix("mailto:").rpartition("@")
    found = f"{local}@{a_labels(domain)}"
    problem = address_problem(found, TARGET)
    if problem:
        raise ModelError(f"{option}: {shown(text)} {problem}; write one such as tls@example.org.")
    return f"mailto:{urllib.parse.quote(local, safe='+')}@{found.rpartition('@')[2]}"


def _https(option: str, text: str) -> str:
    found = _HTTPS.fullmatch(text)
    port = int((found[2] or ":443")[1:]) if found else 0
    wrong = not _URI.fullmatch(text) or _PARTS_DESTINATIONS.search(text)
    if not found or wrong or not is_name(found[1].lower()) or not 0 < port < 65536:
        raise ModelError(
            f"{option}: {shown(text)} is not an address for reports; write tls@example.org, or "
            "https://example.org/reports without , ; and !."
        )
    return text


def uri(option: str, value: t.Any) -> str:
    """A URI in one field of a record."""
    text = _option_values.text_of(option, value)
    if not _URI.fullmatch(text):
        raise ModelError(
            f"{option}: {shown(text)} is not a URI; write one such as https://example.org/1."
        )
    return text


def server(option: str, text: str) -> _resolver.Server:
    """A server by its address; raises ModelError."""
    try:
        return _resolver.servers(text or "none", False)[0]
    except ModelError:
        raise ModelError(
            f"{option}: {shown(text)} is no address such as 192.0.2.53 or [2001:db8::53]:53."
        ) from None
