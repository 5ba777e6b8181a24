# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Steps to reproduce a finding: a table by probe, and never a server's text in a command."""

from __future__ import annotations

import shlex
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes.registry import PROBES
from ansible_collections.airtight.mail.plugins.plugin_utils._report import reproduce
from ansible_collections.airtight.mail.plugins.plugin_utils._report.reproduce import (
    Steps,
    reproduction,
)
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import NASTY, entry

OPENING = [["S", "220 mx1 ESMTP"], ["C", "EHLO me"], ["S", "250-mx1"], ["S", "250 STARTTLS"]]
UPGRADE = [*OPENING, ["C", "STARTTLS"], ["S", "220 2.0.0 Ready"]]
INSIDE = [
    *UPGRADE,
    ["*", "TLS: TLSv1.3 TLS_AES_256_GCM_SHA384"],
    ["C", "EHLO me"],
    ["S", "250 mx1"],
]
MAIL = [["C", "MAIL FROM:<a@example.com>"], ["S", "250 2.1.0 Ok"]]
RCPT = [["C", "RCPT TO:<b@example.com>"], ["S", "250 2.1.5 Ok"]]
TYPED = ["EHLO me", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>"]
STARTTLS = "openssl s_client -starttls smtp -connect 192.0.2.25:25 -servername mx1.example.org"
IMPLICIT = "openssl s_client -connect 192.0.2.25:465 -servername mx1.example.org"
NAMED = {"server_name": "mx1.example.org", "protocol": "smtp"}
TLS_NOTE = ["*", "TLS: TLSv1.3 TLS_AES_256_GCM_SHA384"]
REQUEST = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -keyout test.key -out test.crt"
SESSION = f"sleep 3 | {STARTTLS} -sess_out test.session"
VERIFIED = f"{STARTTLS} -showcerts -verify_hostname mx1.example.org"
NAMELESS = "openssl s_client -starttls smtp -connect 192.0.2.25:25 -noservername -showcerts"
CERTIFICATE = " </dev/null | tee /dev/stderr | openssl x509 -noout -text -certopt no_sigdump"


def steps(transcript: t.Sequence[t.Sequence[str]], **fields: t.Any) -> Steps | None:
    """The steps of a failed verdict; the last line of the transcript decided unless it is said."""
    params = {**NAMED, **fields.pop("params", {})}
    decisive = fields.pop("decisive", [len(transcript) - 1] if transcript else [])
    found = entry(transcript=transcript, decisive=decisive, params=params, **fields)
    return reproduction({"status": "fail", "evidence": [found]})


def test_a_refusal_before_tls_is_shown_without_its_control_inside_tls() -> None:
    refused = [*MAIL, RCPT[0], ["S", "554 5.7.1 Session encryption is required"], ["C", "RSET"]]
    before = [*OPENING, *refused, ["S", "250 Ok"], ["C", "STARTTLS"], ["S", "220 Ready"], TLS_NOTE]
    inside = [["C", "EHLO me"], ["S", "250 mx1"], *MAIL, *RCPT]
    decisive = [len(OPENING) + 3, len(before) + len(inside) - 1]
    found = steps([*before, *inside], probe="smtp_session", decisive=decisive)
    assert found == Steps("nc -C 192.0.2.25 25", TYPED)


def test_a_greeting_before_tls_is_no_refusal() -> None:
    transcript = [*INSIDE, *MAIL, *RCPT]
    found = steps(transcript, probe="smtp_session", decisive=[0, len(transcript) - 1])
    assert found == Steps(f"{STARTTLS} -quiet -crlf", TYPED)


TABLE: list[tuple[str, dict[str, t.Any], list[list[str]], str, list[str]]] = [
    (
        "login",
        {"params": {"purpose": "guess"}},
        [*OPENING, ["C", "AUTH PLAIN AGFkbWluAGFkbWlu"], ["S", "235 yes"]],
        "nc -C 192.0.2.25 25",
        ["EHLO me", "AUTH PLAIN AGFkbWluAGFkbWlu"],
    ),
    (
        "smtp_session",
        {},
        [*OPENING, ["C", "AUTH PLAIN"], ["S", "334 "]],
        "nc -C 192.0.2.25 25",
        ["EHLO me", "AUTH PLAIN"],
    ),
    ("smtp_session", {}, [*INSIDE, *MAIL], f"{STARTTLS} -quiet -crlf", TYPED[:2]),
    (
        "smtp_session",
        {"params": {"server_name": ""}},
        [*UPGRADE, TLS_NOTE],
        f"{NAMELESS}{CERTIFICATE}",
        [],
    ),
    (
        "mailstore_session",
        {"service": "imap", "port": 143, "params": {"protocol": "imap"}},
        [
            ["S", "* OK"],
            ["C", "a1 CAPABILITY"],
            ["S", "* CAPABILITY"],
            ["S", "a1 OK"],
            ["C", "a2 AUTHENTICATE PLAIN"],
            ["S", "+ "],
        ],
        "nc -C 192.0.2.25 143",
        ["a1 CAPABILITY", "a2 AUTHENTICATE PLAIN"],
    ),
    (
        "mailstore_session",
        {"service": "sieve", "port": 4190, "params": {"protocol": "sieve"}},
        [["C", "STARTTLS"], ["S", "OK"], TLS_NOTE, ["C", 'AUTHENTICATE "PLAIN"'], ["S", '""']],
        STARTTLS.replace("smtp", "sieve").replace(":25", ":4190") + " -quiet -crlf",
        ['AUTHENTICATE "PLAIN"'],
    ),
    (
        "other_port_session",
        {"service": "side", "port": 2525},
        OPENING,
        "nc -C 192.0.2.25 2525",
        ["EHLO me"],
    ),
    ("relay", {}, [*OPENING, *MAIL, *RCPT], "nc -C 192.0.2.25 25", TYPED),
    (
        "relay",
        {"address": "2001:db8::25"},
        [*OPENING, *MAIL, *RCPT],
        "nc -C 2001:db8::25 25",
        TYPED,
    ),
    (
        "relay",
        {"params": {"state": "starttls"}},
        [*INSIDE, *MAIL, *RCPT],
        f"{STARTTLS} -quiet -crlf",
        TYPED,
    ),
    (
        "relay",
        {
            "service": "submissions",
            "port": 465,
            "params": {"state": "implicit", "implicit_tls": True},
        },
        [TLS_NOTE, *OPENING, *MAIL, *RCPT],
        f"{IMPLICIT} -quiet -crlf",
        TYPED,
    ),
    (
        "relay",
        {"params": {"state": "certificate"}},
        [*INSIDE, *MAIL, *RCPT],
        f"{REQUEST}; {STARTTLS} -cert test.crt -key test.key -quiet -crlf",
        TYPED,
    ),
    (
        "relay",
        {"params": {"state": "resumed"}},
        [*INSIDE, *MAIL, *RCPT],
        f"{SESSION}; {STARTTLS} -sess_in test.session -quiet -crlf",
        TYPED,
    ),
    (
        "client_identity",
        {},
        [*OPENING, ["C", "XCLIENT NAME=localhost ADDR=127.0.0.1"], ["S", "220 mx1"]],
        "nc -C 192.0.2.25 25",
        ["EHLO me", "XCLIENT NAME=localhost ADDR=127.0.0.1"],
    ),
    (
        "delivery",
        {},
        [
            *OPENING,
            *MAIL,
            *RCPT,
            ["C", "DATA"],
            ["S", "354 go"],
            ["*", "the message"],
            ["S", "250 queued"],
        ],
        "nc -C 192.0.2.25 25",
        [*TYPED, "DATA", "Subject: relay test", "", "This is a test.", "."],
    ),
    ("smtp_conformance", {}, [*OPENING, *MAIL], "nc -C 192.0.2.25 25", TYPED[:2]),
    (
        "smtp_commands",
        {},
        [*OPENING, ["C", "EXPN root"], ["S", "250 root"]],
        "nc -C 192.0.2.25 25",
        ["EHLO me", "EXPN root"],
    ),
    (
        "smtp_http",
        {},
        [
            ["C", "POST / HTTP/1.1"],
            ["C", "Host: mx1"],
            ["C", ""],
            ["C", "EHLO me"],
            ["S", "220 mx1"],
            ["S", "250 mx1"],
        ],
        r"printf '%s\r\n' 'POST / HTTP/1.1' 'Host: mx1' '' 'EHLO me' | nc -w 10 192.0.2.25 25",
        [],
    ),
    (
        "tls_trust",
        {},
        UPGRADE,
        f"{VERIFIED}{CERTIFICATE}",
        [],
    ),
    (
        "tls_trust",
        {},
        [*UPGRADE[:-1], ["S", "454 4.7.0 no"], ["*", "STARTTLS was answered 454 4.7.0 no"]],
        "nc -C 192.0.2.25 25",
        ["EHLO me", "STARTTLS"],
    ),
    (
        "tls_trust",
        {"service": "imap", "port": 143, "params": {"protocol": "imap"}},
        [["C", "a1 STARTTLS"], ["S", "a1 NO"], ["*", "STARTTLS was answered NO"]],
        "nc -C 192.0.2.25 143",
        ["a1 STARTTLS"],
    ),
    (
        "tls_certificate",
        {
            "service": "imaps",
            "port": 993,
            "params": {"implicit_tls": True, "protocol": "imap", "server_name": ""},
        },
        [],
        f"openssl s_client -connect 192.0.2.25:993 -noservername -showcerts{CERTIFICATE}",
        [],
    ),
    (
        "tls_other_trust",
        {"params": {"keys": "ecdsa"}},
        [],
        f"{VERIFIED} -tls1_2 -cipher aECDSA{CERTIFICATE}",
        [],
    ),
    (
        "client_hello",
        {"params": {"purpose": "legacy_versions", "max_version": "TLSv1"}},
        [*UPGRADE, ["*", "ClientHello"], ["*", "ServerHello: TLSv1 X"]],
        f"{STARTTLS} -tls1 -cipher DEFAULT@SECLEVEL=0 </dev/null",
        [],
    ),
    (
        "client_hello",
        {"params": {"purpose": "control", "max_version": "TLSv1.2"}, "decisive": [6]},
        [*UPGRADE, ["S", "250 injected"], ["*", "ClientHello"]],
        "nc -C 192.0.2.25 25",
        ["EHLO me", "STARTTLS"],
    ),
    (
        "tls_alpn",
        {"params": {"alpn": ["http/1.1", "imap"]}},
        [],
        f"{STARTTLS} -alpn http/1.1,imap </dev/null",
        [],
    ),
    (
        "starttls",
        {},
        [*UPGRADE, TLS_NOTE],
        f"{NAMELESS} -verify_hostname mx1.example.org{CERTIFICATE}",
        [],
    ),
    (
        "starttls",
        {"params": {"inject": False}},
        [*UPGRADE, ["*", "the TLS handshake failed: UNRECOGNIZED_NAME"]],
        f"{NAMELESS} -verify_hostname mx1.example.org{CERTIFICATE}",
        [],
    ),
    (
        "starttls_garbage",
        {},
        [*UPGRADE, ["C", "EHLO me"], ["S", "250 mx1"]],
        "nc -C 192.0.2.25 25",
        ["EHLO me", "STARTTLS", "EHLO me"],
    ),
    (
        "plain_on_tls",
        {"service": "submissions", "port": 465, "params": {"implicit_tls": True}},
        [["C", "EHLO me"], ["S", "250 mx1"]],
        "nc -C 192.0.2.25 465",
        ["EHLO me"],
    ),
    ("port_scan", {"service": "side", "port": 3306}, [], "nc -vz 192.0.2.25 3306", []),
    (
        "dns",
        {"service": "", "address": "", "port": 0, "subject": "example.org", "decisive": [1, 3]},
        [
            ["C", "example.org MX"],
            ["S", "MX 10 mx1"],
            ["C", "_dmarc.example.org TXT"],
            ["S", "no such name (NXDOMAIN)"],
        ],
        "dig +dnssec example.org MX; dig +dnssec _dmarc.example.org TXT",
        [],
    ),
    (
        "mta_sts",
        {"service": "https", "port": 443, "params": {"domain": "example.org"}},
        [],
        "curl -v https://mta-sts.example.org/.well-known/mta-sts.txt",
        [],
    ),
]
#: Probes whose steps are a script: see test_reproduce_script.
SCRIPTED = {"proxy_header", "smuggle", "smuggle_sync", "starttls"}


@pytest.mark.parametrize(
    ("probe", "fields", "transcript", "command", "lines"), TABLE, ids=[row[0] for row in TABLE]
)
def test_reproduction_by_probe(
    probe: str,
    fields: dict[str, t.Any],
    transcript: list[list[str]],
    command: str,
    lines: list[str],
) -> None:
    assert steps(transcript, probe=probe, **fields) == Steps(command, lines)


def test_every_probe_has_steps_or_needs_a_password_or_the_host() -> None:
    assert set(reproduce.BUILDERS) == {row[0] for row in TABLE} | SCRIPTED
    assert set(PROBES) <= set(reproduce.BUILDERS)
    assert not {"submit", "spoof", "read_back", "host_info"} & set(reproduce.BUILDERS)


@pytest.mark.parametrize("reply", ["220 go", "220-go", "a1 OK go", "OK", "+OK"])
def test_handshake_that_failed_after_an_accepted_upgrade_is_repeated(reply: str) -> None:
    lines = [["C", "STARTTLS"], ["S", reply], ["*", "the TLS handshake failed: EOF"]]
    assert steps(lines, probe="tls_trust") == Steps(f"{VERIFIED}{CERTIFICATE}", [])


def test_dialog_leaves_out_the_transactions_before_the_last_reset() -> None:
    first = [
        ["C", "MAIL FROM:<c@example.com>"],
        ["S", "250 Ok"],
        ["C", "RCPT TO:<d@example.com>"],
        ["S", "550 no"],
    ]
    reset = [["C", "RSET"], ["S", "250 Ok"]]
    assert steps([*OPENING, *first, *reset, *MAIL, *RCPT]) == Steps("nc -C 192.0.2.25 25", TYPED)


def test_dialog_ends_with_the_command_that_the_decisive_line_answers() -> None:
    sent = [["C", f"RCPT TO:<{name}@example.com>"] for name in "xbc"]
    replies = [["S", "554 no"], ["S", "250 Ok"], ["S", "250 Ok"]]
    lines = [*OPENING, *MAIL, *sent, *replies]
    found = steps(lines, decisive=[lines.index(["S", "554 no"]) + 1])
    assert found
    assert found.lines == [
        "EHLO me",
        "MAIL FROM:<a@example.com>",
        "RCPT TO:<x@example.com>",
        "RCPT TO:<b@example.com>",
    ]


def test_dialog_of_a_line_within_a_reply_ends_with_its_command() -> None:
    found = steps([*OPENING, ["C", "NOOP"], ["S", "250 Ok"]], decisive=[2])
    assert found == Steps("nc -C 192.0.2.25 25", ["EHLO me"])


def test_dialog_without_a_decisive_line_a_place_or_with_a_login_is_none() -> None:
    lines = [*OPENING, *MAIL, *RCPT]
    assert steps(lines, decisive=[]) is None
    assert steps(lines, address="") is None
    assert steps(lines, address="999.0.2.25") is None
    assert steps(lines, params={"login": True}) is None
    assert steps([*OPENING, *([["C", "NOOP"]] * 30)]) is None
    assert steps(lines, status="pass") is None
    assert steps(lines, probe="") is None


def test_lookup_of_what_is_no_name_is_none() -> None:
    for text in ("$(id) MX", "example.org; id", "-h MX", ""):
        assert steps([["C", text], ["S", "x"]], probe="dns") is None


@pytest.mark.parametrize("words", NASTY, ids=lambda words: ascii(words)[:24])
@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_text_of_a_server_is_in_no_command(
    row: tuple[str, dict[str, t.Any], list[list[str]], str, list[str]], words: str
) -> None:
    probe, fields, transcript, command, lines = row
    said = [[who, text[:4] + words if who == "S" else text] for who, text in transcript]
    found = steps(said, probe=probe, **fields)
    assert found == Steps(command, lines)


@pytest.mark.parametrize("words", NASTY, ids=lambda words: ascii(words)[:24])
def test_server_name_is_one_argument(words: str) -> None:
    found = steps([*INSIDE, *MAIL, *RCPT], params={"server_name": words})
    assert found
    arguments = shlex.split(found.command)
    assert arguments[:2] == ["openssl", "s_client"]
    assert not words or arguments[arguments.index("-servername") + 1] == words
