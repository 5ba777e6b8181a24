# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a task that publishes records, each read into its one form before anything is
asked or changed.

A sentence never shows the secret of the key, nor the name of a key that may be one.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _option_values
from ansible_collections.airtight.mail.plugins.module_utils._international_names import a_labels
from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError, is_name

from .._dns import resolver as _resolver
from .._dns.queries import Question, within
from . import record_sets, values
from .record import TYPES, Record, in_order

PRESENT, ABSENT = "present", "absent"
ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512")
MAX_TIMEOUT, MAX_WAIT = 120, 3600
_TTL = 3600
#: A longer algorithm may be a secret that stands in the wrong place.
_MAX_SHOWN = 20
#: The options of the task. Those of type raw are read here alone.
SPEC: dict[str, dict[str, t.Any]] = {
    "records": {"type": "raw", "required": True},
    "zone": {"type": "str", "required": True},
    "server": {"type": "str", "required": True},
    "key_name": {"type": "raw", "required": True},
    "key_secret": {"type": "raw", "required": True, "no_log": True},
    "key_algorithm": {"type": "str", "default": ALGORITHMS[0]},
    "state": {"type": "str", "default": PRESENT},
    "timeout": {"type": "raw", "default": 10},
    "wait": {"type": "raw", "default": 60},
    "dns_resolver": {"type": "str", "default": ""},
    "dns_servers": {"type": "raw", "default": []},
}


class Key(t.NamedTuple):
    """A key of TSIG (RFC 8945). name: absolute, without its last dot. secret: base64."""

    name: str
    secret: str
    algorithm: str


class Request(t.NamedTuple):
    """What a task asks for. wanted: the records by name and type. timeout, wait: seconds; a wait
    of 0 waits for no server. servers: who is asked in place of the zone's name servers, by label.
    """

    zone: str
    server: _resolver.Server
    key: Key
    present: bool
    wanted: dict[Question, record_sets.Wanted]
    timeout: float
    wait: float
    resolvers: list[_resolver.Server]
    servers: dict[str, _resolver.Server]


def request(args: t.Mapping[str, t.Any]) -> Request:
    """The options as they were given; raises ModelError with one sentence."""
    if _resolver.DNSPYTHON_IMPORT_ERROR:
        raise ModelError(f"{_resolver.MISSING.partition(', or skip')[0]}.")
    zone = values.name("zone", args["zone"])
    state = values.choice(PRESENT, ABSENT)("state", args["state"])
    wait = args["wait"]
    waits = isinstance(wait, bool) or str(wait) not in ("0", "0.0")
    servers = {
        text: values.server("dns_servers", text)
        for text in _option_values.strings("dns_servers", args["dns_servers"])
    }
    found = Request(
        zone,
        values.server("server", args["server"]),
        _key(args),
        state == PRESENT,
        _wanted(args["records"], zone, state == PRESENT),
        _option_values.seconds("timeout", args["timeout"], MAX_TIMEOUT),
        _option_values.seconds("wait", wait, MAX_WAIT) if waits else 0.0,
        [] if servers or not waits else _resolver.servers(args["dns_resolver"], False),
        servers,
    )
    if waits and not (found.servers or found.resolvers):
        raise ModelError(
            "dns_resolver is empty, and this system names no resolver; give one that finds the "
            "name servers of the zone, give those as dns_servers, or set wait: 0."
        )
    return found


def _key(args: t.Mapping[str, t.Any]) -> Key:
    """The key; whoever mixes up name and secret finds neither on the screen."""
    try:
        name = values.name("key_name", args["key_name"])
    except ModelError:
        raise ModelError(
            "key_name is not the name of a key; write the one that the server has, such as "
            "update.example.org."
        ) from None
    secret = args["key_secret"]
    try:
        octets = base64.b64decode("".join(secret.split()).encode("ascii"), validate=True)
    except (AttributeError, UnicodeError, binascii.Error, ValueError):
        octets = b""
    if not octets:
        raise ModelError(
            "key_secret is not base64 (its value is not shown); write the secret of the key as "
            "the server has it, which keymgr -t or tsig-keygen prints."
        )
    algorithm = str(args["key_algorithm"]).lower().rstrip(".")
    if algorithm not in ALGORITHMS:
        named = _option_values.shown(algorithm) if len(algorithm) <= _MAX_SHOWN else "this"
        raise ModelError(f"key_algorithm: {named} is not one of {', '.join(ALGORITHMS)}.")
    return Key(name, "".join(secret.split()), algorithm)


def _wanted(items: t.Any, zone: str, present: bool) -> dict[Question, record_sets.Wanted]:
    """The records by name and type; an item without a value stands for all of a name and type."""
    if not isinstance(items, (list, tuple)):
        raise ModelError("records is not a list; give what the filter mail_zone returns.")
    records = [_record(item, zone, present) for item in items]
    found: dict[Question, record_sets.Wanted] = {}
    for one in in_order([record for record in records if record.value]):
        question = Question(one.name, one.type)
        known = found.get(question, record_sets.Wanted((), one.ttl)).rdatas or ()
        rdata = record_sets.rdata(question, one.value)
        found[question] = record_sets.Wanted((*known, rdata), one.ttl)
    for one in records:
        if not one.value:
            found[Question(one.name, one.type)] = record_sets.Wanted(None, one.ttl)
    return found


def _record(item: t.Any, zone: str, present: bool) -> Record:
    """One record of the list."""
    if not isinstance(item, t.Mapping) or any(
        not isinstance(item.get(key), str) or not item[key] for key in ("name", "type")
    ):
        raise ModelError(
            f"records: {_option_values.shown(item)} has no name or no type; write "
            "{name: mx1.example.org, type: A, value: 192.0.2.25}, or give what the filter "
            "mail_zone returns."
        )
    name, kind = _owner(item["name"]), values.choice(*TYPES)("records.type", item["type"])
    if not within(name, zone):
        raise ModelError(
            f"records: {_option_values.shown(name)} is not in the zone {zone}; give the filter "
            f"mail_zone zone='{zone}', and publish what is in other zones by tasks of their own."
        )
    value = item.get("value") or ""
    if not isinstance(value, str) or (present and not value):
        raise ModelError(
            f"records: {name} {kind} has no text as its value; write what is to be published, "
            "such as value: 192.0.2.25."
        )
    return Record(name, kind, values.ttl("records.ttl", item.get("ttl", _TTL)), value, "published")


def _owner(text: str) -> str:
    """The name of a record, which may be a wildcard (RFC 4592)."""
    star = "*." if text.startswith("*.") else ""
    found = a_labels(text.removeprefix(star).removesuffix("."))
    if not is_name(found):
        raise ModelError(
            f"records.name: {_option_values.shown(text)} is not a full name; write one such as "
            "_dmarc.example.org."
        )
    return star + found
