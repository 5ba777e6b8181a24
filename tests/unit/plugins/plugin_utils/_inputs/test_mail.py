# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shared variables: one sentence for each kind of fault."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.mail import INPUTS, mail_errors

VALID: dict[str, t.Any] = {
    "mail_hostname": "mx1.example.org",
    "mail_domains": ["example.org", "example.net"],
    "mail_users": [{"address": "alice@example.org"}, {"address": "mary-jane@example.net"}],
    "mail_aliases": [
        {"address": "sales@example.org", "to": ["alice@example.org", "x@else.example"]}
    ],
    "mail_recipient_delimiter": "+",
    "mail_certificate_file": "/etc/ssl/mail/fullchain.pem",
    "mail_certificate_key_file": "/etc/ssl/mail/privkey.pem",
}


def errors(**changes: t.Any) -> list[str]:
    return mail_errors({**VALID, **changes}, INPUTS)


def test_valid_variables_have_no_error() -> None:
    assert errors() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mail_hostname": "mx1"}, "mail_hostname is 'mx1', which is not a fully qualified name"),
        ({"mail_domains": []}, "mail_domains is empty"),
        ({"mail_domains": [*VALID["mail_domains"], "x"]}, "mail_domains has 'x', which is not"),
        ({"mail_domains": [*VALID["mail_domains"], "example.org"]}, "has example.org twice"),
        (
            {"mail_recipient_delimiter": "+-"},
            "mail_recipient_delimiter is '+-'; set one of + - _ . =",
        ),
        ({"mail_recipient_delimiter": "#"}, "mail_recipient_delimiter is '#'"),
        (
            {"mail_recipient_delimiter": "-"},
            "'mary-jane@example.net', which has the character - of",
        ),
        (
            {"mail_users": [{"address": "O'Brien@example.org"}], "mail_aliases": []},
            "capital letters",
        ),
        ({"mail_users": [*VALID["mail_users"], VALID["mail_users"][0]]}, "alice@example.org twice"),
        (
            {"mail_aliases": [{"address": "alice@example.org", "to": ["x@else.example"]}]},
            "mail_aliases has alice@example.org twice, or as the address of a user too",
        ),
        (
            {"mail_aliases": [{"address": "a@example.org", "to": []}]},
            "mail_aliases delivers a@example.org to nobody",
        ),
        (
            {"mail_aliases": [{"address": "a@example.org", "to": ["Bob@Example.org"]}]},
            "has the domain 'Example.org', which has capital letters",
        ),
        (
            {"mail_aliases": [{"address": "a@example.org", "to": ["root"]}]},
            "mail_aliases delivers to 'root', which is not a mail address",
        ),
        (
            {"mail_certificate_file": "/etc/ssl/my mail.pem"},
            "mail_certificate_file is '/etc/ssl/my",
        ),
        ({"mail_certificate_key_file": "/a,b"}, "mail_certificate_key_file is '/a,b'; write an"),
    ],
)
def test_fault_is_one_sentence(changes: dict[str, t.Any], words: str) -> None:
    (error,) = errors(**changes)
    assert words in error
    assert error.endswith(".")


def test_only_the_variables_that_a_role_reads_are_examined() -> None:
    assert mail_errors({**VALID, "mail_hostname": "mx1"}, ["mail_domains"]) == []


def test_very_long_lists_are_cut() -> None:
    users = [{"address": f"U{number}@example.org"} for number in range(3000)]
    (error,) = errors(mail_users=users, mail_aliases=[])
    assert "and 2995 more" in error
    assert len(error) < 700
