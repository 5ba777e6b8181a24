# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The probe of ports beside the services on transcripts, and what follows from what it saw."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _declared, _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    open_relay,
    other_ports,
    registry,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, TIMEOUT, Item, play

PARAMS = {"helo": "c.example.net", "server_name": "mx1.example.org", "implicit_tls": False}
EHLO = b"250-mx1\r\n250 STARTTLS\r\n"
ADDRESS = "192.0.2.25"


@pytest.mark.parametrize(
    ("script", "kind", "error", "said"),
    [
        ([b"220 mx1 ESMTP\r\n", EHLO, b"221 bye\r\n"], other_ports.SMTP, None, b"EHLO"),
        ([b"220-mx1 wait\r\n", b"220 mx1 ESMTP\r\n", EHLO, EOF], other_ports.SMTP, None, b"EHLO"),
        (
            [b"220 mx1 LMTP\r\n", b"500 5.5.1 what\r\n", EHLO, b"221 bye\r\n"],
            other_ports.LMTP,
            None,
            b"LHLO",
        ),
        (
            [b"220 old\r\n", b"500 what\r\n", b"500 what\r\n", b"250 old\r\n", EOF],
            other_ports.SMTP,
            None,
            b"HELO",
        ),
        (
            [b"220 ftp\r\n", b"500 what\r\n", b"500 what\r\n", b"500 what\r\n", EOF],
            other_ports.OTHER,
            None,
            b"HELO",
        ),
        ([b"554 no\r\n", b"221 bye\r\n"], other_ports.SMTP, None, b"QUIT"),
        ([b"\x0a5.5.5-MariaDB\r\n"], other_ports.OTHER, "garbled", b""),
        ([TIMEOUT, b"-ERR unknown command\r\n"], other_ports.OTHER, "garbled", b"EHLO"),
        ([TIMEOUT, EOF], other_ports.NOTHING, "closed", b"EHLO"),
        ([TIMEOUT, TIMEOUT], other_ports.NOTHING, "timeout", b"EHLO"),
        ([EOF], other_ports.NOTHING, "closed", b""),
    ],
)
def test_what_speaks(script: list[Item], kind: str, error: str | None, said: bytes) -> None:
    played = play(other_ports.session, PARAMS, script)
    assert played.facts["kind"] == kind
    assert (played.error.kind if played.error else None) == error
    assert any(line.startswith(said) for line in played.sent) or not said


def test_inside_tls() -> None:
    played = play(
        other_ports.session,
        {**PARAMS, "implicit_tls": True},
        [{"version": "TLSv1.3", "certificate": "00"}, b"220 mx1\r\n", EHLO, EOF],
    )
    assert (played.facts["kind"], played.facts["tls"]) == (other_ports.SMTP, {"version": "TLSv1.3"})


def test_lmtp_is_asked_in_its_own_words() -> None:
    deck = [
        {
            "helo": "",
            "sender_id": "null",
            "sender": "<>",
            "recipients": [{"form": "plain", "path": "<u@example.com>"}],
        }
    ]
    params = {**PARAMS, "state": "clear", "lmtp": True, "transactions": deck}
    played = play(
        open_relay.relay,
        params,
        [
            b"220 l\r\n",
            b"250 l\r\n",
            b"250 ok\r\n",
            b"550 5.1.1 no\r\n",
            b"250 ok\r\n",
            b"221 bye\r\n",
        ],
    )
    assert played.sent[0] == b"LHLO c.example.net\r\n"
    assert played.facts["attempts"][0]["reply"]["code"] == 550


def planned(**more: t.Any) -> ScanContext:
    target = _target.target(
        {"name": "mx1.example.org", "domains": ["example.org"], **more.pop("target", {})}
    )
    return ScanContext(target, Options(**more))


def test_which_ports_are_tried() -> None:
    (job,) = other_ports.scan_jobs(planned(), [ADDRESS])
    assert (job.probe, job.service, job.params["ports"]) == (
        "port_scan",
        other_ports.SIDE,
        list(_declared.OTHER_PORTS),
    )
    assert other_ports.scan_jobs(planned(groups=("tls", "dns")), [ADDRESS]) == []
    assert other_ports.scan_jobs(planned(target={"other_ports": []}), [ADDRESS]) == []
    moved = planned(
        target={"other_ports": [26, 2525], "extra_ports": [8443, 26], "ports": {"smtp": 2525}}
    )
    assert [
        job.params["ports"] for job in other_ports.scan_jobs(moved, [ADDRESS, "2001:db8::25"])
    ] == [[26, 8443]] * 2


def seen(of: ScanContext, states: t.Mapping[int, str]) -> list[_model.Job]:
    (job,) = other_ports.scan_jobs(of, [ADDRESS])
    return registry.follow(
        of,
        job,
        _model.observation(
            job, {"ports": {str(port): state for port, state in states.items()}}, None, [], {}
        ),
    )


def test_open_ports_are_spoken_to() -> None:
    of = planned()
    jobs = seen(
        of,
        {
            24: other_ports.OPEN,
            25000: other_ports.REFUSED,
            10025: other_ports.OPEN,
            389: other_ports.SILENT,
        },
    )
    assert [(job.probe, job.port) for job in jobs] == [
        ("other_port_session", 24),
        ("other_port_session", 10025),
    ]
    assert seen(of, dict.fromkeys(range(1, 30), other_ports.OPEN)) == []
    many = {**dict.fromkeys(range(1, 30), other_ports.OPEN), 30: other_ports.REFUSED}
    assert len(seen(of, many)) == other_ports.MAX_TALKS


def test_mail_is_asked_to_relay_and_silence_to_shake_hands() -> None:
    of = planned()
    (job,) = seen(of, {10025: other_ports.OPEN})

    def after(done: _model.Job, facts: dict[str, t.Any], error: str = "") -> list[_model.Job]:
        failure: t.Any = {"kind": error, "text": error} if error else None
        return registry.follow(
            of, done, _model.observation(done, facts, failure, [], {"source": "203.0.113.66"})
        )

    for kind, states in (
        ("smtp", ["clear", "clear", "starttls", "starttls"]),
        ("lmtp", ["clear"] * 2),
    ):
        assert [
            found.params["state"]
            for found in after(job, {"kind": kind, "extensions": {"STARTTLS": ""}})
        ] == states
    lmtp = after(job, {"kind": "lmtp", "extensions": {}})
    assert {(found.port, found.params["lmtp"]) for found in lmtp} == {(10025, True)}
    recipients = [entry["recipients"] for found in lmtp for entry in found.params["transactions"]]
    assert sum(map(len, recipients)) == 15
    (again,) = after(job, {"kind": other_ports.NOTHING})
    assert again.params["implicit_tls"]
    assert [found.probe for found in after(again, {"kind": other_ports.NOTHING})] == [
        "proxy_header"
    ]
    (again,) = after(job, {"kind": other_ports.NOTHING}, "timeout")
    late, header = after(again, {"kind": other_ports.NOTHING}, "tls")
    assert (late.params["implicit_tls"], late.params["late"]) == (False, True)
    assert after(late, {"kind": other_ports.NOTHING}, "timeout") == []
    assert after(again, {"kind": other_ports.NOTHING, "tls": {}}, "timeout") == []
    tried = [header]
    while following := after(tried[-1], {"sent": "PROXY"}, "timeout"):
        tried += following
    assert [(one.params["version"], one.params["implicit_tls"]) for one in tried] == [
        (1, False),
        (2, False),
        (1, True),
        (2, True),
    ]
    assert after(header, {"sent": "PROXY", "greeting": {"code": 220}}) == []
    assert [
        found.params["state"] for found in after(again, {"kind": "smtp", "extensions": {}})
    ] == ["implicit"] * 2
    assert after(job, {"kind": other_ports.OTHER}) == []
    of = planned(groups=("conformance",))
    assert after(job, {"kind": "smtp", "extensions": {}}) == []
