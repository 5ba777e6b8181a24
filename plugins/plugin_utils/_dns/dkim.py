# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM signatures: reading one, and the octets that were signed (RFC 6376 sections 3.4 to 3.7).

Verification needs a key and cryptography, and is done by the evaluators.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import collections
import hashlib
import re
import typing as t

from .fields import FOLDING_BLANKS, number, tag_values, without_blanks

if t.TYPE_CHECKING:
    from .message import Field, Letter

_BLANKS = re.compile(rb"[ \t]+")
_SIGNATURE_TAG = re.compile(rb"(?i)(^|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_REQUIRED_TAGS = ("v", "a", "b", "bh", "d", "h", "s")
#: The longest body of which l= may name a part.
_MAX_LENGTH = 10**11
CANONICALIZATIONS = ("simple", "relaxed")


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
    return [_signature(field) for field in message.fields if field.name.lower() == "dkim-signature"]


def _signature(field: Field) -> Signature:
    text = field.raw.partition(b":")[2].decode("utf-8", "replace")
    pairs = tag_values(text, FOLDING_BLANKS)
    values = dict(reversed(pairs))
    counts = collections.Counter(name for name, _value in pairs)
    problems = [f"{name}= is there more than once" for name, count in counts.items() if count > 1]
    problems += [f"{name}= is missing" for name in _REQUIRED_TAGS if name not in values]
    header_form, body_form = (values.get("c", "simple").lower() + "/simple").split("/")[:2]
    if not {header_form, body_form} <= set(CANONICALIZATIONS):
        problems.append(f"c={values['c']} is no known canonicalization")
    if values.get("v", "1") != "1":
        problems.append(f"v={values['v']} is not 1")
    return Signature(
        field=field,
        values=values,
        domain=without_blanks(values.get("d", "")).lower(),
        selector=without_blanks(values.get("s", "")).lower(),
        algorithm=values.get("a", "").lower(),
        header_form=header_form,
        body_form=body_form,
        signed=tuple(without_blanks(name).lower() for name in values.get("h", "").split(":")),
        hash=_decoded(values.get("bh", ""), "bh", problems),
        data=_decoded(values.get("b", ""), "b", problems),
        problems=tuple(problems),
    )


def _decoded(text: str, name: str, problems: list[str]) -> bytes:
    """The octets of a tag in base64; adds to the problems if it is none."""
    try:
        return base64.b64decode(without_blanks(text), validate=True)
    except (binascii.Error, ValueError):
        problems.append(f"{name}= is no base64")
        return b""


def header(field: bytes, form: str) -> bytes:
    """One header field in canonical form, with its line break."""
    if form == "simple":
        return field
    name, _colon, value = field.partition(b":")
    unfolded = _BLANKS.sub(b" ", value.replace(b"\r\n", b"").replace(b"\n", b"")).strip(b" ")
    return name.strip(b" \t").lower() + b":" + unfolded + b"\r\n"


def body(content: bytes, form: str) -> bytes:
    """The body in canonical form."""
    lines = content.split(b"\r\n")
    if form == "relaxed":
        lines = [_BLANKS.sub(b" ", line).rstrip(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return b"" if form == "relaxed" else b"\r\n"
    return b"\r\n".join(lines) + b"\r\n"


def body_hash(message: Letter, signature: Signature) -> bytes:
    """The hash that bh= must hold, of as many octets as l= says."""
    content = body(message.body, signature.body_form)
    length = number(signature.values.get("l", ""), _MAX_LENGTH)
    return hashlib.sha256(content[:length]).digest()


def signed_octets(message: Letter, signature: Signature) -> bytes:
    """The octets that b= signs: the fields of h=, the last one of a name first, and the signature's
    own field without its b=.
    """
    form = signature.header_form
    unused: dict[str, list[bytes]] = {}
    for field in message.fields:
        unused.setdefault(field.name.lower(), []).append(field.raw)
    parts = [header(unused[name].pop(), form) for name in signature.signed if unused.get(name)]
    name, colon, value = signature.field.raw.partition(b":")
    own_field = name + colon + _SIGNATURE_TAG.sub(rb"\1\2", value)
    return b"".join(parts) + header(own_field, form).rstrip(b"\r\n")
