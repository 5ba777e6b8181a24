# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""How the ground truth of the MTA matrix connects to one service of a target."""

from __future__ import annotations

from target_endpoint import Endpoint

PROXY = "PROXY TCP4 127.0.0.1 127.0.0.1 1025 587"


def test_endpoint_header_is_sent_to_the_service_alone_that_waits_for_it() -> None:
    target = {"audit": {}, "header": {"submission": PROXY}}
    headers = {service: Endpoint(target, service, "").header for service in ("submission", "smtp")}
    assert headers == {"submission": PROXY, "smtp": ""}
