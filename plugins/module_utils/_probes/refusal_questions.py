# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ClientHellos that should be refused offer: old versions, and cipher suites.

Data in, data out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import itertools
import typing as t

from .._protocols import tls_cipher_suites
from .client_hello_params import MAX_SUITES
from .plan_tls import BROKEN, CBC, DHE, LEGACY, PRIVATE, STATIC, WEAK

#: What is asked about: versions, or the suites of the version of that name.
VERSIONS, SSLV2, TLS12 = "versions", "SSLv2", "TLSv1.2"
#: SSL 2.0 first, since servers answer it without an alert.
_OLD = (SSLV2, "TLSv1.1", "TLSv1", "SSLv3")
#: Hardly ever implemented: after the others.
_RARE = ("dh", "dss", "ecdh", "aria")


def _usable_in_tls11(code: int) -> bool:
    """Whether a suite can be used in TLS 1.1 and older: with a MAC of MD5 or SHA-1."""
    name = tls_cipher_suites.name(code)
    return name.endswith(("_MD5", "_SHA"))


def _likely_first(codes: t.Iterable[int]) -> list[int]:
    """Suites of TLS 1.2 and older that can be used without an account, the rare ones last."""
    unwanted = {*PRIVATE, "tls13"}
    known = [
        code for code in dict.fromkeys(codes) if not tls_cipher_suites.classes(code) & unwanted
    ]
    return sorted(known, key=lambda code: bool(tls_cipher_suites.classes(code) & set(_RARE)))


def portion(codes: t.Sequence[int]) -> tuple[int, ...]:
    """As many suites as a ClientHello takes: these, and in free places such as need a key that
    nobody has.
    """
    taken = set(codes)
    return (*codes, *(code for code in _FILLERS if code not in taken))[:MAX_SUITES]


_FILLERS = tuple(tls_cipher_suites.by_class(*PRIVATE))


_ALL_OLD = _likely_first(filter(_usable_in_tls11, tls_cipher_suites.NAMES))
#: Those without authentication last: a server that picks one without the parameters that it needs
#: ends the connection, and shows nothing of the others.
_BAD = sorted(
    _likely_first(tls_cipher_suites.by_class(*BROKEN, "anon")),
    key=lambda code: "anon" in tls_cipher_suites.classes(code),
)
_POOR = _likely_first(tls_cipher_suites.by_class(*STATIC, DHE, *CBC))
_REST = [*_BAD[MAX_SUITES:], *(code for code in _POOR if code not in _BAD)]
#: The suites of each ClientHello about suites.
_OF_TLS12 = (portion(_BAD[:MAX_SUITES]), portion(_REST[:MAX_SUITES]))
_OF_OLDER = (portion(list(filter(_usable_in_tls11, _BAD))[:MAX_SUITES]),)


class Question(t.NamedTuple):
    """One ClientHello: its purpose, its highest version and its suites."""

    purpose: str
    max_version: str
    suites: tuple[int, ...]


@functools.lru_cache(maxsize=None)
def questions(topic: str, modern: bool, split: bool) -> tuple[Question, ...]:
    """What is asked about versions, or about the suites of one. modern: where nothing older than
    TLS 1.3 was seen, TLS 1.2 is asked first. split: DHE suites are asked for apart.
    """
    whole = tuple(_whole_questions(topic, modern))
    return tuple(_split_questions(whole)) if split else whole


def _whole_questions(topic: str, modern: bool) -> t.Iterator[Question]:
    if topic == VERSIONS:
        if modern:
            strong = portion(_likely_first(tls_cipher_suites.by_class("good")))
            yield Question(LEGACY, TLS12, strong)
        for version in _OLD:
            yield Question(LEGACY, version, portion(_ALL_OLD))
        return
    for suites in _OF_TLS12 if topic == TLS12 else _OF_OLDER:
        yield Question(WEAK, topic, suites)


def _split_questions(asked: t.Iterable[Question]) -> t.Iterator[Question]:
    """The same suites of each version, without DHE and then of DHE alone; SSL 2.0 has none."""
    for (purpose, version), group in itertools.groupby(asked, key=lambda one: one[:2]):
        codes = list(itertools.chain.from_iterable(one.suites for one in group))
        usable = [code for code in _likely_first(codes) if version != SSLV2]
        without, alone = ([code for code in usable if is_dhe(code) is dhe] for dhe in (False, True))
        parts = [*_parts(without), *_parts(alone)] if usable else [portion(codes)]
        for suites in parts:
            yield Question(purpose, version, suites)


def _parts(codes: t.Sequence[int]) -> t.Iterator[tuple[int, ...]]:
    for start in range(0, len(codes), MAX_SUITES):
        yield portion(codes[start : start + MAX_SUITES])


def is_dhe(code: int) -> bool:
    """Whether a suite needs finite-field Diffie-Hellman parameters, which a server may lack."""
    return DHE in tls_cipher_suites.classes(code)


def excluded_after(excluded: t.Sequence[int], facts: t.Mapping[str, t.Any]) -> list[int]:
    """The suites not to offer again: the one accepted, and those like it, where one example is
    enough.
    """
    words = set(facts.get("suite_classes", ()))
    kinds = [] if words.intersection(BROKEN) else similar_classes(words)
    like = [
        code
        for code in _REST
        if tls_cipher_suites.classes(code).intersection(kinds)
        and not tls_cipher_suites.classes(code).intersection(BROKEN)
    ]
    anonymous = tls_cipher_suites.by_class("anon") if "anon" in kinds else ()
    return list(dict.fromkeys([*excluded, facts["suite"], *like, *anonymous]))


def similar_classes(words: t.Collection[str]) -> list[str]:
    """The classes that a suite represents; one with a SHA-1 MAC represents all of CBC."""
    for like in (
        ["anon"],
        list(STATIC),
        [DHE],
        list(CBC) if "cbc_sha1" in words else ["cbc_sha2"],
    ):
        if set(like).intersection(words):
            return like
    return []
