# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The mutation test can fail: a setting that was not removed, or whose check did not fail, counts
as missed.
"""

from __future__ import annotations

from typing import Any

import mutate
import pytest
from config_edit import edited
from mutations import DAEMONS, LISTENERS, Mutation, mutations, written

MAIN = (
    "# Written by a role.\n\n# Who is here.\nmynetworks = 127.0.0.0/8\n\n# No "
    "words.\ndisable_vrfy_command = yes\n"
)
MASTER = """# The first line.
smtp inet n - y - - smtpd
  # Refuse.
  -o { smtpd_relay_restrictions = reject }

submission inet n - y - - smtpd
  # Encrypt.
  -o { smtpd_tls_security_level = encrypt }
  # Log in.
  -o { smtpd_relay_restrictions = permit_sasl_authenticated, reject }

pickup unix n - y 60 1 pickup
"""
SECTIONS = (
    "# Only this.\nprotocols = imap\n\n# Closed.\nservice imap-login {\n  inet_listener imap {\n  "
    "  port = 0\n  }\n}\n"
)
CLAUSES = (
    "server:\n\n    # Here.\n    interface: 127.0.0.1\n    interface: ::1\n\n    # Names.\n    "
    "prefetch: yes\n"
)
SETTING = Mutation("postfix", "disable_vrfy_command", "", "users_not_disclosed", "", ())


def test_edited_setting_without_replacement_goes_with_its_comment() -> None:
    assert (
        edited(MAIN, "disable_vrfy_command", "", [])
        == "# Written by a role.\n\n# Who is here.\nmynetworks = 127.0.0.0/8\n"
    )
    assert edited(SECTIONS, "service imap-login", "", []) == "# Only this.\nprotocols = imap\n"
    assert "interface" not in edited(CLAUSES, "interface", "", [])


def test_edited_setting_with_an_opposite_is_replaced_in_place() -> None:
    assert "\n\ndisable_vrfy_command = no\n" in edited(
        MAIN, "disable_vrfy_command", "", ["disable_vrfy_command = no"]
    )


def test_edited_listener_loses_its_own_option_only() -> None:
    without = edited(MASTER, "smtpd_relay_restrictions", "submission", [])
    assert "  -o { smtpd_relay_restrictions = reject }\n" in without
    assert "permit_sasl_authenticated" not in without
    assert "Log in." not in without


@pytest.mark.parametrize(
    ("text", "name", "listener", "instead"),
    [
        (MAIN, "smtpd_banner", "", []),
        (MAIN, "mynetworks", "", ["# The same.", "mynetworks  =  127.0.0.0/8"]),
        (MASTER, "smtpd_tls_security_level", "smtp", []),
        (
            MASTER,
            "smtpd_tls_security_level",
            "submission",
            ["  -o { smtpd_tls_security_level = encrypt }"],
        ),
    ],
)
def test_edited_change_without_effect_is_an_error(
    text: str, name: str, listener: str, instead: list[str]
) -> None:
    with pytest.raises(LookupError):
        edited(text, name, listener, instead)


@pytest.mark.parametrize(
    ("daemon", "name", "value", "lines"),
    [
        (DAEMONS["postfix"], "mynetworks", "0.0.0.0/0", ["mynetworks = 0.0.0.0/0"]),
        (
            DAEMONS["dovecot"],
            "service a",
            {"b c": {"port": 0}},
            ["service a {", "  b c {", "    port = 0", "  }", "}"],
        ),
        (
            DAEMONS["resolver"],
            "interface",
            ["0.0.0.0", "::"],
            ["    interface: 0.0.0.0", "    interface: ::"],
        ),
        (LISTENERS, "smtpd_tls_security_level", "may", ["  -o { smtpd_tls_security_level = may }"]),
    ],
)
def test_written_value_has_the_syntax_of_its_daemon(
    daemon: Any, name: str, value: Any, lines: list[str]
) -> None:
    assert list(written(daemon, name, value)) == lines


@pytest.mark.parametrize("release", ["12", "13"])
def test_mutations_of_a_release_are_unique_and_have_check_or_reason(release: str) -> None:
    titles = [one.title for one in mutations(release)]
    assert len(titles) == len(set(titles)) > 150
    assert all(bool(one.check) != bool(one.unnoticed) for one in mutations(release))


class Host:
    """A host on which every check has the same status, or from which nothing can be removed."""

    name = "mx1"

    def __init__(self, status: str, subject: str = "") -> None:
        self.status, self.subject = status, subject

    def without(self, mutation: Mutation, _chosen: list[Any]) -> dict[str, Any]:
        """The verdict of the named check."""
        if not self.status:
            raise LookupError("it has that value already")
        evidence = [{"status": self.status, "subject": self.subject}]
        return {
            mutation.check: {"status": self.status, "sentence": "So it is.", "evidence": evidence}
        }


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("fail", ""),
        ("pass", "users_not_disclosed says pass: So it is."),
        ("unknown", "users_not_disclosed says unknown: So it is."),
        ("not_applicable", "users_not_disclosed says not_applicable: So it is."),
        ("", "it has that value already"),
    ],
)
def test_reason_missed_is_empty_only_if_the_named_check_fails(status: str, why: str) -> None:
    assert mutate.reason_missed(Host(status), SETTING) == why  # type: ignore[arg-type]


def test_reason_missed_finding_about_another_setting_does_not_count() -> None:
    setting = Mutation("resolver", "prefetch", "", mutate.IN_FORCE, "", ())
    assert mutate.reason_missed(Host("fail", "unbound prefetch"), setting) == ""  # type: ignore[arg-type]
    assert "names unbound interface instead" in mutate.reason_missed(
        Host("fail", "unbound interface"), setting
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "bad"), [("pass", False), ("fail", True), ("unknown", True), ("", True)]
)
def test_errors_of_no_effect_change_must_be_made_and_not_be_noticed(status: str, bad: bool) -> None:
    assert bool(mutate.errors_of_no_effect(Host(status), SETTING)) == bad  # type: ignore[arg-type]


def test_subset_has_each_check_once_and_both_hosts_their_share() -> None:
    def removed(name: str, check: str) -> Mutation:
        return Mutation("postfix", name, "", check, "", ())

    both = [removed("a", "one"), removed("b", "one"), removed("c", "two"), removed("d", "three")]
    found = mutate.one_for_each_check(
        {"host12": both, "host13": [*both, removed("e", "only_13")], "none": []}
    )
    assert {name: [item.name for item in items] for name, items in found.items()} == {
        "host12": ["a", "d"],
        "host13": ["e", "c"],
        "none": [],
    }
