# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The true reason why a name or an address is not accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.addresses import (
    ALIAS,
    TARGET,
    USER,
    address_problem,
    name_problem,
)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("mx1.example.org", ""),
        ("xn--bcher-kva.example", ""),
        ("mx\u202e1.example", "has a character that cannot be seen; remove it"),
        ("\ufeffmx1.example", "has a character that cannot be seen; remove it"),
        ("b\u00fccher.example", "has letters outside ASCII; write xn--bcher-kva.example"),
        ("Stra\u00dfe.DE", "has letters outside ASCII; write xn--strae-oqa.de"),
        ("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "write xn--e1afmkfd.xn--p1ai"),
        ("\u4f8b", "is no domain name"),
        ("Example.org", "has capital letters or spaces; write example.org"),
        (" example.org", "has capital letters or spaces; write example.org"),
        ("example.org.", "ends in a dot; write example.org"),
        ("192.0.2.1", "is an address and not a fully qualified name"),
        ("[2001:db8::1]", "is an address and not a fully qualified name"),
        ("mx1", "is not a fully qualified name in lower case"),
        ("", "is not a fully qualified name in lower case"),
        ("a..b.org", "is not a fully qualified name in lower case"),
        ("a_b.org", "is not a fully qualified name in lower case"),
        ("-a.org", "is not a fully qualified name in lower case"),
        (f"{'a' * 64}.org", "is not a fully qualified name in lower case"),
        (f"{'a.' * 130}org", "is not a fully qualified name in lower case"),
        ("example.org\n", "has capital letters or spaces; write example.org"),
    ],
)
def test_name_has_its_reason(name: str, problem: str) -> None:
    assert problem in name_problem(name)
    assert bool(problem) == bool(name_problem(name))


@pytest.mark.parametrize(
    ("address", "permitted", "problem"),
    [
        ("alice@example.org", USER, ""),
        ("a.b-c_d@example.org", USER, ""),
        ("o'brien@example.org", ALIAS, ""),
        ("@example.org", ALIAS, ""),
        ("Bob+Lists@else.example", TARGET, ""),
        ("o'brien@example.org", USER, "has ', which is not accepted before the @"),
        ("a b@example.org", USER, "has a space, which is not accepted"),
        ("a,b@example.org", TARGET, "has ,, which is not accepted"),
        ("|x@example.org", TARGET, "has |, which is not accepted"),
        ("\u00e9@example.org", USER, "has \\xe9, which is not accepted"),
        ("Alice@example.org", USER, "has capital letters; write it in lower case"),
        ("alice+x@example.org", USER, "has the character + of mail_recipient_delimiter"),
        ("alice+x@example.org", ALIAS, "has the character + of mail_recipient_delimiter"),
        ("../x@example.org", USER, "has /, which is not accepted"),
        (".a@example.org", USER, "has a dot at the wrong place"),
        ("a..b@example.org", ALIAS, "has a dot at the wrong place"),
        ("-a@example.org", USER, "begins with neither a letter nor a digit"),
        (f"{'a' * 65}@example.org", USER, "has more than 64 characters"),
        ("alice", USER, "is not a mail address"),
        ("@", ALIAS, "is not a mail address"),
        ("a@", USER, "is not a mail address"),
        ("a@b@example.org", USER, "has @, which is not accepted"),
        ("a@example.com", USER, "is in example.com, which is not one of mail_domains"),
        ("a@Example.org", TARGET, "has the domain 'Example.org', which has capital letters"),
        ("a@b\u00fccher.example", TARGET, "which has letters outside ASCII; write xn--bcher-kva"),
        ("a@example.org\n", TARGET, "which has capital letters or spaces"),
    ],
)
def test_address_has_its_reason(address: str, permitted: str, problem: str) -> None:
    domains = None if permitted == TARGET else ["example.org"]
    found = address_problem(address, permitted, domains, "+", permitted == ALIAS)
    assert problem in found
    assert bool(problem) == bool(found)


@given(st.text(st.characters(exclude_categories=[])) | st.text("ab.@\n\r\u2028\x85", max_size=9))
def test_problem_of_any_text_is_told_in_one_line(text: str) -> None:
    problems = [name_problem(text), address_problem(text, TARGET)]
    problems.append(address_problem(f"a@{text}", TARGET))
    assert [problem for problem in problems if len(problem.splitlines()) > 1] == []
