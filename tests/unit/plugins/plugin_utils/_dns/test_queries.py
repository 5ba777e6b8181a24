# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Names of questions, and lookups replayed with stored answers."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import queries


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.25", "25.2.0.192.in-addr.arpa"),
        (
            "2001:db8::25",
            "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
        ),
        (
            "::ffff:127.0.0.2",
            "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
        ),
    ],
)
def test_reverse_pointer_is_the_name_of_the_ptr_record(address: str, name: str) -> None:
    assert queries.reverse_pointer(address) == name
    assert name.startswith(queries.reversed_labels(address))


def test_names_are_compared_without_case_and_last_dot() -> None:
    assert (queries.canonical("MX1.Example.org."), queries.canonical(".")) == (
        "mx1.example.org",
        ".",
    )
    assert queries.ancestors("a.b.Example") == ["a.b.example", "b.example", "example"]
    assert queries.within("a.example.org", "Example.org")
    assert not queries.within("notexample.org", "example.org")


def test_lookup_that_needs_an_answer_stops_at_an_error() -> None:
    def answer(question: queries.Question) -> queries.Answer:
        if question.type == "A":
            return queries.Answer(question, queries.RECORDS, ("192.0.2.1",))
        return queries.Answer(
            question, queries.ERROR, kind="servfail", text="the resolver answered SERVFAIL"
        )

    asked = queries.replay(queries.ask(("Example.org.", "A"), ("example.org", "AAAA")), answer)
    assert [found.state for found in asked] == [queries.RECORDS, queries.ERROR]
    with pytest.raises(
        queries.UnseenError, match=r"^example\.org AAAA: the resolver answered SERVFAIL$"
    ):
        queries.replay(queries.addresses("example.org"), answer)


def test_checks_can_be_imported_without_dnspython() -> None:
    prefix = "ansible_collections.airtight.mail.plugins.plugin_utils"
    code = (
        "import sys; sys.modules['dns'] = None; "
        f"import {prefix}._checks.catalogue; from {prefix}._dns import scan; "
        "sys.exit(not scan.observe_lookups([], scan.Options()) == [])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
