# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Options, lists and the ACL of Exim are read, and no password."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._host_config import exim
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET, recorded


def test_options_lists_and_acl_of_a_recorded_exim() -> None:
    found = exim.options(recorded("exim-options.txt"))
    assert (found["acl_smtp_rcpt"], found["smtp_enforce_sync"]) == ("acl_check_rcpt", "yes")
    text = recorded("exim-config.txt")
    assert exim.lists(text)["relay_from_hosts"] == ": 127.0.0.1 : ::::1"
    statements = exim.acl(text, found["acl_smtp_rcpt"])
    assert statements[0] == ["accept", "hosts = :", "control = dkim_disable_verify"]
    assert [
        "require",
        "message = relay not permitted",
        "domains = +local_domains : +relay_to_domains",
    ] in statements
    assert statements[-1] == ["accept"]


def test_options_leaves_out_what_may_hold_a_password() -> None:
    assert exim.options(f"mysql_servers = localhost/exim/exim/{SECRET}\nacl_smtp_rcpt = x\n") == {
        "acl_smtp_rcpt": "x"
    }
