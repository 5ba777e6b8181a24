# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The chain of a handshake, by what each Python offers to read it."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._scan import served_chain


class Certificate:
    def __init__(self, der: bytes) -> None:
        self.der = der

    def public_bytes(self, form: int) -> bytes:
        assert form == 2
        return self.der


class Inner:
    chain: list[Certificate] | None = [Certificate(b"leaf"), Certificate(b"issuer")]

    def get_unverified_chain(self) -> list[Certificate] | None:
        return self.chain


class Python310:
    _sslobj = Inner()


class Python313:
    def get_unverified_chain(self) -> list[bytes]:
        return [b"leaf", b"issuer"]


def test_chain_is_what_follows_the_leaf() -> None:
    for tls in (Python310(), Python313()):
        assert served_chain.facts(tls) == {"chain": [b"issuer".hex()]}


def test_no_chain_where_python_has_none() -> None:
    assert served_chain.facts(object()) == {}
    empty = Python310()
    empty._sslobj = Inner()
    empty._sslobj.chain = None
    assert served_chain.facts(empty) == {"chain": []}
