# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Published DKIM keys, on recorded answers and on records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import dkim
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_short_key_is_the_decisive_record() -> None:
    pytest.importorskip("cryptography")
    lines = dns_verdicts.decisive_lines("dkim_records", dns_verdicts.recorded("dkim_records", FAIL))
    assert [[line[:17] for line in found] for found in lines] == [["TXT v=DKIM1; p=MI"]]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("p=AAAA; v=DKIM1", "v= is not DKIM1 at the beginning"),
        ("v=DKIM1; p=%", "p= is no base64"),
        ("v=DKIM1; p=", "the key is revoked (p= is empty)"),
        ("v=DKIM1", "there is no key in it (p=)"),
        ("v=DKIM1; h=sha1; p=AAAA", "h=sha1 does not permit sha256"),
        ("v=DKIM1; t=y; p=AAAA", "t=y declares a test, so receivers may ignore the key"),
        ("v=DKIM1; s=web; p=AAAA", "s=web does not permit e-mail"),
        ("v=DKIM1; h=; p=AAAA", "h= does not permit sha256"),
        (
            "v=DKIM1; k=rsa; p=AAAA; p=BBBB",
            "p= is there more than once, so the whole record is invalid",
        ),
        ("v=DKIM1; p=AAAA; extra", "'extra' is no tag"),
        ("v=DKIM1;\u00a0p=AAAA", "'\\xa0p=AAAA' is no tag"),
        ("v=DKIM1; p=AA\u00a0AA", "it has characters that are not ASCII"),
        ("v=DKIM1; P=AAAA", "there is no key in it (p=)"),
        ("v=dkim1; p=AAAA", "v= is not DKIM1 at the beginning"),
        ("v=DKIM1; p=AAA", "p= is no base64"),
        ("v=DKIM1; k=dsa; p=AAAA", "k=dsa is no key type that receivers know"),
    ],
)
def test_invalid_record_has_a_problem(record: str, problem: str) -> None:
    assert dkim.key(record).problems == (problem,)


@pytest.mark.parametrize(
    "record",
    [
        "p=AAAA",
        "v=DKIM1; k=RSA; h=sha1 : sha256; s=email; t=s; n=a note; p=AA AA;",
        "v = DKIM1 ;p=AA\r\n\tAA ; future=1",
    ],
)
def test_valid_record_has_no_problem(record: str) -> None:
    assert dkim.key(record) == ("rsa", b"\0\0\0", ())


PARTS = ["v=DKIM1", ";", "p=", "k=ed25519", "=", "²", "\u00a0", "9" * 4400, "h=", "t=", ":"]


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text())))
def test_any_record_is_read(parts: list[str]) -> None:
    found = dkim.key("".join(parts))
    assert found.problems or found.data
