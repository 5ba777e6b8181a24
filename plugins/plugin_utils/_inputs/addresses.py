# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of hosts and addresses of users as people type them, and what is wrong with them.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
import unicodedata

from .texts import is_visible, shown

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_LAST_LABEL = "[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
NAME = re.compile(rf"(?=.{{4,253}}\Z)({_LABEL}[.])+{_LAST_LABEL}")
#: What a local part may consist of. A user's is also the name of a directory.
USER = "a-z0-9._-"
ALIAS = "a-z0-9._=&'-"
TARGET = "a-zA-Z0-9._=&'+-"
MAX_LOCAL = 64


def is_name(text: str) -> bool:
    """Whether a text is a fully qualified name in lower case."""
    return bool(NAME.fullmatch(text))


def ascii_form(name: str) -> str:
    """An internationalised name as it stands in the DNS (RFC 5891)."""
    labels = unicodedata.normalize("NFC", name.lower()).split(".")
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
        for label in labels
    )


def name_problem(name: str) -> str:
    """What is wrong with the name of a host or a domain, as a clause, or an empty string."""
    if is_name(name):
        return ""
    if not is_visible(name.strip()):
        return "has a character that cannot be seen; remove it"
    if not name.isascii():
        form = ascii_form(name)
        return f"has letters outside ASCII; write {form}" if is_name(form) else "is no domain name"
    plain = name.strip().lower().removesuffix(".")
    if is_name(plain):
        kind = "ends in a dot" if name.endswith(".") else "has capital letters or spaces"
        return f"{kind}; write {plain}"
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return "is not a fully qualified name in lower case"
    return "is an address and not a fully qualified name"


def _local_problem(local: str, permitted: str, delimiter: str) -> str:
    """What is wrong with a local part."""
    odd = [c for c in dict.fromkeys(local) if not re.fullmatch(f"[{permitted}]", c)]
    if local != local.lower() and "A" not in permitted:
        return "has capital letters; write it in lower case"
    if delimiter and delimiter in local and permitted != TARGET:
        return (
            f"has the character {delimiter} of mail_recipient_delimiter, which begins an extension"
        )
    if odd:
        names = " and ".join("a space" if c == " " else ascii(c)[1:-1] or c for c in odd)
        return f"has {names}, which is not accepted before the @"
    if len(local) > MAX_LOCAL:
        return f"has more than {MAX_LOCAL} characters before the @"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "has a dot at the wrong place before the @"
    return ""


def address_problem(
    address: str,
    permitted: str,
    domains: t.Container[str] | None = None,
    delimiter: str = "",
    catch_all: bool = False,
) -> str:
    """What is wrong with a mail address, as a clause, or an empty string.

    permitted: one of USER, ALIAS and TARGET. domains: those that it may be in; None: any.
    catch_all: whether it may have no local part.
    """
    local, at, domain = address.rpartition("@")
    if not at or not domain or not (local or catch_all):
        return "is not a mail address"
    problem = name_problem(domain)
    if problem:
        return f"has the domain {shown(domain)}, which {problem}"
    if domains is not None and domain not in domains:
        return f"is in {domain}, which is not one of mail_domains"
    problem = _local_problem(local, permitted, delimiter)
    if not problem and permitted == USER and not re.match("[a-z0-9]", local):
        return "begins with neither a letter nor a digit"
    return problem
