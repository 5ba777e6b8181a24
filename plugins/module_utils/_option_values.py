# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people type as the value of an option: names, addresses, ports, numbers and lists.

Each function returns the value in one canonical form, or raises ModelError with one sentence that
names the option, the value and what to do.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import math
import re
import ssl
import typing as t

from ._international_names import a_labels
from ._model import ModelError, is_address, is_name
from ._public_suffixes import is_public_suffix

#: A selector of DKIM has one label or more, as a name has (RFC 6376 section 3.1).
DOMAIN, HOST, SELECTOR = "a domain name", "a host name", "a selector"
_EXAMPLES = {DOMAIN: "example.org", HOST: "mx1.example.org", SELECTOR: "mail"}
_INTERNATIONAL = "xn--bcher-kva.example"
_NUMBER = re.compile(r"[0-9]{1,6}")
#: An address literal (RFC 5321 section 4.1.3), or an address as a URL has it.
_LITERAL = re.compile(r"\[(IPv6:)?([0-9A-Fa-f:.]+)\]")
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
#: A value is shown up to this many characters.
_SHOWN = 80


def shown(value: t.Any) -> str:
    """A value as a sentence shows it: in one line, and not longer than a line."""
    try:
        text = repr(str(value) if isinstance(value, str) else value)
    except ValueError:  # a number of thousands of digits, itself or in a list
        text = "this number"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def text_of(option: str, value: t.Any) -> str:
    """A value as text; raises ModelError for a number of thousands of digits."""
    try:
        return str(value)
    except ValueError:
        raise ModelError(f"{option}: {shown(value)} has too many digits.") from None


def strings(option: str, value: t.Any) -> tuple[str, ...]:
    """The items of a list; text with commas is a list, as it is for Ansible."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(item.strip(" ") for item in value.split(",")) if value else ()
    if isinstance(value, (list, tuple)):
        return tuple(text_of(option, item) for item in value)
    raise ModelError(f"{option}: {shown(value)} is not a list; write [a, b].")


def name(option: str, value: t.Any, kind: str = DOMAIN) -> str:
    """A name in lower case with A-labels, without a dot at its end; that of a domain has two labels
    or more.
    """
    text = text_of(option, value)
    found = a_labels(text[:-1] if text.endswith(".") else text)
    if is_name(found) and (kind == SELECTOR or not found.rpartition(".")[2].isdigit()):
        problem = _of_another_kind(found, kind)
        if problem:
            raise ModelError(f"{option}: {shown(text)} {problem}")
        return found
    raise ModelError(f"{option}: {shown(text)} {_why_no_name(text, kind)}")


def _of_another_kind(found: str, kind: str) -> str:
    """Why a name is not one of a kind, and what to write instead; empty where it may be."""
    labels = found.split(".")
    marked = [label for label in labels if label.startswith("_")]
    if kind == SELECTOR and "_domainkey" in labels:
        selector = ".".join(labels[: labels.index("_domainkey")]) or _EXAMPLES[kind]
        return f"is the name of a record; give the selector without ._domainkey: {selector}."
    if kind == DOMAIN and len(labels) == 1:
        return "has no dot; write one such as example.org."
    if kind == DOMAIN and marked:
        domain_part = found.rpartition(f"{marked[-1]}.")[2]
        example = domain_part if "." in domain_part else _EXAMPLES[kind]
        return f"is the name of a record, not {kind}; write one such as {example}."
    if kind == DOMAIN and is_public_suffix(found):
        return f"is a public suffix: others register domains below it; write example.{found}."
    return ""


def _why_no_name(text: str, kind: str) -> str:
    """What is wrong with text that is no name, and what to write instead."""
    if is_address(text):
        return f"is an address, not {kind}; write one such as {_EXAMPLES[kind]}."
    if not text.isascii() and not a_labels(text):
        return f"has letters that IDNA 2008 does not permit; write {kind} such as {_INTERNATIONAL}."
    return f"is not {kind}; write one such as {_EXAMPLES[kind]}, and nothing else."


def domain(option: str, value: t.Any) -> str:
    """A domain name of two labels or more, or nothing."""
    return "" if value in (None, "") else name(option, value)


def helo(option: str, value: t.Any) -> str:
    """What stands behind EHLO: a host name, an address literal (RFC 5321 section 4.1.3), or
    nothing.
    """
    text = text_of(option, value or "")
    literal = _LITERAL.fullmatch(text)
    if literal and is_address(literal.group(2)):
        inner = literal.group(2)
        sound = f"[{'IPv6:' if ':' in inner else ''}{inner}]"
        if text != sound:
            raise ModelError(f"{option}: {shown(text)} is not an address literal; write {sound}.")
        return text
    return name(option, text, HOST) if text else ""


def address(option: str, value: t.Any, otherwise: str = "write one such as 192.0.2.25") -> str:
    """An IPv4 or IPv6 address, as answers of the DNS have it; brackets around it are left out."""
    text = text_of(option, value)
    found = without_brackets(text)
    if not is_address(found):
        raise ModelError(f"{option}: {shown(text)} is not an IP address; {otherwise}.")
    return str(ipaddress.ip_address(found))


def without_brackets(text: str) -> str:
    """An address without its brackets; other text as it is."""
    literal = _LITERAL.fullmatch(text)
    return literal.group(2) if literal and is_address(literal.group(2)) else text


def port(option: str, value: t.Any) -> int:
    """The number of a port."""
    text = "" if isinstance(value, (bool, float)) else text_of(option, value)
    if not _NUMBER.fullmatch(text) or not 0 < int(text) < 65536:
        raise ModelError(
            f"{option}: {shown(value)} is not a port number; write one from 1 to 65535."
        )
    return int(text)


def count(option: str, value: t.Any, most: int) -> int:
    """A number of things, at least one."""
    text = "" if isinstance(value, (bool, float)) else text_of(option, value)
    if not _NUMBER.fullmatch(text) or not 0 < int(text) <= most:
        raise ModelError(f"{option}: {shown(value)} is not a whole number from 1 to {most}.")
    return int(text)


def seconds(option: str, value: t.Any, most: int) -> float:
    """A time in seconds, more than nothing."""
    text = "" if isinstance(value, bool) else text_of(option, value)
    number = float(text) if isinstance(value, float) or _SECONDS.fullmatch(text) else math.nan
    if not 0 < number <= most:  # false for what is no number, too
        raise ModelError(
            f"{option}: {shown(value)} is not a time; write seconds, more than 0 and at most "
            f"{most}."
        )
    return number


def pem_certificates(option: str, value: t.Any) -> str:
    """Certificates in PEM, or nothing. What stands beside them may be in any language."""
    given = text_of(option, value or "").strip()
    text = given.encode("ascii", "ignore").decode("ascii").strip()
    try:
        if given:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as exc:
        reason = getattr(exc, "reason", None) or exc
        raise ModelError(
            f"{option}: this is not a list of certificates in PEM ({reason})."
        ) from exc
    return text
