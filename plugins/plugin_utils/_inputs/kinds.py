# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of values that stand in files of daemons: exactly one value, whatever the daemon reads.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .addresses import ALIAS, TARGET, address_problem, is_name
from .texts import is_one_line

#: What a path in a file of a daemon may consist of: nothing that separates, quotes or expands.
_PATH = re.compile(r"(/[A-Za-z0-9._@+:~-]+)+/?")
_GROUP = re.compile("[a-z_][a-z0-9_-]{0,31}")
_INTERFACE = re.compile("[A-Za-z0-9._-]{1,15}")
_LABEL = re.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SIZE = re.compile("0|([1-9][0-9]*)([kKMGT])")
_UNITS = {"k": 2**10, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_MILTER = re.compile(
    r"(unix:[A-Za-z0-9._/-]+|inet6?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):[A-Za-z0-9-]+)"
    r"|\{ *(unix|inet6?):[^\s,{}]+(, *[a-z_]+ *= *[^\s,{}]+)* *\}"
)
_ANCHOR = re.compile(
    r"(?P<zone>\S+)(\s+[0-9]+)?(\s+IN)?\s+"
    r"(DS\s+[0-9]+\s+[0-9]+\s+[0-9]+\s+[0-9A-Fa-f\s]+|DNSKEY\s+[0-9]+\s+3\s+[0-9]+\s+[A-Za-z0-9+/=\s]+)"
)
#: Restrictions of Postfix that refuse mail, and those of them that have an argument.
_WITH_ARGUMENT = re.compile(
    "reject_(rbl|rhsbl_(client|helo|recipient|reverse_client|sender))_?(client)?"
    "|check_policy_service"
)
#: Networks that are wider than anybody's own.
_WIDEST = {4: 8, 6: 16}


def _is_zone(text: str) -> bool:
    """Whether a text is a name in the DNS, also the root or a single label."""
    labels = text.removesuffix(".").split(".") if text != "." else []
    return len(text) <= 254 and all(re.fullmatch("[A-Za-z0-9_-]{1,63}", label) for label in labels)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_nameserver(text: str) -> bool:
    """Whether a text is an address as resolv.conf has it: of a link with its interface."""
    address, _mark, interface = text.partition("%")
    return _is_address(address) and (address == text or bool(_INTERFACE.fullmatch(interface)))


def _is_resolver(text: str) -> bool:
    """Whether a text is an address of a resolver: address[@port][#name]."""
    address, _mark, name = text.partition("#")
    address, _mark, port = address.partition("@")
    return (
        _is_address(address)
        and bool(re.fullmatch("[0-9]{0,5}", port))
        and (not name or _is_zone(name))
    )


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A network as Postfix and SpamAssassin write it; an IPv4 network may lack its last parts."""
    text = re.sub(r"\[([0-9A-Fa-f:.]+)\]", r"\1", text)
    head, slash, length = text.partition("/")
    if slash and not re.fullmatch("[0-9]{1,3}", length):
        return None
    if re.fullmatch(r"[0-9]{1,3}([.][0-9]{1,3}){0,2}[.]?", head):
        parts = [part for part in head.split(".") if part]
        length = length or str(8 * len(parts))
        head = ".".join([*parts, "0", "0", "0"][:4])
    try:
        return ipaddress.ip_network(f"{head}/{length}" if length else head, strict=False)
    except ValueError:
        return None


def _is_loopback(text: str) -> bool:
    found = _network(text)
    return found is not None and found.is_loopback


def _is_own_network(text: str) -> bool:
    """Whether a text is one network, not wider than a person can own; an exception begins with !"""
    found = _network(text.removeprefix("!"))
    return found is not None and found.prefixlen >= _WIDEST[found.version]


def _is_restriction(text: str) -> bool:
    """Whether a text is one restriction that can only refuse mail."""
    words = text.split()
    while words and words[0] == "warn_if_reject":
        words = words[1:]
    if not words or not re.fullmatch("reject_[a-z_]+|check_policy_service", words[0]):
        return False
    if not _WITH_ARGUMENT.fullmatch(words[0]):
        return len(words) == 1
    argument = " ".join(words[1:])
    return bool(
        re.fullmatch(
            r"[^\s,{}$\\\"#]+|\{ *[^\s,{}$\\\"#]+(, *[a-z_]+ *= *[^\s,{}$\\\"#]+)* *\}", argument
        )
    )


def _is_size(text: str) -> bool:
    found = _SIZE.fullmatch(text)
    return found is not None and (not found[1] or int(found[1]) * _UNITS[found[2]] < 2**63)


def _is_certificate_name(text: str) -> bool:
    return is_name(text.removeprefix("*."))


def _is_anchor(text: str) -> bool:
    found = _ANCHOR.fullmatch(text)
    return found is not None and _is_zone(found["zone"])


KINDS: dict[str, t.Callable[[str], bool]] = {
    "address": _is_address,
    "certificate_name": _is_certificate_name,
    "group": lambda text: bool(_GROUP.fullmatch(text)),
    "label": lambda text: bool(_LABEL.fullmatch(text)),
    "loopback": _is_loopback,
    "mail_address": lambda text: not address_problem(text, TARGET),
    "milter": lambda text: bool(_MILTER.fullmatch(text)),
    "nameserver": _is_nameserver,
    "network": lambda text: _network(text) is not None,
    "own_network": _is_own_network,
    "path": lambda text: bool(_PATH.fullmatch(text)) and "/../" not in f"{text}/",
    "resolver": _is_resolver,
    "restriction": _is_restriction,
    "sender": lambda text: not address_problem(text, ALIAS, catch_all=True),
    "size": _is_size,
    "trust_anchor": _is_anchor,
    "zone": _is_zone,
}


def unfit(values: t.Iterable[t.Any], kind: str) -> list[str]:
    """The values that are not exactly one of a kind, as texts."""
    texts = [str(value) for value in values]
    return [text for text in texts if not (is_one_line(text) and KINDS[kind](text))]
