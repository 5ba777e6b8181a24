# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Why no message was sent: no account, a certificate that is not trusted."""

from __future__ import annotations

import copy

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    recorded,
    verdict_of,
)


def test_checks_of_a_target_without_an_account_are_unknown() -> None:
    target = _target.target({"name": "mx1.example.org"})
    context = base.AuditContext(target, (), policy.policy(), evaluate.moment(), (), True, ("mail",))
    verdicts = evaluate.evaluate(context, evaluate.choose(groups=["signing", "spoofing"]))
    assert {verdict["status"] for verdict in verdicts} == {UNKNOWN}
    assert {verdict["sentence"] for verdict in verdicts} == {
        "No account is declared (account), so no message was sent."
    }


def test_certificate_that_is_not_trusted_is_the_reason_why_no_password_was_sent() -> None:
    entry = copy.deepcopy(recorded("submission_senders")[PASS])
    for item in entry["observations"]:
        if item["probe"] == "submit":
            item.update(facts={}, error={"kind": "certificate", "text": "self-signed certificate"})
    assert verdict_of("submission_senders", entry)["sentence"] == (
        "The password was not sent, because the certificate is not trusted (self-signed "
        "certificate)."
    )
