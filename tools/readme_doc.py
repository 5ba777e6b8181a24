# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The README's sample of a report and its table of groups; update_docs.py writes them.

The sample is what the report's text format makes of one observation, so that it shows what the tool
prints.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import checks_doc  # finds the collection

from ansible_collections.airtight.mail.plugins.filter.report import report
from ansible_collections.airtight.mail.plugins.filter.verdicts import verdicts
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NOT_APPLICABLE,
    PASS,
    SCHEMA,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.catalogue import CATALOGUE

HOST = "mx1.example.org"
CHECK = "auth_refused_before_tls"
#: What each group tests, and what it needs beyond the name of a host.
GROUPS = {
    "relay": (
        (
            "Open relay: every address form, sender, HELO name, port and IP address, before and "
            "inside TLS"
        ),
        "",
    ),
    "tls": (
        (
            "STARTTLS, versions, cipher suites, certificates, injection and stripping, no "
            "password in "
            "clear text"
        ),
        "",
    ),
    "mailstore": ("IMAP, POP3 and ManageSieve: no login in clear text, no response injection", ""),
    "smuggling": ("SMTP smuggling: which byte sequences end a message", "`opt_in: [smuggle]`"),
    "conformance": (
        (
            "SMTP conformance: limits, VRFY and EXPN, HTTP on SMTP ports, postmaster and abuse, "
            "other "
            "open ports"
        ),
        "",
    ),
    "auth": ("AUTH mechanisms, anonymous logins, authorization identities", ""),
    "dns": (
        "MX, reverse DNS, SPF, DKIM, DMARC, DNSSEC, DANE, MTA-STS, TLS-RPT, CAA",
        "`audit_domains`",
    ),
    "dnsbl": ("Listings in the DNSBLs that you name", "`audit_dnsbl_zones`"),
    "signing": (
        "Outbound mail: DKIM signature, SPF, sender addresses, privacy of headers",
        "`opt_in: [mail]`",
    ),
    "spoofing": (
        "Inbound mail: forged senders, forged Authentication-Results, spam",
        "`opt_in: [mail]`",
    ),
    "host": (
        "The host's own configuration: relay restrictions, TLS, keys, passwords, milters, resolver",
        "a login on the host",
    ),
}
#: Groups that apply to any host.
ALWAYS = ("relay", "tls", "mailstore", "conformance", "auth")
OBSERVATION: dict[str, Any] = {
    "schema": SCHEMA,
    "probe": "smtp_session",
    "target": HOST,
    "service": "submission",
    "address": "192.0.2.25",
    "port": 587,
    "params": {"implicit_tls": False},
    "facts": {
        "greeting": {"code": 220, "enhanced": "", "text": f"{HOST} ESMTP Postfix"},
        "extensions": {"STARTTLS": ""},
        "auth_in_clear": {"code": 334, "enhanced": "", "text": ""},
    },
    "error": None,
    "transcript": [
        ["C", "EHLO probe.example.net"],
        ["S", "250-STARTTLS"],
        ["S", "250 8BITMIME"],
        ["C", "AUTH PLAIN"],
        ["S", "334"],
    ],
    "source": "198.51.100.7",
    "started": "2026-11-22T21:46:11.583+00:00",
    "seconds": 0.1,
    "vantage": {"source": "198.51.100.7", "same_host": False, "loopback": False, "on_link": False},
}


def other(check: Any, failed: dict[str, Any]) -> dict[str, Any]:
    """The verdict on a check that found nothing."""
    status = PASS if check.group in ALWAYS and not check.opt_in else NOT_APPLICABLE
    facts = {
        "check": check.id,
        "title": check.title,
        "group": check.group,
        "severity": check.severity,
    }
    return {**failed, **facts, "status": status, "sentence": "", "evidence": []}


def sample() -> str:
    """A host with one flaw, as the terminal shows it."""
    (failed,) = verdicts([OBSERVATION], {"name": HOST, "addresses": ["192.0.2.25"]}, [CHECK])
    found = [failed, *(other(check, failed) for check in CATALOGUE if check.id != CHECK)]
    return f"```console\n$ ansible-playbook airtight.mail.audit -i {HOST},\n{report(found)}```\n"


def groups() -> str:
    """Each group with its number of checks."""
    counts = Counter(check.group for check in CATALOGUE)
    rows = [(f"`{group}`", str(count), *GROUPS[group]) for group, count in counts.items()]
    return checks_doc.table(
        ("Group", "Checks", "What it tests", "Needs"), [*rows, ("", str(len(CATALOGUE)), "", "")]
    )


def replaced(text: str, name: str, part: str) -> str:
    """The text with a new part between the two markers of a name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"README.md needs {begin.strip()} and {end}, once each")
    head, _begin, rest = text.partition(begin)
    return f"{head}{begin}{checks_doc.GENERATED}\n\n{part}\n{end}{rest.partition(end)[2]}"


def readme() -> list[checks_doc.File]:
    """The README with what is generated in it."""
    path = checks_doc.ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    return [(path, replaced(replaced(text, "sample", sample()), "groups", groups()))]
