# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The services of master.cf are read with their parameters."""

from __future__ import annotations

import json

from ansible_collections.airtight.mail.plugins.module_utils._host_config import postfix
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET

MASTER = f"""
smtp       inet  n - y - - smtpd -o smtpd_relay_restrictions=reject_unauth_destination
submission inet  n - y - - smtpd -o smtpd_tls_auth_only=yes -o mysql_password={SECRET}
relay      unix  - - y - - smtp -o syslog_name=postfix/$service_name
"""


def test_master_services_have_their_parameters_without_secrets() -> None:
    found = postfix.master_services(MASTER)
    postfix.add_parameters(
        (
            "submission/inet/smtpd_tls_security_level = encrypt\nsubmission/inet/mysql_password = "
            f"{SECRET}\n"
        ),
        found,
    )
    assert list(found) == ["smtp/inet", "submission/inet", "relay/unix"]
    assert found["submission/inet"]["parameters"]["smtpd_tls_security_level"] == "encrypt"
    assert SECRET not in json.dumps(found)
