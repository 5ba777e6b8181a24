# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that Ansible would convert in its copy only, and values that end a line."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.types import input_errors

USERS = {
    "type": "list",
    "elements": "dict",
    "options": {
        "address": {"type": "str", "required": True},
        "password": {"type": "str"},
        "quota": {"type": "str"},
    },
}
SPEC: dict[str, dict[str, t.Any]] = {
    "text": {"type": "str", "default": ""},
    "choice": {"type": "str", "choices": ["may", "dane"]},
    "texts": {"type": "list", "elements": "str"},
    "choices": {"type": "list", "elements": "str", "choices": ["smtp", "submission"]},
    "flag": {"type": "bool"},
    "number": {"type": "int"},
    "score": {"type": "float"},
    "path": {"type": "path"},
    "settings": {"type": "dict"},
    "key_content": {"type": "str"},
    "mail_users": USERS,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", ""),
        ("text", 2026),
        ("text", "gr\u00fcn"),
        ("choice", "may"),
        ("texts", []),
        ("texts", ["a", 1]),
        ("choices", ["smtp"]),
        ("flag", False),
        ("number", 0),
        ("score", 5),
        ("score", 5.5),
        ("path", "/a b"),
        ("settings", {"a": None}),
        ("key_content", "-----BEGIN\nx\n"),
        ("mail_users", [{"address": "a@example.org", "quota": None, "password": 12}]),
    ],
)
def test_value_of_the_right_type_has_no_error(name: str, value: t.Any) -> None:
    assert input_errors({name: value}, SPEC) == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("text", None, "text is null; leave it out, or set a text."),
        ("text", True, "text is 'true', which is not a text."),
        ("text", ["a"], "text is '[\"a\"]', which is not a text."),
        ("text", "a\n", "text has a control character or an end of line; remove it."),
        ("text", "a\u2029b", "an end of line"),
        ("text", "a\x1bb", "a control character"),
        ("choice", "none", "choice is 'none'; choose one of may, dane."),
        ("texts", "alice@example.org", "texts is 'alice@example.org', which is not a list; write"),
        ("texts", {"a": 1}, "which is not a list"),
        ("texts", [["a"]], "which is not a text"),
        ("texts", [None], "which is not a text"),
        ("texts", ["a\nb"], "texts has a control character"),
        ("choices", ["smtps"], "choices is 'smtps'; choose one of smtp, submission."),
        (
            "flag",
            "false",
            "flag is 'false', which is not true or false; write true or false without",
        ),
        ("flag", 1, "which is not true or false"),
        ("number", "50M", "number is '50M', which is not a whole number; write it without quotes"),
        ("number", 5.5, "which is not a whole number"),
        ("number", True, "which is not a whole number"),
        ("score", float("nan"), "which is not a number"),
        ("score", "5", "which is not a number"),
        ("path", "relative", "which is not a path; write it from the root directory on"),
        ("path", "/a\n", "an end of line"),
        ("settings", [], "which is not a dictionary"),
        ("mail_users", "alice", "mail_users is not shown here, which is not a list"),
        (
            "mail_users",
            ["secret"],
            "mail_users[0] is not shown here, which is not a dictionary with",
        ),
        ("mail_users", [{}], "mail_users[0] has no address; set it."),
        (
            "mail_users",
            [{"address": "a@x", "pasword": "secret"}],
            "mail_users[0] has the unknown key 'pasword'; use password.",
        ),
        (
            "mail_users",
            [{"address": "a@x", "zzz": 1}],
            "has the unknown key 'zzz'; use address, password, quota.",
        ),
        ("mail_users", [{"address": "a", "password": "secret\n"}], "mail_users[0].password has a"),
        ("mail_users", [{"address": "a", "password": ["secret"]}], "is not shown here, which is"),
        ("mail_users", [{"address": "a\nb"}], "mail_users[0].address has a control character"),
    ],
)
def test_other_value_is_one_sentence_without_a_secret(name: str, value: t.Any, words: str) -> None:
    (error,) = input_errors({name: value}, SPEC)
    assert words in error
    assert error.endswith(".")
    assert len(error.splitlines()) == 1
    assert "secret" not in error


def test_many_faults_are_counted_and_long_values_cut() -> None:
    found = input_errors({"texts": [None] * 5000, "text": "x" * 9}, SPEC)
    assert found[-1] == "4990 more faults follow."
    (found_long,) = input_errors({"flag": "x" * 5000}, SPEC)
    assert len(found_long) < 300
