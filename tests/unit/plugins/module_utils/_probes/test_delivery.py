# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What is sent to the canary, after what was accepted; and how the probe says it."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    delivery,
    plan_delivery,
    relay_addresses,
    relay_batches,
    relay_senders,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, Item, play

TARGET = _target.target({"name": "mx1.example.org", "domains": ["example.org"]})
HELLO: list[Item] = [b"220 mx1 ESMTP\r\n", b"250-mx1\r\n250 PIPELINING\r\n"]
OK, NO, GO, BYE = b"250 2.0.0 Ok\r\n", b"554 5.7.1 no\r\n", b"354 go\r\n", b"221 Bye\r\n"


def message(token: str = "airtight-0a", **more: str) -> dict[str, t.Any]:
    path, sender = f"<{token}@canary.example>", f"<{token}-back@canary.example>"
    return {
        "helo": "",
        "sender_id": "stranger",
        "sender": sender,
        "form": "plain",
        "path": path,
        "token": token,
        **more,
    }


def run(script: t.Sequence[Item], *messages: dict[str, t.Any], enough: int = 1) -> t.Any:
    params = {
        "helo": "c.example.net",
        "server_name": "mx1.example.org",
        "state": "clear",
        "canary": "canary.example",
        "enough": enough,
    }
    return play(delivery.deliver, {**params, "messages": list(messages)}, script)


def ends(played: t.Any) -> list[tuple[str, int | None, str]]:
    return [
        (entry["phase"], entry["reply"] and entry["reply"]["code"], entry["queue_id"])
        for entry in played.facts["messages"]
    ]


def test_one_message_is_enough() -> None:
    played = run(
        [*HELLO, OK, OK, GO, b"250 2.0.0 Ok: queued as 4ABC\r\n", BYE],
        message(),
        message("airtight-0b"),
    )
    assert ends(played) == [("end", 250, "4ABC")]
    assert played.sent[1:4] == [
        b"MAIL FROM:<airtight-0a-back@canary.example>\r\n",
        b"RCPT TO:<airtight-0a@canary.example>\r\n",
        b"DATA\r\n",
    ]
    text = played.sent[4]
    assert text.endswith(b"\r\n.\r\n")
    assert b"\r\nX-Airtight-Token: airtight-0a\r\n" in text
    assert b"\n" not in text.replace(b"\r\n", b"")


def test_what_is_refused_costs_nothing() -> None:
    script = [
        *HELLO,
        OK,
        OK,
        GO,
        NO,
        OK,
        OK,
        OK,
        NO,
        OK,
        OK,
        NO,
        OK,
        NO,
        OK,
        OK,
        OK,
        GO,
        b"250 OK id=1tEx-00-01\r\n",
        BYE,
    ]
    played = run(script, *(message(f"airtight-0{number}") for number in range(6)))
    assert ends(played) == [
        ("end", 554, ""),
        ("data", 554, ""),
        ("rcpt", 554, ""),
        ("mail", 554, ""),
        ("end", 250, "1tEx-00-01"),
    ]
    assert played.sent.count(b"RSET\r\n") == 4


def test_a_helo_that_is_refused() -> None:
    played = run([*HELLO, NO, BYE], message(helo="EHLO localhost"))
    assert ends(played) == [("helo", 554, "")]


def test_a_helo_that_was_given_already() -> None:
    params = {
        "helo": "c",
        "server_name": "",
        "state": "clear",
        "canary": "canary.example",
        "enough": 1,
        "hello": "HELO localhost",
    }
    script = [HELLO[0], OK, OK, OK, GO, OK, BYE]
    played = play(
        delivery.deliver, {**params, "messages": [message(helo="HELO localhost")]}, script
    )
    assert ends(played) == [("end", 250, "")]
    assert played.sent[:2] == [
        b"HELO localhost\r\n",
        b"MAIL FROM:<airtight-0a-back@canary.example>\r\n",
    ]


def test_a_message_that_is_put_off_is_worth_another_attempt() -> None:
    params = {"messages": [message(), message("airtight-0b")], "enough": 1}
    for reply, late in (
        (b"450 4.2.0 Greylisted\r\n", ["airtight-0a"]),
        (NO, []),
        (b"454 4.7.1 Relay access denied\r\n", []),
    ):
        played = run([*HELLO, OK, reply, OK, OK, NO, OK, BYE], *params["messages"])
        assert [
            found["token"]
            for found in delivery.deferred_messages({"facts": played.facts, "params": params})
        ] == late
    played = run(
        [*HELLO, OK, b"450 4.2.0 Greylisted\r\n", OK, OK, OK, GO, OK, BYE], *params["messages"]
    )
    assert delivery.deferred_messages({"facts": played.facts, "params": params}) == []


@pytest.mark.parametrize(
    "script", [[*HELLO, OK, OK, EOF], [*HELLO, OK, b"421 enough\r\n"], [*HELLO, OK, OK, GO, EOF]]
)
def test_a_connection_that_breaks(script: list[Item]) -> None:
    played = run(script, message())
    assert played.error is not None
    assert not any(delivery.taken(entry) for entry in played.facts["messages"])


# --- what is chosen


def seen(
    *accepted: tuple[str, str, str],
    service: str = "smtp",
    state: str = "clear",
    code: int = 250,
    **more: t.Any,
) -> dict[str, t.Any]:
    job = _model.Job(
        "relay",
        TARGET.name,
        service,
        "192.0.2.25",
        25,
        {
            "helo": "c",
            "server_name": "",
            "protocol": "smtp",
            "implicit_tls": False,
            "state": state,
            "implicit": False,
            **more,
        },
    )
    attempts = [
        {
            "form": form,
            "path": "",
            "sender": sender,
            "mail_from": "",
            "helo": helo,
            "phase": "rcpt",
            "reply": {"code": code},
        }
        for helo, sender, form in accepted
    ]
    return _model.observation(job, {"attempts": attempts}, None, [], {})


def chosen(*observations: dict[str, t.Any]) -> list[plan_delivery.Endpoint]:
    numbers = itertools.count()
    names = relay_addresses.names(TARGET, "192.0.2.25", "example.com", "", "00")
    return plan_delivery.endpoints(
        observations,
        lambda _address: names,
        "canary.example",
        lambda: f"airtight-{int(next(numbers)):03}",
    )


def forms_of(endpoint: plan_delivery.Endpoint) -> list[str]:
    return [entry["form"] for job in endpoint.jobs for entry in job.params["messages"]]


def test_nothing_is_sent_after_refusals() -> None:
    assert chosen(seen(("", "stranger", "plain"), code=554)) == []
    assert chosen(seen(("", "stranger", "plain"), login=True)) == []
    assert chosen() == []


@pytest.mark.parametrize("state", ["clear", "implicit", "starttls", "certificate", "resumed"])
def test_endpoints_after_an_acceptance_in_any_state_reaches_it_again(state: str) -> None:
    (only,) = chosen(seen(("", "stranger", "plain"), state=state))
    assert [job.params["state"] for job in only.jobs] == [state]


def test_the_plain_way_first_and_what_cannot_arrive_last() -> None:
    found = chosen(
        seen(
            ("EHLO [127.0.0.1]", "stranger", "plain"),
            ("", "stranger", "loopback_literal"),
            ("", "null", "percent_host"),
        ),
        seen(
            ("", "stranger", "role_postmaster"),
            ("", "stranger", "plain"),
            ("", "stranger", "plain"),
        ),
    )
    (only,) = found
    assert forms_of(only) == [
        "plain",
        "role_postmaster",
        "plain",
        "percent_host",
        "loopback_literal",
    ]
    assert only.enough == 1
    first = only.jobs[0].params["messages"][0]
    assert (first["sender"], first["path"]) == (
        "<airtight-001-back@canary.example>",
        "<airtight-001@canary.example>",
    ) or first["token"]
    assert len({entry["token"] for entry in only.jobs[0].params["messages"]}) == 5


def test_each_service_and_state_for_itself() -> None:
    found = chosen(
        seen(("", "stranger", "plain"), state="starttls"),
        seen(("", "stranger", "plain"), service="submissions", state="implicit"),
        seen(("", "stranger", "plain")),
    )
    assert [(entry.jobs[0].service, entry.jobs[0].params["state"]) for entry in found] == [
        ("smtp", "clear"),
        ("submissions", "implicit"),
        ("smtp", "starttls"),
    ]


def test_a_few_of_what_may_be_rewritten() -> None:
    (only,) = chosen(seen(("", "stranger", "percent_host"), ("", "stranger", "srs0")))
    assert only.enough == plan_delivery.MAX_REWRITTEN
    assert (
        only.jobs[0].params["messages"][1]["path"]
        == "<SRS0=AAAA=BB=canary.example=airtight-001@example.org>"
    )


def test_one_message_for_nobody() -> None:
    found = chosen(
        seen(("", "null", "unknown_at_domain")),
        seen(("", "null", "unknown_at_domain"), service="submission"),
    )
    assert forms_of(found[0]) == ["unknown_at_domain"]
    entry = found[0].jobs[0].params["messages"][0]
    assert (entry["sender"], entry["path"]) == (
        "<airtight-000-back@canary.example>",
        "<airtight-nobody-00@example.org>",
    )
    assert len(found) == 2


def test_the_recipient_as_sender() -> None:
    (only,) = chosen(seen(("", "same_as_recipient", "plain")))
    entry = only.jobs[0].params["messages"][0]
    assert entry["sender"] == entry["path"]


def test_the_sender_of_another_declared_domain_keeps_it() -> None:
    (only,) = chosen(seen(("", "own_domain@example.net", "plain")))
    entry = only.jobs[0].params["messages"][0]
    assert entry["sender"].endswith("-back@example.net>")


def test_no_connection_holds_more_refusals_than_a_server_bears() -> None:
    every = [
        ("", sender, form.id)
        for sender in relay_senders.SENDERS
        for form in relay_addresses.FORMS
        if form.id != "backup_domain"
    ]
    (only,) = chosen(seen(*every))
    assert sum(len(job.params["messages"]) for job in only.jobs) == len(every)
    assert max(len(job.params["messages"]) for job in only.jobs) <= relay_batches.MAX_REFUSALS


def test_what_can_arrive() -> None:
    assert all(
        plan_delivery.deliverable(name)
        for name in ("plain", "upper_case", "percent_host", "srs1", "role_abuse", "second_stranger")
    )
    assert not any(
        plan_delivery.deliverable(name)
        for name in ("punycode", "u_label", "localhost", "batv", "unknown_at_domain", "nonsense")
    )
