# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A rejection counts beside a control only: whole conversations with servers that turn this client
away, and with sound ones.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import re
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import Options
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import (
    controls,
    proof,
    replies,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context,
    context_of,
    recorded,
)
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    ADDRESS,
    attempt,
    experiment,
    relay,
)
from ansible_collections.airtight.mail.tests.unit.helpers.simulated_server import (
    Answer,
    Session,
    mail_server,
    sentence,
    sound,
    statuses,
    survey,
)

#: What is decided by other things than the rejection of a recipient.
WITHOUT_RECIPIENTS = {"relay_vantage", "relay_proxy_header", "relay_xclient", "relay_xforward"}
RELAYING = tuple(
    check.id
    for check in evaluate.CATALOGUE
    if check.group == "relay" and check.id not in WITHOUT_RECIPIENTS
)


def alike(template: str) -> t.Callable[[str, Session], str]:
    """The same rejection for every recipient, with its address, an id and a time where named."""
    count = [0]

    def reject(path: str, session: Session) -> str:
        count[0] += 1
        values = {
            "path": path,
            "address": path.strip("<>"),
            "sender": session.sender,
            "id": f"4Zq{count[0]:04x}Bt",
            "time": f"2026-11-22 10:{count[0] % 60:02d}:00",
        }
        for name, value in values.items():
            template_ = "{" + name + "}"
            if template_ in template:
                return template.replace(template_, value)
        return template

    return reject


TEXTS = (
    "550 Administrative prohibition",
    "554 5.7.1 Service unavailable",
    "550 5.7.1 Mail from your country is not accepted here",
    "554 5.7.1 {path}: Relay access denied",
    "550 relay not permitted",
    "550 5.1.1 {path}: User unknown",
    "530 5.7.0 Authentication required",
    "450 4.7.1 {path}: Recipient address rejected: Access denied",
    "454 4.7.1 {path}: Relay access denied",
    "550 5.7.1 {address} refused, see https://help.example/{id}",
    "554 refused [{id}]",
    "554 refused at {time}",
)


@pytest.mark.parametrize("text", TEXTS)
def test_client_that_is_turned_away_knows_nothing(text: str) -> None:
    context = survey({"smtp": mail_server(alike(text))})
    found = statuses(context, group="relay")
    assert {found[name] for name in RELAYING} <= {UNKNOWN, "not_applicable"}
    assert found["relay_third_party"] == UNKNOWN
    assert statuses(context, "postmaster_accepted", "abuse_accepted", "unknown_users_refused") == {
        "postmaster_accepted": UNKNOWN,
        "abuse_accepted": UNKNOWN,
        "unknown_users_refused": UNKNOWN,
    }


@functools.cache
def judged() -> tuple[str, ...]:
    """The checks of relaying that a server passes which rejects external recipients alone."""
    found = statuses(survey({"smtp": mail_server(sound)}), group="relay")
    return tuple(name for name in RELAYING if found[name] == PASS)


@hypothesis.settings(max_examples=15, deadline=None)
@hypothesis.given(
    st.integers(400, 599),
    st.sampled_from(["", "5.7.1 ", "4.7.1 ", "5.1.1 ", "5.5.0 "]),
    st.lists(
        st.one_of(
            st.sampled_from(
                ["{path}", "{address}", "{sender}", "{id}", "{time}", "relay", "denied", "user"]
            ),
            st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=12),
        ),
        max_size=8,
    ),
)
def test_any_text_in_a_rejection_of_all_is_unknown(
    code: int, enhanced: str, words: list[str]
) -> None:
    context = survey({"smtp": mail_server(alike(f"{code} {enhanced}{' '.join(words)}"))})
    found = statuses(context, group="relay")
    assert {name: found[name] for name in judged()} == dict.fromkeys(judged(), UNKNOWN)
    assert {found[name] for name in RELAYING} <= {UNKNOWN, "not_applicable"}


def test_sound_server_passes() -> None:
    context = survey({"smtp": mail_server(sound)})
    found = statuses(context, group="relay")
    assert {name: found[name] for name in RELAYING if found[name] == FAIL} == {}
    for name in (
        "relay_third_party",
        "relay_null_sender",
        "relay_address_forms",
        "relay_sender_forms",
        "relay_helo_names",
        "relay_role_addresses",
        "relay_data_path",
        "relay_every_address",
        "relay_refusal_is_permanent",
        "relay_subdomains",
    ):
        assert (name, found[name]) == (name, PASS), sentence(context, name)
    assert statuses(context, "postmaster_accepted", "unknown_users_refused") == {
        "postmaster_accepted": PASS,
        "unknown_users_refused": PASS,
    }


def no_address(reply: str, own: str = "") -> Answer:
    """A server that takes every plain external recipient for no address, and rejects all other
    recipients as a sound one does. own: a user whom it has.
    """

    def answer(path: str, session: Session) -> str:
        said = sound(path, session)
        plain = _is_external(path) and "%" not in path and "!" not in path
        return "250 Ok" if own and own in path else reply if plain else said

    return mail_server(answer)


@pytest.mark.parametrize("own", ["", "root@"])
@pytest.mark.parametrize(
    "reply",
    [
        "501 5.1.3 Bad recipient address syntax",
        "501 Syntax error",
        "553 5.1.3 Relay access denied",
        "553 relaying is not permitted",
    ],
)
def test_recipient_that_is_taken_for_no_address_proves_nothing(reply: str, own: str) -> None:
    found = statuses(survey({"smtp": no_address(reply, own)}), *judged())
    assert found["relay_third_party"] == UNKNOWN
    assert PASS not in (found["relay_null_sender"], found["relay_every_address"])


def test_rejection_by_policy_is_one_of_relaying_whatever_its_code() -> None:
    for reply in ("553 5.7.1 No", "553 not in my list of allowed rcpthosts (#5.7.1)"):
        context = survey({"smtp": no_address(reply)})
        assert statuses(context, "relay_third_party") == {"relay_third_party": PASS}


def test_server_that_takes_one_of_its_own_is_weighing() -> None:
    def recipient(path: str, _session: Session) -> str:
        return "250 Ok" if path == "<alice@example.org>" else "550 Invalid recipient"

    server = {"smtp": mail_server(recipient)}
    assert statuses(survey(server), "relay_third_party")["relay_third_party"] == UNKNOWN
    with_account = survey(server, account={"address": "alice@example.org", "password": "x"})
    assert statuses(with_account, "relay_third_party", "relay_sender_forms") == {
        "relay_third_party": PASS,
        "relay_sender_forms": PASS,
    }


@pytest.mark.parametrize("name", ["postmaster", "abuse"])
def test_exempt_recipient_is_no_control(name: str) -> None:
    def recipient(path: str, _session: Session) -> str:
        exempt = path.startswith(("<postmaster@example.org", "<abuse@example.org"))
        return "250 Ok" if exempt else "550 Administrative prohibition"

    account = {"address": f"{name}@example.org", "password": "x"}
    context = survey({"smtp": mail_server(recipient)}, account=account)
    assert statuses(context, "relay_third_party")["relay_third_party"] == UNKNOWN


def test_rejection_that_changes_with_the_count_of_errors_is_no_control() -> None:
    for limit in range(1, 9):

        def recipient(_path: str, session: Session, limit: int = limit) -> str:
            return "550 Denied" if session.refused < limit else "554 Too bad"

        context = survey({"smtp": mail_server(recipient)})
        assert statuses(context, "relay_third_party")["relay_third_party"] == UNKNOWN


def test_421_for_external_recipients_alone_is_a_refusal_for_now() -> None:
    def recipient(path: str, session: Session) -> str:
        reply = sound(path, session)
        return "421 4.7.1 Closing" if "Relay access denied" in reply else reply

    context = survey({"smtp": mail_server(recipient)})
    expected = {
        "relay_third_party": PASS,
        "relay_null_sender": PASS,
        "relay_refusal_is_permanent": FAIL,
    }
    assert statuses(context, *expected) == expected


@pytest.mark.parametrize("number", range(0, 40, 3))
def test_421_for_everybody_from_some_recipient_on_is_no_refusal(number: int) -> None:
    asked = []

    def recipient(path: str, session: Session) -> str:
        asked.append(path)
        reply = sound(path, session)
        return "421 4.7.0 Later" if len(asked) > number and reply[0] != "2" else reply

    context = survey({"smtp": mail_server(recipient)})
    assert PASS not in statuses(context, "relay_address_forms", "relay_sender_forms").values()


@pytest.mark.parametrize("number", range(1, 9))
def test_421_after_some_recipients_of_a_connection_is_no_refusal(number: int) -> None:
    def recipient(path: str, session: Session) -> str:
        relays = "%" in path
        reply = "250 Ok" if relays else sound(path, session)
        return "421 4.7.0 Later" if session.refused >= number else reply

    context = survey({"smtp": mail_server(recipient)})
    assert statuses(context, "relay_address_forms")["relay_address_forms"] == FAIL


@pytest.mark.parametrize("known", ["root", "postmaster"])
@pytest.mark.parametrize("text", ["554 5.7.1 Service unavailable", "550 Not from your country"])
def test_client_that_is_turned_away_after_unknown_users_were_knows_nothing(
    known: str, text: str
) -> None:
    """Unknown users are rejected first, and then this client, whatever user it asks for."""

    def recipient(path: str, session: Session) -> str:
        unknown = sound(path, session).startswith("550 5.1.1") and not path.startswith(f"<{known}@")
        return sound(path, session) if unknown else text

    context = survey({"smtp": mail_server(recipient, extensions="PIPELINING|STARTTLS")})
    found = statuses(context, group="relay")
    assert {found[name] for name in RELAYING} <= {UNKNOWN, "not_applicable"}


@pytest.mark.parametrize(
    ("check", "relays"),
    [
        ("relay_null_sender", lambda session: session.sender == "<>"),
        ("relay_after_starttls", lambda session: session.tls),
    ],
)
def test_other_rejection_in_one_state_is_not_about_relaying(
    check: str, relays: t.Callable[[Session], bool]
) -> None:
    """In that state recipients at the stranger's domain are rejected for a reason of their own."""

    def recipient(path: str, session: Session) -> str:
        if relays(session) and path.strip("<>").endswith("@example.com"):
            return "550 5.4.0 That domain is not served today"
        return sound(path, session)

    context = survey({"smtp": mail_server(recipient, extensions="PIPELINING|STARTTLS")})
    assert statuses(context, check, "relay_third_party") == {
        check: UNKNOWN,
        "relay_third_party": PASS,
    }
    assert "in another way than from a usual sender" in sentence(context, check)


def test_own_sender_that_may_relay_is_not_closed_by_another_refusal() -> None:
    """Recipients at the stranger's domain are rejected for a reason of their own."""

    def recipient(path: str, session: Session) -> str:
        own = "example.org" in session.sender
        strange = path.strip("<>").endswith("@example.com")
        if own and strange:
            return "550 5.4.0 That domain is not served today"
        return sound(path, session)

    context = survey({"smtp": mail_server(recipient)})
    assert statuses(context, "relay_sender_forms", "relay_third_party") == {
        "relay_sender_forms": UNKNOWN,
        "relay_third_party": PASS,
    }


def test_rejected_sender_counts_beside_an_accepted_one() -> None:
    def recipient(path: str, session: Session) -> str:
        if "localhost" in session.sender:
            return f"550 5.7.1 {session.sender}: Sender address rejected: not you"
        return sound(path, session)

    context = survey({"smtp": mail_server(recipient)})
    assert statuses(context, "relay_sender_forms")["relay_sender_forms"] == PASS


def test_name_that_stands_for_no_stranger_domain_costs_the_sender_checks_alone() -> None:
    """Without stranger_domain its place takes a name that does not exist, which many reject."""

    def recipient(path: str, session: Session) -> str:
        if session.sender.partition(">")[0].endswith(".invalid"):
            return f"450 4.1.8 {session.sender}: Sender address rejected: Domain not found"
        return sound(path, session)

    options = Options(groups=("relay",), stranger="stranger.invalid")
    context = survey({"smtp": mail_server(recipient)}, options)
    found = statuses(context, "relay_third_party", "relay_null_sender", "relay_helo_names")
    assert found == {
        "relay_third_party": PASS,
        "relay_null_sender": PASS,
        "relay_helo_names": UNKNOWN,
    }
    assert "Set stranger_domain to a domain of yours" in sentence(context, "relay_helo_names")


def test_server_that_has_enough_of_a_session_rejects_no_helo_name() -> None:
    def answer(line: str, session: Session) -> str | None:
        verb = line.partition(" ")[0]
        if "closed" in session.lines:
            return None
        session.lines += [verb] if verb in ("EHLO", "HELO", "RSET") else []
        if len(session.lines) > 4:
            session.lines.append("closed")
            return "554 Too many nonmail commands"
        return usual(line, session)

    usual = mail_server(sound)
    context = survey({"smtp": answer}, Options(groups=("relay",), stranger="outsider.test"))
    found = statuses(context, "relay_third_party", "relay_helo_names")
    assert found == {"relay_third_party": PASS, "relay_helo_names": PASS}


def _limits_helo(reply: str, trusted: t.Container[str], stays: bool) -> Answer:
    """A sound server that takes a few HELO commands of a session and gives this reply to further
    ones; it relays after some names.
    """

    def answer(line: str, session: Session) -> str | None:
        verb = line.partition(" ")[0]
        if "closed" in session.lines:
            return None
        session.lines += [verb] if verb in ("EHLO", "HELO") else []
        if len(session.lines) > 1 and verb in ("EHLO", "HELO"):
            session.lines += [] if stays else ["closed"]
            return reply
        return usual(line, session)

    usual = mail_server(
        lambda path, session: (
            "250 Ok"
            if session.helo in trusted and "example.org" not in path
            else sound(path, session)
        )
    )
    return answer


@pytest.mark.parametrize("reply", ["421 4.7.0 Bye", "550 5.7.1 No", "503 5.5.1 Said before"])
@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize(("trusted", "expected"), [(("localhost",), FAIL), ((), PASS)])
def test_server_that_takes_one_helo_rejects_no_name(
    reply: str, stays: bool, trusted: tuple[str, ...], expected: str
) -> None:
    server = _limits_helo(reply, trusted, stays)
    options = Options(groups=("relay",), stranger="outsider.test")
    context = survey({"smtp": server}, options)
    assert statuses(context, "relay_helo_names")["relay_helo_names"] == expected


TEXT = "354 End data"


def data_server(
    reply: str, own: str = TEXT, takes: str = "postmaster"
) -> t.Callable[[str, Session], str | None]:
    """A server that takes every stranger at RCPT, and answers to DATA: another reply for recipients
    of its own. takes: whom else it takes.
    """

    def recipient(path: str, session: Session) -> str:
        session.lines.append(path)
        rejected = sound(path, session)
        is_taken = takes in path or not rejected.startswith("550 5.1.1")
        return "250 Ok" if is_taken else rejected

    def answer(line: str, session: Session) -> str | None:
        if line != "DATA":
            return usual(line, session)
        is_own = not sound(session.lines[-1], session).startswith("554")
        return own if is_own else reply

    usual = mail_server(recipient)
    return answer


DENIED_AT_DATA = "554 5.7.1 Relay access denied"


@pytest.mark.parametrize(
    ("takes", "checks"),
    [
        ("root", ("relay_third_party", "relay_null_sender", "relay_role_addresses")),
        ("@example.org", ("relay_third_party", "relay_null_sender")),
    ],
)
def test_rejection_at_data_closes_the_case_without_a_message(
    takes: str, checks: tuple[str, ...]
) -> None:
    context = survey({"smtp": data_server(DENIED_AT_DATA, takes=takes)})
    found = statuses(context, group="relay")
    for name in checks:
        assert (name, found[name]) == (name, PASS), sentence(context, name)
    assert "only after DATA" in sentence(context, "relay_third_party")


@pytest.mark.parametrize("own", [DENIED_AT_DATA, "554 5.7.1 Blocked", "450 4.7.1 Later", "250 Ok"])
@pytest.mark.parametrize("takes", ["postmaster", "root", "@example.org"])
def test_rejection_at_data_that_own_recipients_meet_too_says_nothing(takes: str, own: str) -> None:
    context = survey({"smtp": data_server(DENIED_AT_DATA, own, takes)})
    found = statuses(context, "relay_third_party", "relay_null_sender")
    assert found == {"relay_third_party": UNKNOWN, "relay_null_sender": UNKNOWN}
    assert "not seen to answer with 354" in sentence(context, "relay_third_party")


def test_rejection_at_data_beside_354_for_postmaster_alone_says_nothing() -> None:
    context = survey({"smtp": data_server(DENIED_AT_DATA, takes="postmaster")})
    found = statuses(context, "relay_third_party", "relay_null_sender")
    assert found == {"relay_third_party": UNKNOWN, "relay_null_sender": UNKNOWN}
    assert "set audit_account" in sentence(context, "relay_third_party")


def test_server_that_asks_for_the_text_relays() -> None:
    context = survey({"smtp": data_server("354 End data")})
    assert statuses(context, "relay_third_party")["relay_third_party"] == FAIL
    assert "taken, not yet delivered" in sentence(context, "relay_third_party")


def everybody(text: str) -> t.Callable[[str, Session], str]:
    return lambda _path, _session: text


@pytest.mark.parametrize(
    ("port_25", "submission", "extensions", "expected"),
    [
        (sound, "554 5.7.1 Client host rejected: Access denied", "AUTH PLAIN", PASS),
        (sound, "530 5.7.0 Authentication required", "AUTH PLAIN", PASS),
        (sound, "550 go away", "AUTH PLAIN", PASS),
        (sound, "554 5.7.1 Client host rejected: Access denied", "8BITMIME", UNKNOWN),
        (everybody("550 go away"), "550 go away", "AUTH PLAIN", UNKNOWN),
        (None, "554 5.7.1 Client host rejected: Access denied", "AUTH PLAIN", UNKNOWN),
        (None, "530 5.7.0 Authentication required", "AUTH PLAIN", PASS),
    ],
)
def test_submission_that_takes_nobody(
    port_25: t.Any, submission: str, extensions: str, expected: str
) -> None:
    servers = {"submissions": mail_server(everybody(submission), extensions=extensions)}
    if port_25:
        servers["smtp"] = mail_server(port_25)
    assert statuses(survey(servers), "relay_submission")["relay_submission"] == expected


#: Checks whose control is in the recorded conversation, and what of it is the control.
WITH_CONTROL = tuple(
    check
    for check in RELAYING
    if check not in ("relay_configured", "relay_as_declared", "relay_client_certificate")
)


def without_control(observation: dict[str, t.Any]) -> dict[str, t.Any]:
    """An observation without its lines about recipients of the host's own."""
    changed = copy.deepcopy(observation)
    attempts = changed["facts"].get("attempts")
    if changed["probe"] == "relay" and attempts:
        changed["facts"]["attempts"] = [
            attempt
            for attempt in attempts
            if attempt["form"] not in controls.OWN and (attempt["reply"] or {}).get("code") != 530
        ]
        for transaction in changed["params"]["transactions"]:
            transaction["recipients"] = [
                item for item in transaction["recipients"] if item["form"] not in controls.OWN
            ]
    return changed


@pytest.mark.parametrize("check", WITH_CONTROL)
def test_recorded_conversation_without_the_control_is_unknown(check: str) -> None:
    entry = recorded(check)[PASS]
    seen = [without_control(observation) for observation in entry["observations"]]
    chosen = evaluate.choose([check])
    assert evaluate.evaluate(context_of(entry), chosen)[0]["status"] == PASS
    assert evaluate.evaluate(context_of(entry, seen), chosen)[0]["status"] == UNKNOWN


def test_domain_behind_a_gateway_is_tried_too() -> None:
    """The backend of the second domain resolves a percent sign."""

    def recipient(path: str, session: Session) -> str:
        if path.endswith("@example.net>"):
            return "250 Ok" if "%example.com@" in path else "550 5.1.1 User unknown"
        return sound(path, session)

    context = survey({"smtp": mail_server(recipient)}, domains=["example.org", "example.net"])
    assert statuses(context, "relay_address_forms")["relay_address_forms"] == FAIL


@pytest.mark.parametrize("domain", ["example.net", "example.info"])
@pytest.mark.parametrize(
    ("check", "relays"),
    [
        ("relay_sender_forms", lambda s, domain: s.sender.strip("<>").endswith("@" + domain)),
        ("relay_helo_names", lambda s, domain: s.helo == domain),
    ],
)
def test_sender_and_helo_name_of_every_declared_domain_are_tried(
    domain: str, check: str, relays: t.Callable[[Session, str], bool]
) -> None:
    server = _takes(lambda path, session: _is_external(path) and relays(session, domain))
    domains = ["example.org", "example.net", "example.info"]
    found = survey({"smtp": server}, Options(groups=("relay",)), domains=domains)
    assert statuses(found, check, "relay_third_party") == {check: FAIL, "relay_third_party": PASS}
    closed = survey({"smtp": _takes(lambda _path, _session: False)}, domains=domains)
    assert statuses(closed, check) == {check: PASS}


@pytest.mark.parametrize("pattern", [r"@(.*\.)?example\.org", r"example\.org>$"])
def test_pattern_without_an_anchor_relays(pattern: str) -> None:
    def recipient(path: str, session: Session) -> str:
        domain = path.partition("@")[2]
        strange = domain not in ("example.org>", "mx1.example.org>") and "@" in path
        return "250 Ok" if strange and re.search(pattern, path) else sound(path, session)

    context = survey({"smtp": mail_server(recipient)})
    assert statuses(context, "relay_address_forms")["relay_address_forms"] == FAIL


def test_domains_that_the_budget_left_out_are_named() -> None:
    domains = ["example.org", *(f"d{number}.example" for number in range(30))]
    context = survey({"smtp": mail_server(sound)}, domains=domains)
    said = sentence(context, "relay_address_forms")
    assert "Only the likely forms were tried at d4.example," in said
    assert "No form was tried at d24.example," in said


def _takes(condition: t.Callable[[str, Session], bool]) -> t.Callable[[str, Session], str]:
    """A sound server but for external recipients under a condition."""

    def recipient(path: str, session: Session) -> str:
        return "250 2.1.5 Ok" if condition(path, session) else sound(path, session)

    return mail_server(recipient, extensions="PIPELINING|STARTTLS|AUTH PLAIN")


def _is_external(path: str) -> bool:
    return path.strip("<>").endswith("@example.com")


def _is_own_sender(session: Session) -> bool:
    return session.sender.strip("<>").endswith("@example.org")


@pytest.mark.parametrize(
    ("service", "check", "condition"),
    [
        (
            "submission",
            "relay_submission",
            lambda path, session: _is_external(path) and _is_own_sender(session),
        ),
        (
            "submissions",
            "relay_submission",
            lambda path, session: _is_external(path) and session.helo == "localhost",
        ),
        (
            "smtp",
            "relay_after_starttls",
            lambda path, session: _is_external(path) and session.tls and _is_own_sender(session),
        ),
        (
            "smtp",
            "relay_after_starttls",
            lambda path, session: (
                _is_external(path) and session.tls and session.helo == "localhost"
            ),
        ),
        ("smtp", "relay_address_forms", lambda path, _session: "@" not in path and "%" in path),
        ("smtp", "relay_address_forms", lambda path, _session: path[0] != "<"),
        (
            "smtp",
            "relay_sender_forms",
            lambda path, session: _is_external(path) and session.sender == "<root@example.org>",
        ),
        (
            "smtp",
            "relay_sender_forms",
            lambda path, session: (
                _is_external(path)
                and session.sender.endswith(".example.org>")
                and "mx1" not in session.sender
            ),
        ),
    ],
)
def test_an_open_relay_in_one_state_alone_is_found(
    service: str, check: str, condition: t.Callable[[str, Session], bool]
) -> None:
    servers = {"smtp": _takes(lambda _path, _session: False), service: _takes(condition)}
    assert statuses(survey(servers), check) == {check: FAIL}


def _with_lines(server: Answer) -> Answer:
    """The same server, which keeps the lines of each session."""

    def answer(line: str, session: Session) -> str | None:
        session.lines.append(line)
        return server(line, session)

    return answer


@pytest.mark.parametrize(
    ("service", "inside", "check"),
    [
        ("smtp", False, "relay_third_party"),
        ("smtp", True, "relay_after_starttls"),
        ("submission", True, "relay_submission"),
        ("submissions", True, "relay_submission"),
    ],
)
@pytest.mark.parametrize("command", ["NOOP", "HELP", "VRFY", "EXPN", "ehlo", "mail", "rcpt"])
def test_an_open_relay_for_commands_in_another_wording_is_found(
    service: str, inside: bool, check: str, command: str
) -> None:
    def relays(path: str, session: Session) -> bool:
        said = any(line.startswith(command) for line in session.lines)
        return _is_external(path) and session.tls >= inside and said

    servers = {"smtp": _takes(lambda _path, _session: False), service: _with_lines(_takes(relays))}
    found = survey(servers, Options(groups=("relay",)))
    assert statuses(found, check) == {check: FAIL}
    named = "in lower case" if command.islower() else "after NOOP, HELP, VRFY and EXPN"
    assert named in sentence(found, check)


@pytest.mark.parametrize("command", ["XFORWARD", "AUTH"])
def test_an_open_relay_after_a_claim_that_was_rejected_is_found(command: str) -> None:
    def relays(path: str, session: Session) -> bool:
        said = any(line.startswith(command) for line in session.lines)
        return _is_external(path) and said

    found = survey({"smtp": _with_lines(_takes(relays))}, Options(groups=("relay",)))
    assert statuses(found, "relay_data_path", "relay_third_party") == {
        "relay_data_path": FAIL,
        "relay_third_party": PASS,
    }
    assert "rejected without them" in sentence(found, "relay_data_path")


def test_open_relay_leaves_no_rejection_to_bypass() -> None:
    found = survey({"smtp": _takes(lambda path, _session: _is_external(path))})
    assert statuses(found, "relay_data_path", "relay_third_party") == {
        "relay_data_path": UNKNOWN,
        "relay_third_party": FAIL,
    }


def test_server_that_hangs_up_on_other_commands_is_judged_by_the_usual_ones() -> None:
    usual = _takes(lambda _path, _session: False)

    def strict(line: str, session: Session) -> str | None:
        return None if line.startswith(("NOOP", "HELP", "ehlo")) else usual(line, session)

    found = survey({"smtp": strict, "submissions": strict}, Options(groups=("relay",)))
    expected = dict.fromkeys(
        ("relay_third_party", "relay_after_starttls", "relay_every_address", "relay_submission"),
        PASS,
    )
    assert statuses(found, *expected) == expected


def test_a_limit_of_recipients_is_no_control() -> None:
    def recipient(_path: str, session: Session) -> str:
        return "550 5.5.3 Too many recipients" if session.taken else "250 2.1.5 Ok"

    context = survey({"smtp": mail_server(recipient)})
    assert PASS not in statuses(context, "relay_third_party", "relay_null_sender").values()


def test_a_deferral_in_words_about_relaying_decides_nothing() -> None:
    def recipient(path: str, session: Session) -> str:
        return "451 4.7.1 Relay access denied" if _is_external(path) else sound(path, session)

    assert statuses(survey({"smtp": mail_server(recipient)}), "relay_third_party") == {
        "relay_third_party": UNKNOWN
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("not asked: target_connections (200) were used up", "raise target_connections"),
        ("deferred for more than 6 s, and target_timeout (120 s) was over", "raise target_timeout"),
    ],
)
def test_deferral_names_the_option_that_forbade_a_repetition(text: str, named: str) -> None:
    context = survey({"smtp": mail_server(lambda _path, _session: "451 4.7.1 Greylisted")})
    relay = next(seen for seen in context.observations if seen["probe"] == "relay")
    cut = {**relay, "facts": {}, "error": {"kind": "budget", "text": text}}
    repeated = dataclasses.replace(context, observations=(*context.observations, cut))
    assert named in sentence(repeated, "relay_third_party")


DENIED = "554 5.7.1 Relay access denied"


def endpoint(
    attempts: list[dict[str, t.Any]],
    service: str = "smtp",
    others: t.Sequence[dict[str, t.Any]] = (),
    **facts: t.Any,
) -> proof.Controls:
    """The attempts on a service, beside observations of others."""
    seen = {**relay(attempts, []), "service": service}
    seen["facts"] = {**seen["facts"], **facts}
    return proof.of_endpoint(context([seen, *others]), service, ADDRESS)


def counts(
    seen: proof.Controls, form: str = "plain", sender: str = "stranger", named: bool = False
) -> bool:
    """Whether the rejection of one of the attempts counts."""
    return seen.counts(view_of(seen, form, sender), named)


def view_of(seen: proof.Controls, form: str = "plain", sender: str = "stranger") -> replies.View:
    return next(
        view
        for view in seen.views
        if (view.attempt["form"], view.attempt["sender"]) == (form, sender)
    )


@pytest.mark.parametrize("state", replies.LATE_REJECTIONS)
def test_rejection_after_the_text_counts_without_a_control(state: str) -> None:
    seen = endpoint([attempt("rcpt", "250 Ok")])
    assert seen.counts(view_of(seen)._replace(state=state))


def at_data(
    reply: str | None, form: str = "unknown_at_host", sender: str = "stranger", helo: str = ""
) -> dict[str, t.Any]:
    """A recipient that was accepted, and the reply to DATA."""
    tried = attempt("rcpt", "250 Ok", form, sender, helo)
    return {**tried, "data": attempt("data", reply)["reply"]}


@pytest.mark.parametrize(
    ("own", "params", "expected"),
    [
        ([at_data("354 Go on")], {}, True),
        ([at_data("354 Go on", "own_postmaster")], {}, False),
        ([at_data("554 No"), at_data("354 Go on", "own_user")], {}, True),
        ([at_data("354 Go on", "second_stranger")], {}, False),
        ([at_data("354 Go on", sender="null")], {}, False),
        ([at_data("354 Go on", helo="HELO localhost")], {}, False),
        ([at_data("354 Go on")], {"state": "starttls"}, False),
        ([at_data("554 No")], {}, False),
        ([at_data("355 Go on")], {}, False),
        ([at_data(None)], {}, False),
        ([attempt("rcpt", "250 Ok", "unknown_at_host")], {}, False),
        ([], {}, False),
    ],
)
def test_rejection_at_data_counts_beside_354_for_an_own_recipient(
    own: list[dict[str, t.Any]], params: dict[str, t.Any], expected: bool
) -> None:
    others = [{**relay([], []), "facts": {}}, relay(own, [], **params)]
    seen = endpoint([at_data("554 No", "plain")], others=others)
    assert counts(seen) is expected
    assert ("not seen to answer with 354" in seen.why_not(view_of(seen))) is not expected


def test_own_recipient_of_another_service_or_address_is_no_control_of_data() -> None:
    for elsewhere in ({"service": "submission"}, {"address": "192.0.2.26"}):
        others = [{**relay([at_data("354 Go on")], []), **elsewhere}]
        assert not counts(endpoint([at_data("554 No", "plain")], others=others))


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], True),
        ([attempt("rcpt", "250 Ok", "unknown_at_domain")], False),
        ([attempt("rcpt", "250 Ok", "own_user")], True),
        ([attempt("rcpt", "250 Ok", "own_user"), attempt("rcpt", "550 No", "own_user")], False),
        ([attempt("rcpt", "250 Ok", "plain", "null")], True),
    ],
)
def test_no_rejection_counts_where_the_same_question_has_differing_answers(
    others: list[dict[str, t.Any]], expected: bool
) -> None:
    seen = endpoint(experiment(), others=[relay(others, [])])
    rejected = view_of(seen)
    for view in (rejected, rejected._replace(state=replies.BOUNCED)):
        assert seen.counts(view) is expected
        assert ("same question in different ways" in seen.why_not(view)) is not expected
    assert seen.is_weighing() is expected
    assert seen.is_weighing(("clear", False, "", "stranger")) is expected


@pytest.mark.parametrize(
    ("later", "expected"),
    [("554 5.7.1 Go away", False), ("554 5.7.1 Relay access denied", True)],
)
def test_rejection_that_all_meet_later_does_not_count(later: str, expected: bool) -> None:
    form = attempt("rcpt", "554 5.7.1 Go away", "percent_host")
    seen = endpoint([*experiment(), form], others=[relay(experiment(later, later), [])])
    assert counts(seen, "percent_host") is expected
    assert counts(seen, "plain") is (not expected)
    turned_away = "This client is turned away whatever it asks"
    assert seen.why_not(view_of(seen, "percent_host")).startswith(turned_away) is (not expected)


def test_differing_answers_of_another_service_or_address_say_nothing() -> None:
    for elsewhere in ({"service": "submission"}, {"address": "192.0.2.26"}):
        others = [relay([attempt("rcpt", "250 Ok", "unknown_at_domain")], []) | elsewhere]
        assert counts(endpoint(experiment(), others=others))


@pytest.mark.parametrize("service", ["submission", "submissions", "smtp"])
@pytest.mark.parametrize("reply", ["530 5.7.0 no", "538 no", "535 no", "554 no", None])
def test_530_and_538_count_on_a_submission_service(service: str, reply: str | None) -> None:
    expected = service != "smtp" and (reply or "")[:3] in ("530", "538")
    assert counts(endpoint([attempt("rcpt", reply)], service)) is expected


SESSION = {"probe": "smtp_session", "service": "submission", "address": ADDRESS, "params": {}}
WITH_AUTH = {"AUTH": "PLAIN"}


@pytest.mark.parametrize(
    ("facts", "session", "expected"),
    [
        ({"extensions": WITH_AUTH}, {}, True),
        ({}, {"extensions": WITH_AUTH}, True),
        ({}, {"extensions_tls": WITH_AUTH}, True),
        ({"extensions": {}}, {"extensions": {"STARTTLS": ""}, "extensions_tls": WITH_AUTH}, True),
        ({"extensions": {"STARTTLS": ""}}, {"extensions": {"PIPELINING": ""}}, False),
        ({}, {}, False),
    ],
)
def test_submission_that_rejects_everybody_has_to_offer_auth(
    facts: dict[str, t.Any], session: dict[str, t.Any], expected: bool
) -> None:
    others = [relay(experiment(), []), {**SESSION, "facts": session}]
    seen = endpoint(experiment(DENIED, DENIED), "submission", others, **facts)
    assert counts(seen) is expected
    missing = "port 25 of this address was not" if expected else "AUTH is not offered"
    assert missing in seen.why_not(view_of(seen))


@pytest.mark.parametrize(
    ("attempts", "service", "extensions", "expected"),
    [
        (experiment(DENIED, DENIED), "submission", WITH_AUTH, True),
        (experiment(DENIED, DENIED), "submissions", WITH_AUTH, True),
        (experiment(DENIED, DENIED), "smtp", WITH_AUTH, False),
        (experiment(DENIED, DENIED), "submission", {"STARTTLS": ""}, False),
        (experiment(), "submission", WITH_AUTH, False),
        ([*experiment(DENIED, DENIED, "null"), *experiment()], "submission", WITH_AUTH, False),
        ([attempt("rcpt", DENIED)], "submission", WITH_AUTH, False),
        ([], "submission", WITH_AUTH, False),
    ],
)
def test_submission_waits_for_port_25_where_it_rejects_everybody_alike(
    attempts: list[dict[str, t.Any]], service: str, extensions: dict[str, str], expected: bool
) -> None:
    assert endpoint(attempts, service, extensions=extensions).waits_for_port_25() is expected


def test_auth_of_another_service_or_address_is_not_that_of_the_submission_service() -> None:
    for elsewhere in ({"service": "submissions"}, {"address": "192.0.2.26"}):
        session = {**SESSION, **elsewhere, "facts": {"extensions": WITH_AUTH}}
        others = [relay(experiment(), []), session]
        assert not counts(endpoint(experiment(DENIED, DENIED), "submission", others))


@pytest.mark.parametrize(
    ("port_25", "expected"),
    [
        (relay(experiment(), []), True),
        (relay(experiment(sender="null"), []), True),
        (relay(experiment(DENIED, DENIED), []), False),
        ({**relay(experiment(), []), "address": "192.0.2.26"}, False),
        ({**relay(experiment(), []), "service": "submissions"}, False),
    ],
)
def test_submission_that_rejects_everybody_counts_beside_port_25(
    port_25: dict[str, t.Any], expected: bool
) -> None:
    rejected = experiment(DENIED, DENIED)
    assert counts(endpoint(rejected, "submission", [port_25], extensions=WITH_AUTH)) is expected
    assert not counts(endpoint(rejected, "smtp", extensions=WITH_AUTH))


def test_submission_that_rejects_some_otherwise_does_not_reject_everybody_alike() -> None:
    rejected = [*experiment(DENIED, DENIED)[:3], attempt("rcpt", "250 Ok", "own_user")]
    rejected[0] = attempt("rcpt", "554 5.7.1 Another", "unknown_at_domain")
    seen = endpoint(rejected[:3], "submission", [relay(experiment(), [])], extensions=WITH_AUTH)
    assert not counts(seen)


def test_rejection_counts_in_the_state_of_its_control_alone() -> None:
    seen = endpoint([*experiment(), attempt("rcpt", DENIED, sender="null")])
    assert counts(seen)
    assert not counts(seen, sender="null")
    assert not seen.counts(view_of(seen)._replace(state=replies.LOST))


def test_server_is_weighing_in_the_state_of_the_control() -> None:
    seen = endpoint(experiment())
    states = {sender: ("clear", False, "", sender) for sender in ("stranger", "null")}
    assert seen.is_weighing()
    assert seen.is_weighing(states["stranger"])
    assert not seen.is_weighing(states["null"])
    assert not endpoint(experiment(DENIED, DENIED)).is_weighing()


@pytest.mark.parametrize("usual", ["stranger", "null"])
@pytest.mark.parametrize(("sender", "helo"), [("own_domain", ""), ("stranger", "HELO localhost")])
@pytest.mark.parametrize("reply", [DENIED, "554 5.7.1 Not today"])
def test_rejection_under_an_unusual_name_has_to_be_the_usual_one(
    usual: str, sender: str, helo: str, reply: str
) -> None:
    odd = experiment(reply, sender=sender, helo=helo)
    seen = endpoint([*experiment(sender=usual), *odd])
    unusual = {item.attempt["form"]: item for item in seen.views if _is_unusual(item)}
    assert seen.counts(unusual["plain"]) is (reply == DENIED)
    assert seen.counts(unusual["second_stranger"])
    without = endpoint(odd)
    assert not without.counts(next(view for view in without.views if _is_plain(view)))


def test_rejection_that_another_probe_met_under_a_usual_name_counts_in_any_words() -> None:
    """It is not among the attempts of the endpoint, so none of them has to be like it."""
    other = attempt("mail", "530 5.7.0 Authentication required")
    for name, expected in (("stranger", True), ("own_domain", False)):
        view = replies.View({**other, "sender": name}, replies.REFUSED, relay([], []))
        seen = endpoint([*experiment(), *experiment(sender="own_domain")])
        assert seen.counts(view) is expected


def _is_unusual(view: replies.View) -> bool:
    return bool(view.attempt["helo"]) or view.attempt["sender"] == "own_domain"


def _is_plain(view: replies.View) -> bool:
    return view.attempt["form"] == "plain"


@pytest.mark.parametrize(
    ("sender", "helo", "expected"),
    [("stranger", "", True), ("null", "", True), ("own_domain", "", False), ("null", "x", False)],
)
def test_usual_name_is_a_usual_sender_under_the_name_of_the_session(
    sender: str, helo: str, expected: bool
) -> None:
    view = endpoint([attempt("rcpt", DENIED, sender=sender, helo=helo)]).views[0]
    assert proof.is_usual_name(view) is expected


@pytest.mark.parametrize(
    ("phase", "reply", "expected"),
    [
        ("mail", "550 5.1.8 Sender address rejected", True),
        ("helo", "550 bad name", True),
        ("mail", "530 Authentication required", True),
        ("rcpt", "550 5.1.8 Sender address rejected", False),
        ("mail", None, False),
        ("mail", "554 5.7.1 blocked using dnsbl", False),
    ],
)
def test_rejected_name_counts_beside_a_usual_one(
    phase: str, reply: str | None, expected: bool
) -> None:
    named = attempt(phase, reply, sender="own_domain")
    seen = endpoint([*experiment(), named])
    assert counts(seen, sender="own_domain", named=True) is expected
    assert not seen.counts(view_of(seen, sender="own_domain"))
    assert not counts(endpoint([named]), sender="own_domain", named=True)
    assert not counts(
        endpoint([*experiment(DENIED, DENIED), named]), sender="own_domain", named=True
    )


def test_name_that_is_rejected_with_each_recipient_counts_if_all_are() -> None:
    text = "550 5.1.8 Sender address rejected"
    seen = endpoint([*experiment(), *experiment(text, text, "own_domain")])
    assert counts(seen, sender="own_domain", named=True)
    assert not counts(seen, sender="own_domain")


@pytest.mark.parametrize(("usual", "expected"), [("stranger", False), ("null", True)])
def test_rejected_helo_name_counts_beside_the_same_sender(usual: str, expected: bool) -> None:
    named = attempt("helo", "550 bad name", sender="null", helo="HELO localhost")
    seen = endpoint([*experiment(sender=usual), named])
    view = next(view for view in seen.views if view.attempt["helo"])
    assert seen.counts(view, True) is expected


def test_rejected_name_counts_in_the_same_connection_state_alone() -> None:
    named = {**relay([attempt("mail", "550 no", sender="own_domain")], [], state="starttls")}
    clear = relay(experiment(), [])
    after_login = {**clear, "params": {**clear["params"], "login": True}}
    for other in (clear, after_login):
        seen = proof.of_endpoint(context([named, other]), "smtp", ADDRESS)
        assert not counts(seen, sender="own_domain", named=True)


@pytest.mark.parametrize(
    ("attempts", "words"),
    [
        (experiment(DENIED, DENIED), "This client is turned away whatever it asks"),
        (experiment(), "was rejected in another way than from a usual sender"),
        ([attempt("rcpt", DENIED)], "set audit_domains"),
        (
            [attempt("rcpt", DENIED), attempt("rcpt", DENIED, "unknown_at_host")],
            "The server was not seen to tell recipients of its own from external ones",
        ),
    ],
)
def test_sentence_says_why_a_rejection_does_not_count(
    attempts: list[dict[str, t.Any]], words: str
) -> None:
    seen = endpoint(attempts)
    assert words in seen.why_not(view_of(seen))
    assert "Relay access denied" in seen.why_not(view_of(seen))


def test_port_25_weighs_where_one_of_its_states_has_a_control() -> None:
    tls = relay(experiment(), [], state="starttls")
    assert proof.is_port_25_weighing(context([relay(experiment(DENIED, DENIED), []), tls]), ADDRESS)
    assert not proof.is_port_25_weighing(context([tls]), "192.0.2.26")


POSTMASTER = {"probe": "smtp_session", "service": "smtp", "address": ADDRESS, "params": {}}
LIKE_STRANGERS = {"code": 554, "enhanced": "5.7.1", "text": "5.7.1 Relay access denied"}
LIKE_USERS = {"code": 550, "enhanced": "5.1.1", "text": "5.1.1 User unknown"}


@pytest.mark.parametrize("sender", ["stranger", "null"])
@pytest.mark.parametrize(
    ("connection", "fact"),
    [("clear", "rcpt_in_clear"), ("starttls", "rcpt_tls"), ("resumed", "rcpt_tls")],
)
def test_postmaster_who_is_rejected_as_a_stranger_takes_the_control_away(
    sender: str, connection: str, fact: str
) -> None:
    seen = relay(experiment(sender=sender), [], state=connection)

    def is_weighing(facts: dict[str, t.Any], **place: t.Any) -> bool:
        session = {**POSTMASTER, "facts": facts, **place}
        return proof.of_endpoint(context([seen, session]), "smtp", ADDRESS).is_weighing()

    assert is_weighing({})
    assert is_weighing({fact: LIKE_USERS})
    assert not is_weighing({fact: LIKE_STRANGERS})
    assert is_weighing({fact: LIKE_STRANGERS}, service="submission")
    assert is_weighing({fact: LIKE_STRANGERS}, address="192.0.2.26")
    other = "rcpt_tls" if fact == "rcpt_in_clear" else "rcpt_in_clear"
    assert is_weighing({other: LIKE_STRANGERS})


def test_nothing_is_weighed_where_nothing_was_tried() -> None:
    assert not endpoint([]).is_weighing()
    assert not endpoint([], others=[{**POSTMASTER, "facts": {}}]).is_weighing()


OTHER = "554 5.7.1 Not served today"
THIRD = "554 5.7.1 Never"


@pytest.mark.parametrize(
    ("tried", "state", "expected"),
    [
        ({("clear", "stranger"): DENIED}, ("clear", "stranger"), True),
        ({("starttls", "stranger"): DENIED}, ("starttls", "stranger"), True),
        (
            {("clear", "stranger"): DENIED, ("starttls", "stranger"): DENIED},
            ("starttls", "stranger"),
            True,
        ),
        (
            {("clear", "stranger"): DENIED, ("starttls", "stranger"): OTHER},
            ("starttls", "stranger"),
            False,
        ),
        (
            {("clear", "stranger"): DENIED, ("starttls", "stranger"): OTHER},
            ("clear", "stranger"),
            True,
        ),
        (
            {("clear", "null"): DENIED, ("starttls", "stranger"): OTHER},
            ("starttls", "stranger"),
            False,
        ),
        (
            {("clear", "null"): OTHER, ("starttls", "stranger"): OTHER},
            ("starttls", "stranger"),
            True,
        ),
        (
            {
                ("clear", "stranger"): DENIED,
                ("clear", "null"): OTHER,
                ("starttls", "stranger"): OTHER,
            },
            ("starttls", "stranger"),
            True,
        ),
        ({("clear", "null"): OTHER}, ("clear", "null"), True),
        ({("clear", "stranger"): DENIED, ("clear", "null"): OTHER}, ("clear", "null"), False),
        ({("clear", "stranger"): OTHER, ("clear", "null"): OTHER}, ("clear", "null"), True),
        ({("clear", "stranger"): DENIED, ("clear", "null"): OTHER}, ("clear", "stranger"), True),
        (
            {("starttls", "stranger"): DENIED, ("starttls", "null"): OTHER},
            ("starttls", "null"),
            False,
        ),
        (
            {("starttls", "stranger"): OTHER, ("starttls", "null"): OTHER},
            ("starttls", "null"),
            True,
        ),
        (
            {
                ("clear", "stranger"): OTHER,
                ("starttls", "stranger"): DENIED,
                ("starttls", "null"): OTHER,
            },
            ("starttls", "null"),
            True,
        ),
        (
            {
                ("clear", "stranger"): DENIED,
                ("starttls", "stranger"): OTHER,
                ("starttls", "null"): OTHER,
            },
            ("starttls", "null"),
            False,
        ),
    ],
)
def test_rejection_of_a_usual_sender_is_compared_with_a_more_usual_one(
    tried: dict[tuple[str, str], str], state: tuple[str, str], expected: bool
) -> None:
    seen = [
        relay(experiment(text, sender=sender), [], state=connection)
        for (connection, sender), text in tried.items()
    ]
    found = proof.of_endpoint(context(seen), "smtp", ADDRESS)
    (view,) = [
        view
        for view in found.views
        if (view.connection_state, view.attempt["sender"]) == state and _is_plain(view)
    ]
    assert found.counts(view) is expected


def test_usual_sender_is_compared_with_states_that_have_a_control() -> None:
    before = [attempt("rcpt", DENIED), attempt("rcpt", DENIED, sender="null")]
    inside = relay(experiment(OTHER), [], state="starttls")
    seen = proof.of_endpoint(context([relay(before, []), inside]), "smtp", ADDRESS)
    (view,) = [view for view in seen.views if view.connection_state != "clear" and _is_plain(view)]
    assert seen.counts(view)


@pytest.mark.parametrize("state", ["clear", "starttls"])
@pytest.mark.parametrize(
    ("tried", "expected"),
    [
        ([attempt("rcpt", DENIED, sender="own_domain")], True),
        ([attempt("rcpt", OTHER, sender="own_domain")], False),
        ([attempt("rcpt", None, sender="own_domain")], False),
        ([attempt("rcpt", "450 4.2.0 Greylisted", sender="own_domain")], False),
        (
            [
                attempt("rcpt", DENIED, sender="own_domain"),
                attempt("rcpt", DENIED, "percent_host", "own_domain"),
            ],
            False,
        ),
    ],
)
def test_lone_rejection_counts_where_it_is_met_under_another_sender(
    state: str, tried: list[dict[str, t.Any]], expected: bool
) -> None:
    usual = relay(experiment(), [])
    seen = proof.of_endpoint(context([usual, relay(tried, [], state=state)]), "smtp", ADDRESS)
    view = view_of(seen, sender="own_domain")
    assert seen.counts(view, named=True) is (expected and state == "clear")
    assert not seen.counts(view)


def test_lone_rejection_does_not_count_beside_one_that_does_not() -> None:
    usual = experiment(DENIED, DENIED)
    lone = attempt("rcpt", DENIED, sender="own_domain")
    assert not counts(endpoint([*usual, lone]), sender="own_domain", named=True)
    other = attempt("rcpt", DENIED, sender="postmaster")
    assert not counts(endpoint([other, lone]), sender="own_domain", named=True)


FIRST_TLS = "530 5.7.0 Must issue a STARTTLS command first"
LOGIN_FIRST = "530 5.7.0 Authentication required"


@pytest.mark.parametrize(
    ("phase", "reply", "sender", "helo", "expected"),
    [
        ("rcpt", "550 5.1.8 Sender address rejected", "own_domain", "", False),
        ("mail", "550 5.1.8 Sender address rejected", "own_domain", "", True),
        ("mail", "550 5.1.8 Sender address rejected", "own_domain", "HELO localhost", False),
        ("mail", "550 5.1.8 Sender address rejected", "stranger", "HELO localhost", True),
        ("helo", "550 bad name", "stranger", "HELO localhost", True),
        ("helo", "550 bad name", "null", "HELO localhost", False),
        ("mail", None, "own_domain", "", False),
        ("mail", "550 5.1.8 Sender address rejected", "null", "", False),
    ],
)
def test_rejected_name_counts_where_everybody_has_to_log_in(
    phase: str, reply: str | None, sender: str, helo: str, expected: bool
) -> None:
    usual = experiment(LOGIN_FIRST, LOGIN_FIRST)
    seen = endpoint([*usual, attempt(phase, reply, sender=sender, helo=helo)], "submission")
    view = seen.views[-1]
    assert seen.counts(view, named=True) is expected
    assert not seen.counts(view)
    alone = endpoint([attempt(phase, reply, sender=sender, helo=helo)], "submission")
    assert not alone.counts(alone.views[0], named=True)


@pytest.mark.parametrize(("phase", "expected"), [("mail", True), ("rcpt", False)])
def test_lone_sender_that_has_to_use_tls_first_is_rejected_itself_before_rcpt(
    phase: str, expected: bool
) -> None:
    seen = endpoint([*experiment(), attempt(phase, FIRST_TLS, sender="own_domain")])
    view = view_of(seen, sender="own_domain")
    assert view.state == replies.TLS_FIRST
    assert seen.counts(view, named=True) is expected
    assert not seen.counts(view)


def test_lone_sender_may_be_rejected_in_the_words_for_another_one() -> None:
    text = "550 5.1.8 Sender address rejected"
    lone = attempt("rcpt", text, sender="postmaster")
    seen = endpoint([*experiment(), *experiment(text, text, "own_domain"), lone])
    assert counts(seen, sender="postmaster", named=True)
    assert not counts(endpoint([*experiment(), lone]), sender="postmaster", named=True)


def test_rejection_in_a_state_without_attempts_is_no_lone_one() -> None:
    tried = attempt("rcpt", DENIED, sender="own_domain")
    view = replies.View(tried, replies.REFUSED, relay([], []))
    assert not endpoint(experiment()).counts(view, named=True)


@pytest.mark.parametrize(
    ("phase", "sender", "helo", "usual", "expected"),
    [
        ("mail", "own_domain", "", "stranger", True),
        ("rcpt", "own_domain", "", "stranger", False),
        ("helo", "null", "HELO localhost", "null", True),
        ("mail", "null", "HELO localhost", "null", True),
        ("helo", "null", "HELO localhost", "stranger", False),
    ],
)
def test_name_that_is_rejected_before_several_recipients_counts_beside_a_usual_one(
    phase: str, sender: str, helo: str, usual: str, expected: bool
) -> None:
    text = "550 5.1.8 Sender address rejected"
    named = [attempt(phase, text, form, sender, helo) for form in ("plain", "percent_host")]
    seen = endpoint([*experiment(sender=usual), *named])
    assert [seen.counts(view, named=True) for view in seen.views[-2:]] == [expected] * 2
