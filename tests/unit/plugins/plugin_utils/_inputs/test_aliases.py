# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mail to every address of a host ends with a user, or leaves the host."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.aliases import (
    alias_errors,
    directory,
)

ALICE = "alice@example.org"


def errors(
    aliases: t.Mapping[str, t.Sequence[str]], postmaster: str = ALICE, sign: str = "+"
) -> str:
    entries = [{"address": address, "to": to} for address, to in aliases.items()]
    users = [ALICE, "bob@example.net"]
    domains = ["example.org", "example.net"]
    known = directory(users, entries, domains, "mx1.example.org", postmaster, sign)
    return " ".join(alias_errors(known, postmaster, aliases))


@pytest.mark.parametrize(
    "aliases",
    [
        {},
        {"sales@example.org": [ALICE, "bob@example.net"]},
        {"a@example.org": ["b@example.org"], "b@example.org": [ALICE]},
        {
            "a@example.org": ["b@example.org", "c@example.org"],
            "b@example.org": [ALICE],
            "c@example.org": ["b@example.org"],
        },
        {"@example.org": [ALICE], "a@example.org": ["whoever@example.org"]},
        {"a@example.org": ["Alice+lists@example.org", "x@else.example"]},
        {"a@example.org": ["postmaster@example.net", "root@mx1.example.org", "abuse@example.org"]},
        {"postmaster@example.org": ["bob@example.net"]},
    ],
)
def test_alias_that_reaches_somebody_has_no_error(aliases: dict[str, list[str]]) -> None:
    assert errors(aliases) == ""


@pytest.mark.parametrize(
    ("aliases", "words"),
    [
        (
            {"a@example.org": ["no@example.org"]},
            "a@example.org to no@example.org, which is neither",
        ),
        ({"a@example.org": ["x@mx1.example.org"]}, "a@example.org to x@mx1.example.org, which is"),
        ({"a@example.org": ["a@example.org"]}, "a@example.org to a@example.org, a circle"),
        (
            {"a@example.org": ["b@example.org"], "b@example.org": ["a@example.org"]},
            "a@example.org to b@example.org to a@example.org, a circle in which mail never",
        ),
        ({"@example.org": ["x@example.org"]}, "x@example.org to x@example.org, a circle"),
        ({"a@example.org": [ALICE, "al@example.org"]}, "a@example.org to al@example.org, which"),
        (
            {"postmaster@example.org": ["no@example.org"]},
            "postmaster@example.org to no@example.org",
        ),
    ],
)
def test_alias_that_reaches_nobody_is_named_with_its_chain(
    aliases: dict[str, list[str]], words: str
) -> None:
    assert words in errors(aliases)
    assert errors(aliases).startswith("mail_aliases delivers ")
    assert errors(aliases).endswith("; correct or remove it.")


@pytest.mark.parametrize(
    ("postmaster", "words"),
    [
        ("no@example.org", "leads to no@example.org, which is neither a user nor an alias"),
        (
            "postmaster@example.org",
            "leads to postmaster@example.org to postmaster@example.org, a circle",
        ),
    ],
)
def test_postmaster_who_is_nobody_is_named(postmaster: str, words: str) -> None:
    assert words in errors({}, postmaster)
    assert errors({}, "someone@else.example") == ""


def test_extension_begins_at_the_chosen_character() -> None:
    aliases = {"a@example.org": ["alice-x@example.org"]}
    assert errors(aliases, sign="-") == ""
    assert "alice-x@example.org, which is neither" in errors(aliases)
    assert "alice-x@example.org, which is neither" in errors(aliases, sign="")


def test_long_chains_and_many_recipients_end() -> None:
    names = [f"n{number}@example.org" for number in range(5000)]
    chain = {name: [after] for name, after in itertools.pairwise(names)}
    assert errors({**chain, names[-1]: [ALICE]}).startswith("mail_aliases leads n0@example.org, ")
    found = errors({**chain, names[-1]: [names[0]]})
    assert "n0@example.org to n1@example.org to ... to n4999@example.org to n0@example.org" in found
    many = {"all@example.org": [f"u{number}@else.example" for number in range(1001)]}
    assert "leads all@example.org to more than 1000 addresses" in errors(many)
