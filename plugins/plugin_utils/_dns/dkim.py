# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM signatures: reading one, and the octets that it was made of (RFC 6376 sections 3.4 to 3.7).

Verifying needs a key and cryptography, and is done where verdicts are made.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import typing as t

from .queries import tags

if t.TYPE_CHECKING:
    from .message import Field, Letter

_BLANKS = re.compile(rb"[ \t]+")
_OWN = re.compile(rb"(?i)(^|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*")
KNOWN = ("simple", "relaxed")


class Signature(t.NamedTuple):
    """One DKIM-Signature field. problems: why it cannot be verified, in words; signed: names of h=,
    in lower case.
    """

    field: Field
    values: t.Mapping[str, str]
    domain: str
    selector: str
    algorithm: str
    header_form: str
    body_form: str
    signed: tuple[str, ...]
    hash: bytes
    data: bytes
    problems: tuple[str, ...]


def signatures(message: Letter) -> list[Signature]:
    """Every signature of a message, in its order."""
    return [_read(field) for field in message.fields if field.name.lower() == "dkim-signature"]


def _read(field: Field) -> Signature:
    pairs = tags(field.raw.partition(b":")[2].decode("utf-8", "replace"))
    values = dict(reversed(pairs))
    problems = [
        f"{name}= is there more than once"
        for name in dict(pairs)
        if [one for one, _value in pairs].count(name) > 1
    ]
    problems += [
        f"{name}= is missing" for name in ("v", "a", "b", "bh", "d", "h", "s") if name not in values
    ]
    forms = (values.get("c", "simple").lower() + "/simple").split("/")[:2]
    if not set(forms) <= set(KNOWN):
        problems.append(f"c={values['c']} is no form that is known")
    if values.get("v", "1") != "1":
        problems.append(f"v={values['v']} is not 1")
    signed = tuple("".join(name.split()).lower() for name in values.get("h", "").split(":"))
    return Signature(
        field,
        values,
        "".join(values.get("d", "").split()).lower(),
        "".join(values.get("s", "").split()).lower(),
        values.get("a", "").lower(),
        forms[0],
        forms[1],
        signed,
        _octets(values.get("bh", ""), "bh", problems),
        _octets(values.get("b", ""), "b", problems),
        tuple(problems),
    )


def _octets(text: str, name: str, problems: list[str]) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        problems.append(f"{name}= is no base64")
        return b""


def header(field: bytes, form: str) -> bytes:
    """One header field as it is signed, with its line break."""
    if form == "simple":
        return field
    name, _colon, value = field.partition(b":")
    unfolded = _BLANKS.sub(b" ", value.replace(b"\r\n", b"").replace(b"\n", b"")).strip(b" ")
    return name.strip(b" \t").lower() + b":" + unfolded + b"\r\n"


def body(content: bytes, form: str) -> bytes:
    """The body as it is hashed."""
    lines = content.split(b"\r\n")
    if form == "relaxed":
        lines = [_BLANKS.sub(b" ", line).rstrip(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return b"" if form == "relaxed" else b"\r\n"
    return b"\r\n".join(lines) + b"\r\n"


def body_hash(message: Letter, one: Signature) -> bytes:
    """What bh= must be; as long as l= says where it does."""
    content = body(message.body, one.body_form)
    length = one.values.get("l", "")
    return hashlib.sha256(
        content[: int(length)] if length.isdigit() and len(length) < 12 else content
    ).digest()


def signed_octets(message: Letter, one: Signature) -> bytes:
    """What b= was made of: the fields of h=, each taken from below, and the signature's own field
    without its b=.
    """
    left: dict[str, list[bytes]] = {}
    for field in message.fields:
        left.setdefault(field.name.lower(), []).append(field.raw)
    parts = [header(left[name].pop(), one.header_form) for name in one.signed if left.get(name)]
    name, colon, value = one.field.raw.partition(b":")
    own = name + colon + _OWN.sub(rb"\1\2", value)
    return b"".join(parts) + header(own, one.header_form).rstrip(b"\r\n")
