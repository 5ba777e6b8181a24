# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Certificates and keys of which octets were changed, left out or added: they are read, or refused
with ValueError, also where the library behind them panics.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import json
import typing as t
import warnings

import pytest
import strategies

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import tlsa
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509, x509_chain
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import recorded

NOW = datetime.datetime(2026, 11, 22, 22, tzinfo=datetime.UTC)
CHECKS = ("certificate_trusted", "certificate_strength", "certificate_staple", "dane_match")


def _found(value: t.Any) -> t.Iterator[str]:
    """The certificates in some facts."""
    if isinstance(value, dict):
        if value.get("certificate"):
            yield value["certificate"]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _found(item)


@functools.lru_cache(maxsize=1)
def certificates() -> list[bytes]:
    """The certificates of real hosts that were recorded."""
    entries = (entry for name in CHECKS for entry in recorded(name).values())
    found = {text for entry in entries for text in _found(entry["observations"])}
    return [bytes.fromhex(text) for text in sorted(found)]


def odd(dice: strategies.Dice, data: bytes) -> bytes:
    """The same octets, of which some are other ones."""
    found = bytearray(data)
    for _change in range(dice.random.randrange(1, 4)):
        at, kind = dice.random.randrange(len(found) or 1), dice.random.randrange(9)
        if kind < 3:
            found[at : at + 1] = dice.random.randbytes(1)
        elif kind < 6:
            found[at : at + 1] = bytes([(bytes(found)[at : at + 1] or b"\0")[0] ^ 1 << (at % 8)])
        elif kind < 7:
            found[at : at + dice.random.randrange(1, 9)] = b""
        elif kind < 8:
            found[at:at] = dice.octets(8)
        elif dice.random.random() < 0.2:
            del found[at:]
    return bytes(found)


def facts(der: bytes, _other: bytes) -> None:
    """The facts of a certificate, as evaluators use them."""
    found = x509.certificate_facts(der)
    json.dumps(found, allow_nan=False)
    x509.name_matches("mx1.example.org", found)
    x509.name_matches("192.0.2.25", found)


def matched(der: bytes, other: bytes) -> None:
    """Whether TLSA records match."""
    for selector in (0, 1):
        tlsa.matches(tlsa.Tlsa(3, selector, 1, other), der)


READERS: dict[str, t.Callable[[bytes, bytes], t.Any]] = {
    "facts": facts,
    "chain": lambda der, other: x509_chain.paths(der, [other, der]),
    "bare key": lambda der, other: x509_chain.signed_with(der, x509.public_key(other)),
    "validity": lambda der, _other: x509_chain.outside_validity(der, NOW),
    "tlsa": matched,
    "key": lambda der, _other: x509.rsa_bits(x509.public_key(der)),
}


@pytest.mark.parametrize("name", READERS)
def test_odd_certificates(name: str, count: t.Callable[[], None]) -> None:
    @strategies.seeded(12)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            der, other = dice.random.choices(certificates(), k=2)
            with contextlib.suppress(ValueError):
                READERS[name](odd(dice, der), other)

    with warnings.catch_warnings(action="ignore"):
        run()


def test_odd_keys(count: t.Callable[[], None]) -> None:
    """Keys as DKIM publishes them."""

    @strategies.seeded(10)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            with contextlib.suppress(ValueError):
                x509.rsa_bits(odd(dice, x509.public_key(dice.random.choice(certificates()))))

    run()


class PanicException(BaseException):
    """As the exception of that name, which is not derived from Exception."""


@pytest.mark.parametrize(
    "raised", [PanicException("index out of bounds"), TypeError(), KeyError("x")]
)
def test_a_panic_is_a_value_error(raised: BaseException) -> None:
    with pytest.raises(ValueError, match=r"index|TypeError|x"), x509.reading():
        raise raised


def test_an_interrupt_is_none() -> None:
    with pytest.raises(KeyboardInterrupt), x509.reading():
        raise KeyboardInterrupt
