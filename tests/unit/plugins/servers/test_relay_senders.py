# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Servers that relay for one sender, HELO name or way to write a recipient alone: none of them
passes, and a sound server does.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import Options
from ansible_collections.airtight.mail.tests.unit.helpers.simulated_server import (
    Answer,
    Session,
    mail_server,
    sound,
    statuses,
    survey,
)

Condition = t.Callable[[str, Session], bool]
DOMAINS = ("example.org", "example.net", "example.info")
HOST = "mx1.example.org"
STRANGER = "example.com"
CHECKS = ("relay_submission", "relay_after_starttls", "relay_address_forms")
BY_NAME = ("relay_sender_forms", "relay_helo_names")


def _recipient(path: str, session: Session) -> str:
    """The replies of a sound server of all the domains."""
    local, _at, domain = path.split(" ", maxsplit=1)[0].strip("<>").rpartition("@")
    if domain.lower().rstrip(".") in DOMAINS and not set("@%!") & set(local):
        return sound(path.replace(domain, "example.org"), session)
    return sound(path, session)


def _server(relays: Condition, extensions: str = "PIPELINING|STARTTLS|AUTH PLAIN") -> Answer:
    """A server that is sound but under a condition."""

    def recipient(path: str, session: Session) -> str:
        return "250 2.1.5 Ok" if relays(path, session) else _recipient(path, session)

    return mail_server(recipient, extensions=extensions)


def _sound() -> Answer:
    return _server(lambda _path, _session: False)


def _is_external(path: str) -> bool:
    return path.strip("<>").endswith("@" + STRANGER)


def _from(*senders: str) -> Condition:
    """Relays for these senders alone."""
    return lambda path, session: (
        _is_external(path) and session.sender.partition(">")[0].lstrip("<") in senders
    )


def _before_tls(condition: Condition) -> Condition:
    return lambda path, session: not session.tls and condition(path, session)


def _inside_tls(condition: Condition) -> Condition:
    return lambda path, session: session.tls and condition(path, session)


def _found(servers: t.Mapping[str, Answer], check: str, **target: t.Any) -> str:
    known = {"domains": list(DOMAINS), **target}
    context = survey({"smtp": _sound(), **servers}, Options(groups=("relay",)), **known)
    return statuses(context, check)[check]


@pytest.mark.parametrize(
    "sender",
    [
        "abuse@example.org",
        "noreply@example.org",
        "root@example.org",
        "webmaster@example.org",
        "MAILER-DAEMON@example.org",
        "postmaster@mx1.example.org",
        "root@mx1.example.org",
        "postmaster@example.net",
        "abuse@example.net",
        "postmaster@example.info",
        "abuse@example.info",
    ],
)
def test_sender_with_an_exemption_is_found_on_port_25(sender: str) -> None:
    account = {"address": "alice@example.org", "password": "x"}
    server = {"smtp": _server(_before_tls(_from(sender)))}
    assert _found(server, "relay_sender_forms", account=account) == FAIL


@pytest.mark.parametrize(
    "sender",
    [
        "abuse@example.org",
        "noreply@example.org",
        "root@example.org",
        "MAILER-DAEMON@example.org",
        "postmaster@example.net",
        "postmaster@example.info",
    ],
)
@pytest.mark.parametrize(
    ("service", "check"),
    [
        ("smtp", "relay_after_starttls"),
        ("submission", "relay_submission"),
        ("submissions", "relay_submission"),
    ],
)
def test_sender_with_an_exemption_is_found_inside_tls(
    service: str, check: str, sender: str
) -> None:
    server = {service: _server(_inside_tls(_from(sender)))}
    assert _found(server, check, account={"address": "alice@example.org"}) == FAIL


@pytest.mark.parametrize(
    "shape",
    [
        lambda s: s.endswith("@EXAMPLE.ORG>"),
        lambda s: s.endswith("@example.org.>"),
        lambda s: s.startswith('<"') and s.endswith('"@example.org>'),
        lambda s: s.endswith("@[192.0.2.25]>"),
        lambda s: s.endswith(".example.org>") and "mx1" not in s,
    ],
    ids=["upper case", "trailing dot", "quoted", "literal", "subdomain"],
)
def test_way_to_write_a_sender_is_found(shape: t.Callable[[str], bool]) -> None:
    server = _server(lambda path, session: _is_external(path) and shape(session.sender))
    assert _found({"smtp": server}, "relay_sender_forms") == FAIL


@pytest.mark.parametrize("domain", ["example.org", "example.net"])
@pytest.mark.parametrize("before", [True, False])
def test_submission_that_relays_for_a_sender_of_its_own_domains_is_found(
    before: bool, domain: str
) -> None:
    def relays(path: str, session: Session) -> bool:
        return _is_external(path) and session.sender.endswith(f"@{domain}>")

    inside = _server(_inside_tls(relays))
    server = {"submission": _server(_before_tls(relays)) if before else inside}
    assert _found(server, "relay_submission") == FAIL
    if not before:
        assert _found({"submissions": inside}, "relay_submission") == FAIL
        assert _found({"smtp": inside}, "relay_after_starttls") == FAIL


def _hops(path: str) -> int:
    return path.partition("@")[0].count("!") if path[0] == "<" else 0


@pytest.mark.parametrize(
    "relays",
    [
        lambda path: _hops(path) == 2 and "@" in path,
        lambda path: _hops(path) == 2 and "@" not in path,
        lambda path: path.startswith(f"<{HOST}!{STRANGER}!") and "@" in path,
        lambda path: path.startswith(f"<{STRANGER}!{HOST}!") and "@" in path,
        lambda path: path.startswith(f'<"{STRANGER}!'),
        lambda path: path.endswith(f"%{STRANGER}@{HOST.upper()}>"),
        lambda path: path.endswith(f"%{STRANGER}@{HOST}.>"),
        lambda path: path.endswith(f"%{STRANGER}@localhost>"),
        lambda path: path.endswith(f" @{STRANGER}>"),
        lambda path: _hops(path) == 2 and path.endswith("@example.net>"),
    ],
    ids=[
        "two hops",
        "two hops, no domain",
        "own name first",
        "own name second",
        "quoted bang",
        "percent at the name in upper case",
        "percent at the name with a dot",
        "percent at localhost",
        "space before @",
        "two hops at another domain",
    ],
)
def test_way_to_write_a_recipient_is_found(relays: t.Callable[[str], bool]) -> None:
    server = _server(lambda path, _session: relays(path))
    assert _found({"smtp": server}, "relay_address_forms") == FAIL


@pytest.mark.parametrize(
    ("service", "check"),
    [
        ("smtp", "relay_after_starttls"),
        ("submission", "relay_submission"),
        ("submissions", "relay_submission"),
    ],
)
@pytest.mark.parametrize(
    "relays",
    [
        lambda path: _hops(path) == 2,
        lambda path: "%" in path and path.endswith("@example.net>"),
        lambda path: "%" in path and path.endswith("@example.info>"),
        lambda path: "!" in path and path.endswith("@example.net>"),
    ],
    ids=["two hops", "percent at the second", "percent at the third", "bang at the second"],
)
def test_way_to_write_a_recipient_is_found_inside_tls(
    relays: t.Callable[[str], bool], service: str, check: str
) -> None:
    server = _server(_inside_tls(lambda path, _session: relays(path)))
    assert _found({service: server}, check) == FAIL


@pytest.mark.parametrize(
    "relays",
    [
        lambda session: session.helo == HOST and session.sender == "<>",
        lambda session: session.helo == HOST and session.sender.endswith("@example.org>"),
        lambda session: session.helo == "[192.0.2.25]",
        lambda session: session.helo == HOST + ".",
    ],
    ids=["own name and no sender", "own name and own sender", "own literal", "own name with a dot"],
)
def test_helo_name_that_is_trusted_is_found(relays: t.Callable[[Session], bool]) -> None:
    server = _server(lambda path, session: _is_external(path) and relays(session))
    assert _found({"smtp": server}, "relay_helo_names") == FAIL


INTERNATIONAL = "PIPELINING|STARTTLS|AUTH PLAIN|SMTPUTF8|8BITMIME"


@pytest.mark.parametrize(
    ("service", "check", "where", "domain"),
    [
        ("smtp", "relay_sender_forms", _before_tls, "example.org"),
        ("smtp", "relay_sender_forms", _before_tls, "example.net"),
        ("smtp", "relay_after_starttls", _inside_tls, "example.org"),
        ("submission", "relay_submission", _inside_tls, "example.org"),
        ("submissions", "relay_submission", _inside_tls, "example.org"),
    ],
)
def test_own_sender_that_is_trusted_where_it_is_international_is_found(
    service: str, check: str, where: t.Callable[[Condition], Condition], domain: str
) -> None:
    def relays(path: str, session: Session) -> bool:
        own = session.sender.endswith(f"@{domain}> SMTPUTF8") and not session.sender.isascii()
        return _is_external(path) and own

    assert _found({service: _server(where(relays), INTERNATIONAL)}, check) == FAIL


def test_sound_server_passes() -> None:
    servers = dict.fromkeys(("smtp", "submission", "submissions"), _sound())
    for domains in (DOMAINS, DOMAINS[:1], ()):
        context = survey(servers, Options(groups=("relay",)), domains=list(domains))
        assert set(statuses(context, *CHECKS, *BY_NAME).values()) == {PASS}


def _is_own(sender: str) -> bool:
    return sender.strip("<>").lower().rstrip(".").endswith(DOMAINS)


SPOOFED = "553 5.7.1 {sender}: Sender address rejected: not logged in"
UNLISTED = "550 5.1.0 {sender}: Sender address rejected: User unknown in virtual mailbox table"


def _at_rcpt(text: str, listed: tuple[str, ...] = ()) -> Answer:
    """A sound server that rejects senders of its own domains at RCPT, but for the listed ones."""

    def recipient(path: str, session: Session) -> str:
        local = session.sender.strip("<>").partition("@")[0]
        if _is_own(session.sender) and local not in listed:
            return text.format(sender=session.sender)
        return _recipient(path, session)

    return mail_server(recipient, extensions=INTERNATIONAL)


def _at_mail(text: str) -> Answer:
    """A sound server that rejects senders of its own domains at MAIL."""

    def sender(path: str, session: Session) -> str:
        rejected = _is_own(session.sender)
        return text.format(sender=path) if rejected else "250 2.1.0 Ok"

    return mail_server(_recipient, sender, INTERNATIONAL)


STRICT = {
    "spoofed at RCPT": _at_rcpt(SPOOFED),
    "spoofed at MAIL": _at_mail(SPOOFED),
    "unlisted": _at_rcpt(UNLISTED, ("postmaster", "abuse", "root")),
}


@pytest.mark.parametrize("server", STRICT.values(), ids=STRICT)
def test_sound_server_that_rejects_its_own_senders_passes(server: Answer) -> None:
    servers = dict.fromkeys(("smtp", "submission", "submissions"), server)
    context = survey(servers, Options(groups=("relay",)), domains=list(DOMAINS))
    assert set(statuses(context, *CHECKS, *BY_NAME).values()) == {PASS}


@pytest.mark.parametrize("reply", ["554 5.7.1 Not today", "450 4.7.1 Later", "451 4.3.0 Try later"])
@pytest.mark.parametrize(
    ("service", "check"), [("smtp", "relay_sender_forms"), ("submissions", "relay_submission")]
)
def test_rejection_that_only_one_sender_meets_is_unknown(
    service: str, check: str, reply: str
) -> None:
    def recipient(path: str, session: Session) -> str:
        return reply if session.sender == "<abuse@example.org>" else _recipient(path, session)

    server = mail_server(recipient, extensions="PIPELINING|STARTTLS|AUTH PLAIN")
    assert _found({service: server}, check) == UNKNOWN


@pytest.mark.parametrize(
    "trusts",
    [lambda sender: sender == "<>", lambda sender: sender.endswith("@example.org>")],
    ids=["no sender", "own sender"],
)
def test_helo_name_is_not_blamed_for_a_sender_that_is_trusted_without_it(
    trusts: t.Callable[[str], bool],
) -> None:
    server = _server(lambda path, session: _is_external(path) and trusts(session.sender))
    assert _found({"smtp": server}, "relay_helo_names") == PASS


@pytest.mark.parametrize(
    "takes",
    [lambda path: path.endswith(f"@{HOST}>"), lambda path: "@" not in path],
    ids=["at the host", "without a domain"],
)
def test_bang_path_by_a_host_that_takes_every_name_there_is_unknown(
    takes: t.Callable[[str], bool],
) -> None:
    bang = f"<{HOST}!{STRANGER}!"
    server = _server(
        lambda path, _session: takes(path) or (path.startswith(bang) and "@" not in path)
    )
    assert _found({"smtp": server}, "relay_address_forms") == UNKNOWN


def test_submission_that_defers_everybody_before_tls_passes() -> None:
    def recipient(path: str, session: Session) -> str:
        if not session.tls:
            return "450 4.7.1 Session encryption is required"
        return _recipient(path, session)

    server = mail_server(recipient, extensions="PIPELINING|STARTTLS|AUTH PLAIN")
    assert _found({"submission": server}, "relay_submission") == PASS
