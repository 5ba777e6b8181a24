# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a hostile server says: strategies for hypothesis, and the properties that hold whatever it
says.
"""

from __future__ import annotations

import json
import os
import random
import typing as t

import hypothesis
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import (
    MAX_LINES,
    Upgrade,
    WireError,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import (
    EOF,
    TIMEOUT,
    Item,
    Played,
    Server,
    play,
)

#: All cases of a run, dealt out to the tests by their shares.
CASES = int(os.environ.get("FUZZ_CASES", "100000"))
#: Pieces of which a liar makes its answers: all that means something to a client, and all that
#: should not.
WORDS = [
    *(
        b"220 ",
        b"220-",
        b"250 ",
        b"250-",
        b"354 ",
        b"421 ",
        b"450 4.2.0 ",
        b"454 4.7.1 ",
        b"500 ",
        b"530 5.7.0 ",
        b"550 5.1.1 ",
        b"55",
        b"2500 ",
    ),
    *(
        b"* OK ",
        b"* PREAUTH ",
        b"* BYE ",
        b"a1 OK ",
        b"a2 NO ",
        b"a3 BAD ",
        b"+ ",
        b"+OK ",
        b"-ERR ",
        b"OK ",
        b"NO ",
        b"BYE ",
        b"{5}\r\n",
        b"{99999999999}\r\n",
        b"{" + b"9" * 4400 + b"}\r\n",
        b"* SEARCH \xc2\xb2 4294967296",
        b"SIZE \xc2\xb2",
        b"SIZE " + b"9" * 4400,
        "\u0663\u0661\u0967 ".encode(),
    ),
    *(
        b"STARTTLS",
        b"AUTH PLAIN LOGIN",
        b"PIPELINING",
        b"CHUNKING",
        b"SMTPUTF8",
        b'"SASL" "PLAIN"',
        b'"STARTTLS"',
        b"STLS",
        b"CAPABILITY IMAP4rev1 LOGINDISABLED",
    ),
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b".",
        b".\r\n",
        b"\xff\xfe",
        b"\xe2\x80\xae",
        b"\x1b[2J",
        b"A" * 5000,
        b"\r\n" * 400,
    ),
    *(
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"\x16\x03\x03\x00\x30\x02\x00\x00\x2c\x03\x03",
        b"\x16\x03\x01\xff\xff",
        b"\x80\x2e\x04",
        b"\x16\x03\x03\x00\x00",
    ),
]
#: Whole answers that are too long, or almost right.
LONG = [
    b"250-x\r\n" * 1200,
    b"250-x\r\n" * 300 + b"250 x\r\n",
    b"* x\r\n" * 300 + b"a1 OK\r\n",
    b"+OK\r\n" + b"x\r\n" * 300 + b".\r\n",
    b'"X"\r\n' * 300 + b"OK\r\n",
]
pieces = st.one_of(st.sampled_from(WORDS), st.binary(max_size=40))


def _wrapped(kind: int, body: bytes, lie: int) -> bytes:
    """A handshake message in a record, whose length may be a lie."""
    message = bytes([kind]) + max(0, len(body) + lie).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def _hello(body: bytes, cut: int, change: tuple[int, int]) -> bytes:
    """A ServerHello that ends too early and has one octet changed."""
    whole = bytearray(
        b"\x03\x03" + bytes(32) + b"\0\xc0\x2f\0" + len(body).to_bytes(2, "big") + body
    )
    whole[change[0] % len(whole)] = change[1]
    return bytes(whole[: len(whole) - cut % len(whole)])


bodies = st.builds(
    _hello,
    st.binary(max_size=24),
    st.one_of(st.just(0), st.integers(0, 70)),
    st.tuples(st.integers(0, 70), st.integers(0, 255)),
)
hellos = st.builds(
    _wrapped,
    st.sampled_from((2, 2, 2, 0, 11, 255)),
    bodies,
    st.sampled_from((0, 0, 0, 1, -1, 70000)),
)


def _flight(suite: int, messages: list[tuple[int, bytes]], done: bool) -> bytes:
    """A ServerHello and what may follow it, true to form in its lengths only."""
    hello = b"\x03\x03" + bytes(33) + suite.to_bytes(2, "big") + b"\0"
    return b"".join(
        _wrapped(kind, body, 0)
        for kind, body in [(2, hello), *messages, *([(14, b"")] if done else [])]
    )


flights = st.builds(
    _flight,
    st.sampled_from((0xC02B, 0xC02F, 0x009E, 0x002F, 0x0034)),
    st.lists(st.tuples(st.sampled_from((11, 12, 13, 22, 99)), st.binary(max_size=60)), max_size=4),
    st.booleans(),
)
said = st.one_of(
    st.lists(pieces, max_size=12).map(b"".join), st.one_of(hellos, flights, st.sampled_from(LONG))
)
#: No digit that could be a reply code, no word of IMAP, POP3 or ManageSieve, no record of TLS:
#: nothing that anything could be learnt from.
noise = st.binary(min_size=1, max_size=60).map(
    lambda data: bytes(0x80 | byte if byte not in (10, 13) else byte for byte in data)
)
ERRORS = st.sampled_from(
    ("closed", "timeout", "tls", "certificate", "garbled", "too_long", "busy")
).map(lambda kind: WireError(kind, "as the script says"))
HANDSHAKES = st.fixed_dictionaries(
    {
        "version": st.sampled_from(("TLSv1.3", "TLSv1")),
        "cipher": st.just("x"),
        "resumed": st.booleans(),
        "early_bytes": st.integers(0, 3),
    },
    optional={
        "certificate_requested": st.booleans(),
        "certificate": st.binary(max_size=20).map(bytes.hex),
        "fingerprint": st.just("00"),
    },
)
items = st.one_of(said, st.sampled_from((EOF, TIMEOUT)), ERRORS, HANDSHAKES)
#: Far more reads than any probe needs; one that reads on is one that hangs.
ENOUGH = 2000


#: What a person or a server may write where a number, a name or a list stands.
ODD: list[str] = [
    *("\u00b2", "\u0663", "9" * 4400, "-1", "0", "1e9", "0x10", "nan", "+5", "1_0"),
    *("", " ", "\0", "\n", "a\nb", "\xa0", "..", "a..b", "-", "=", ";", "{", "%", "@", "\ufeff"),
    *("xn--", "\u0430.example", "x" * 70 + ".example", "\u202e", "3 1 0", "3 1 1 zz", "v=DMARC1;"),
]


class Dice:
    """What a liar says, from a seed: many cases in the time that a strategy takes for one."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def said(self) -> bytes:
        """Some octets, as the strategy of that name has them."""
        kind = self.random.randrange(8)
        if kind == 0:
            return self.random.choice(LONG)
        if kind == 1:
            body = _hello(self.octets(24), self.random.randrange(71), self._change())
            return _wrapped(self.random.choice((2, 2, 0, 11)), body, self.random.choice((0, 0, 1)))
        if kind == 2:
            messages = [
                (self.random.choice((11, 12, 13, 22, 99)), self.octets(60))
                for _number in range(self.random.randrange(5))
            ]
            suite = self.random.choice((0xC02B, 0xC02F, 0x009E, 0x002F, 0x0034))
            return _flight(suite, messages, self.random.random() < 0.5)
        return b"".join(
            self.random.choice(WORDS) if self.random.random() < 0.7 else self.octets(40)
            for _number in range(self.random.randrange(13))
        )

    def _change(self) -> tuple[int, int]:
        return self.random.randrange(71), self.random.randrange(256)

    def octets(self, most: int) -> bytes:
        """Any octets."""
        return self.random.randbytes(self.random.randrange(most + 1))

    def item(self) -> Item:
        """One thing that a server does."""
        kind = self.random.randrange(6)
        if kind == 0:
            return self.random.choice((EOF, TIMEOUT))
        if kind == 1:
            reasons = ("closed", "timeout", "tls", "certificate", "garbled", "too_long", "busy")
            return WireError(self.random.choice(reasons), "as the script says")
        if kind == 2:
            return {
                "version": self.random.choice(("TLSv1.3", "TLSv1")),
                "cipher": "x",
                "resumed": self.random.random() < 0.5,
                "early_bytes": self.random.randrange(4),
                "certificate_requested": self.random.random() < 0.5,
                "certificate": self.octets(20).hex(),
            }
        return self.said()

    def script(self, most: int = 10) -> list[Item]:
        """All that a server does in one connection."""
        return [self.item() for _number in range(self.random.randrange(most + 1))]

    def odd(
        self,
        value: t.Any,
        share: float,
        names: t.Container[str],
        more: t.Sequence[str] = (),
        inside: bool = False,
    ) -> t.Any:
        """The same data, with odd texts in the place of some that stand under one of the names."""
        if isinstance(value, dict):
            return {
                key: self.odd(item, share, names, more, inside or key in names)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.odd(item, share, names, more, inside) for item in value]
        if inside and isinstance(value, str) and self.random.random() < share:
            return self.random.choice([*ODD, *more])
        return value


#: Cases that one seed stands for.
EACH = 20


def seeded(parts: float) -> t.Callable[[t.Any], t.Any]:
    """A decorator: so many thousandths of all cases, of which each seed plays EACH."""
    return lambda test: share(parts / EACH)(hypothesis.given(st.integers(0, 2**32 - 1))(test))


class Liar(Server):
    """Says what the script has for the occasion; then nothing but the end of the connection, for
    ever.
    """

    asked = 0

    def following(self, action: object) -> Item:
        """The next item that can happen now."""
        self.asked += 1
        assert self.asked < ENOUGH, "the probe does not stop asking"
        while self.script:
            item = self.script.pop(0)
            if isinstance(item, WireError) or isinstance(item, dict) == isinstance(action, Upgrade):
                return item
        return WireError("tls", "the TLS handshake failed") if isinstance(action, Upgrade) else EOF


def listen(
    probe: t.Callable[..., t.Any], params: dict[str, t.Any], script: t.Sequence[Item]
) -> Played:
    """Play a probe against a script that never runs out; whatever it saw can be stored."""
    played = play(probe, params, script, Liar)
    json.dumps([played.facts, played.transcript])
    assert len(played.transcript) <= MAX_LINES + 1
    return played


def share(parts: float) -> t.Callable[[t.Any], t.Any]:
    """A decorator: so many thousandths of all cases."""
    return hypothesis.settings(max_examples=max(1, round(CASES * parts / 1000)))


def obeys(parser: t.Callable[[bytes], t.Any], data: bytes) -> None:
    """A parser waits, answers with what it used up, or refuses; and how the bytes are cut up makes
    no difference.
    """
    whole = outcome(parser, data)
    if whole is None:
        return
    step = max(1, len(data) // 8)
    for end in range(0, len(data), step):
        early = outcome(parser, data[:end])
        if early is not None:
            assert early == whole or isinstance(early, str) or isinstance(whole, str)
            return


def outcome(parser: t.Callable[[bytes], t.Any], data: bytes) -> t.Any:
    """What a parser makes of some bytes; a refusal is its kind."""
    try:
        found = parser(data)
    except WireError as exc:
        return WireError.KINDS[WireError.KINDS.index(exc.kind)]
    if found is not None:
        assert 0 < found[1] <= len(data)
    return found


def judge(context: t.Any, checks: t.Iterable[t.Any]) -> None:
    """Call evaluators without what isolates their exceptions; their findings can be stored."""
    for check in checks:
        for finding in check.evaluate(context):
            json.dumps([finding.status, finding.sentence, finding.transcript, finding.params])
            assert finding.sentence
