# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Commands to see a failure again: for each state of a connection the right one, and never a server's words in it."""

from __future__ import annotations

import shlex
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report.reproduce import (
    Steps,
    reproduction,
)
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import NASTY

OPENING = [["S", "220 mx1 ESMTP"], ["C", "EHLO me"], ["S", "250-mx1"], ["S", "250 STARTTLS"]]
BEGUN = [*OPENING, ["C", "STARTTLS"], ["S", "220 2.0.0 Ready"]]
SECURED = [*BEGUN, ["*", "TLS: TLSv1.3 TLS_AES_256_GCM_SHA384"], ["C", "EHLO me"], ["S", "250 mx1"]]
ASKED = [["C", "MAIL FROM:<a@example.com>"], ["S", "250 2.1.0 Ok"], ["C", "RCPT TO:<b@example.com>"], ["S", "250 2.1.5 Ok"], ["C", "QUIT"]]
TAKEN = "RCPT TO:<b@example.com> was answered 250 2.1.5 Ok: taken."
TYPED = ["EHLO me", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>"]
SMTP = "smtp 192.0.2.25:25"


def again(transcript: list[list[str]], subject: str = SMTP, sentence: str = TAKEN, **more: t.Any) -> Steps | None:
    evidence = {"subject": subject, "status": "fail", "sentence": sentence, "transcript": transcript}
    return reproduction({"check": "relay_third_party", "target": "mx1.example.org", "status": "fail", "evidence": [evidence], **more})


def test_in_clear() -> None:
    assert again([*OPENING, *ASKED]) == Steps("nc -C 192.0.2.25 25", TYPED)
    assert again([*OPENING, *ASKED], "submission [2001:db8::25]:587") == Steps("nc -C 2001:db8::25 587", TYPED)


def test_the_transactions_before_are_left_out() -> None:
    first = [["C", "MAIL FROM:<c@example.com>"], ["S", "250 2.1.0 Ok"], ["C", "RCPT TO:<b@example.com>"], ["S", "250 2.1.5 Ok"]]
    sentence = "MAIL FROM:<a@example.com> " + TAKEN
    assert again([*OPENING, *first, ["C", "RSET"], ["S", "250 Ok"], *ASKED], sentence=sentence) == Steps("nc -C 192.0.2.25 25", TYPED)


def test_commands_sent_at_once_are_told_apart() -> None:
    sent = ["MAIL FROM:<a@example.com>", "RCPT TO:<x@example.com>", "RCPT TO:<b@example.com>", "RCPT TO:<c@example.com>"]
    said = ["250 Ok", "554 no", "250 Ok", "250 Ok"]
    lines = [*OPENING, *(["C", words] for words in sent), *(["S", words] for words in said)]
    sentence = "MAIL FROM:<a@example.com> RCPT TO:<b@example.com> was answered 250 Ok: taken."
    found = again(lines, sentence=sentence)
    assert found
    assert found.lines == ["EHLO me", *sent[:3]]


def test_after_starttls_openssl_does_what_came_before() -> None:
    connect = "openssl s_client -starttls smtp -connect 192.0.2.25:25 -servername mx1.example.org -quiet -crlf"
    assert again([*SECURED, *ASKED]) == Steps(connect, TYPED)
    found = again([*SECURED, *ASKED], "submission [2001:db8::25]:587", target="192.0.2.25")
    assert found == Steps("openssl s_client -starttls smtp -connect '[2001:db8::25]:587' -quiet -crlf", TYPED)


def test_inside_tls_from_the_start() -> None:
    spoken = [["*", "TLS: TLSv1.3 TLS_AES_256_GCM_SHA384"], *OPENING, *ASKED]
    found = again(spoken, "submissions 192.0.2.25:465")
    assert found == Steps("openssl s_client -connect 192.0.2.25:465 -servername mx1.example.org -quiet -crlf", TYPED)


@pytest.mark.parametrize(
    ("service", "word", "protocol"), [("imap", "a1 STARTTLS", "imap"), ("pop3", "STLS", "pop3"), ("sieve", "STARTTLS", "sieve")]
)
def test_each_protocol_has_its_word_for_starttls(service: str, word: str, protocol: str) -> None:
    found = again([["C", word], ["S", "OK"], ["*", "TLS: TLSv1.3 X"], ["C", "a2 LOGIN"]], f"{service} 192.0.2.25:1", "no quote")
    assert found
    assert found.command.startswith(f"openssl s_client -starttls {protocol} -connect 192.0.2.25:1 ")
    assert found.lines == ["a2 LOGIN"]


def test_hellos() -> None:
    def hello(version: str, check: str) -> Steps | None:
        return again([*BEGUN, ["*", "ClientHello: 3 suites"], ["*", f"ServerHello: {version} TLS_X"]], sentence="old", check=check)

    old = "openssl s_client -starttls smtp -connect 192.0.2.25:25 -servername mx1.example.org -tls1_1 -cipher DEFAULT@SECLEVEL=0 </dev/null"
    assert hello("TLSv1.1", "tls_versions") == Steps(old, [])
    assert hello("SSLv3", "tls_versions") == Steps("nmap -Pn --script ssl-enum-ciphers -p 25 192.0.2.25", [])
    assert hello("TLSv1.2", "tls_cipher_suites") == Steps("nmap -Pn --script ssl-enum-ciphers -p 25 192.0.2.25", [])
    found = again([["*", "ServerHello: TLSv1.2 X"]], "imaps [2001:db8::25]:993", "weak", check="tls_cipher_suites")
    assert found == Steps("nmap -6 -Pn --script ssl-enum-ciphers -p 993 2001:db8::25", [])


def test_certificates() -> None:
    found = again([*BEGUN, ["*", "TLS: the certificate is not trusted"]], sentence="not trusted", check="certificate_name")
    assert found
    assert found.command.startswith("openssl s_client -starttls smtp -connect 192.0.2.25:25 -servername mx1.example.org -verify_hostname ")
    assert found.command.endswith(" </dev/null | openssl x509 -noout -subject -issuer -dates")


def test_where_no_one_connection_shows_it_there_is_no_command() -> None:
    assert again([]) is None
    assert again([*OPENING, *ASKED], subject="") is None
    assert again([*OPENING, *ASKED], subject="example.org") is None
    assert again([*OPENING, *ASKED], subject="smtp 999.0.2.25:25") is None
    assert again([*OPENING, *([["C", "NOOP"]] * 20)]) is None
    assert again([*OPENING, *ASKED], status="pass") is None


@pytest.mark.parametrize("words", NASTY, ids=lambda words: ascii(words)[:24])
def test_what_a_server_says_is_in_no_command(words: str) -> None:
    plain = again([*SECURED, *ASKED])
    said = [[who, words if who == "S" else line] for who, line in [*SECURED, *ASKED]]
    found = again(said)
    assert plain
    assert found
    assert found.command == plain.command
    assert again([*OPENING, ["S", words]], subject=f"smtp {words}:25") is None
    for check in ("relay_third_party", "certificate_name", "tls_versions"):
        named = again([*SECURED, *ASKED], target=f"mx1 {words}", check=check)
        assert named
        rest = shlex.split(named.command)
        assert rest[:2] == ["openssl", "s_client"]
        assert rest[rest.index("-servername") + 1] == f"mx1 {words}"
