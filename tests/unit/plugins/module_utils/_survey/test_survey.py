# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A survey from plain options to observations, on closed ports; and the jobs that follow."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    plan_tls,
    registry,
    relay_addresses,
    relay_matrix,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan import connection, scanner
from ansible_collections.airtight.mail.plugins.module_utils._survey import port_scan, survey

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures/checks"
TARGET = _target.target({"name": "mx1.example.org", "domains": ["example.org"]})
ADDRESS = "192.0.2.25"


def options(**more: t.Any) -> dict[str, t.Any]:
    return {**{name: spec.get("default") for name, spec in survey.ARGUMENT_SPEC.items()}, **more}


@pytest.fixture
def closed_ports() -> t.Iterator[dict[str, int]]:
    """A port for every service where nobody listens."""
    held = [socket.socket() for _service in _model.SERVICES]
    for one in held:
        one.bind(("127.0.0.1", 0))
    yield {service: one.getsockname()[1] for service, one in zip(_model.SERVICES, held)}
    for one in held:
        one.close()


def test_a_host_where_nothing_listens(closed_ports: dict[str, int]) -> None:
    told: list[t.Any] = []
    target = {
        "name": "localhost",
        "addresses": ["127.0.0.1"],
        "ports": closed_ports,
        "other_ports": [],
    }
    seen = survey.survey(options(targets=[target]), told.append)
    assert seen["addresses"] == {"localhost": ["127.0.0.1"]}
    assert sorted(entry["service"] for entry in seen["observations"]) == sorted(_model.SERVICES)
    assert {entry["error"]["kind"] for entry in seen["observations"]} == {"connect_refused"}
    assert all(entry["vantage"]["loopback"] for entry in seen["observations"])
    assert told == seen["observations"]
    json.dumps(seen)


def test_stop_waits_for_no_server_and_no_thread(closed_ports: dict[str, int]) -> None:
    over, begun = threading.Event(), threading.Event()

    def ended(_key: str, _seen: t.Any, _addresses: list[str]) -> None:
        begun.set()
        over.wait(30)

    def started(stop: t.Callable[[], None]) -> None:
        def when_both_are_waited_for() -> None:
            assert begun.wait(30)
            time.sleep(0.5)
            stop()
            stop()

        threading.Thread(target=when_both_are_waited_for, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:
        here = {"name": "localhost", "addresses": ["127.0.0.1"], "other_ports": []}
        port = silent.getsockname()[1]
        targets = [
            {**here, "key": "closed", "ports": closed_ports},
            {**here, "key": "silent", "ports": dict.fromkeys(_model.SERVICES, port)},
        ]
        since = time.monotonic()
        with pytest.raises(survey.StoppedError):
            survey.survey(options(targets=targets), None, None, ended, started)
        assert time.monotonic() - since < 10
    over.set()


def test_stop_after_the_end_does_nothing(closed_ports: dict[str, int]) -> None:
    stops: list[t.Callable[[], None]] = []
    here = {"name": "localhost", "addresses": ["127.0.0.1"], "other_ports": []}
    found = survey.survey(options(targets=[{**here, "ports": closed_ports}]), started=stops.append)
    stops[0]()
    assert found["observations"]


def test_two_hosts_with_one_name_are_two_targets(closed_ports: dict[str, int]) -> None:
    here = {"name": "localhost", "ports": closed_ports, "other_ports": []}
    pool = [{**here, "addresses": [address]} for address in ("127.0.0.1", "127.0.0.2")]
    seen = survey.survey(options(targets=pool))
    first, second = "localhost (127.0.0.1)", "localhost (127.0.0.2)"
    assert seen["addresses"] == {first: ["127.0.0.1"], second: ["127.0.0.2"]}
    assert {(entry["target"], entry["address"]) for entry in seen["observations"]} == {
        (first, "127.0.0.1"),
        (second, "127.0.0.2"),
    }


def test_a_target_has_options_of_its_own() -> None:
    own = {"name": "mx1", "stranger_domain": "a.example", "opt_in": ["login"], "observe": ["tls"]}
    found = survey.surveyed(options(targets=[own, {"name": "mx2"}], stranger_domain="b.example"))
    first, second = (entry.context.options for entry in found.values())
    assert (first.stranger, first.login, first.groups) == ("a.example", True, ("tls",))
    assert (second.stranger, second.login) == ("b.example", False)
    assert first.token == second.token


def test_ports_beside_the_services(closed_ports: dict[str, int]) -> None:
    with socket.socket() as open_, socket.socket() as closed:
        for one in (open_, closed):
            one.bind(("127.0.0.1", 0))
        open_.listen(1)
        numbers = [one.getsockname()[1] for one in (open_, closed)]
        target = {
            "name": "localhost",
            "ports": closed_ports,
            "other_ports": numbers[1:],
            "extra_ports": numbers[:1],
        }
        wanted = options(targets=[target], observe=["conformance"])
        swept = asyncio.run(_sweep(wanted, target))
    assert swept[0]["facts"] == {"ports": {str(numbers[1]): "refused", str(numbers[0]): "open"}}
    assert swept[0]["source"] == "127.0.0.1"
    assert swept[0]["transcript"] == [
        ["*", f"open: {numbers[0]}"],
        ["*", f"refuse connections: {numbers[1]}"],
    ]
    assert [(entry["probe"], entry["port"]) for entry in swept[1:]] == [
        ("other_port_session", numbers[0])
    ] * 2
    json.dumps(swept)


async def _sweep(wanted: dict[str, t.Any], data: dict[str, t.Any]) -> list[t.Any]:
    """What a survey with little patience finds."""
    plan = ScanContext(_target.target(data), Options(groups=tuple(wanted["observe"])))
    limits = connection.Limits(connect=1.0, reply=0.3, probe=0.5)
    run = scanner.Survey(
        registry.PROBES, lambda job, found: registry.follow(plan, job, found), limits
    )
    return await port_scan.follow_up(run, plan, ["127.0.0.1"])


def test_a_name_without_an_address() -> None:
    assert survey.survey(options(targets=[{"name": "nobody.invalid"}])) == {
        "observations": [],
        "addresses": {"nobody.invalid": []},
    }


def test_a_target_that_cannot_be_stops_it_all() -> None:
    with pytest.raises(_model.ModelError, match="is neither a host name"):
        survey.survey(options(targets=[{"name": "localhost"}, {"name": "no host"}]))


def test_trust_anchors_that_are_none_stop_it_all() -> None:
    with pytest.raises(
        _model.ModelError, match=r"^trust_anchors: this is not a list of certificates in PEM"
    ):
        survey.survey(options(targets=[{"name": "localhost"}], trust_anchors="/etc/ssl/anchor.pem"))


def test_helo_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for own, said in (
        ("c.example.net", "c.example.net"),
        ("localhost.localdomain", "airtight.invalid"),
        ("c", "airtight.invalid"),
        ("192.0.2.1", "airtight.invalid"),
    ):
        monkeypatch.setattr(survey.socket, "getfqdn", lambda own=own: own)
        assert survey.helo_name() == said


# --- what comes next


def planned(*groups: str, **more: t.Any) -> ScanContext:
    return ScanContext(TARGET, Options(groups=groups, **more))


def session(of: ScanContext, service: str) -> _model.Job:
    return next(job for job in registry.first_jobs(of, [ADDRESS]) if job.service == service)


def seen(
    job: _model.Job, facts: dict[str, t.Any], error: dict[str, str] | None = None
) -> dict[str, t.Any]:
    return _model.observation(job, facts, error, [], {})


EHLO = {
    "ehlo": {"code": 250, "enhanced": "", "text": ""},
    "mail_in_clear": {"code": 250, "enhanced": "", "text": ""},
}
UPGRADED = {**EHLO, "extensions": {"STARTTLS": ""}, "tls": {}, "extensions_tls": {"AUTH": "PLAIN"}}


def scopes(jobs: list[_model.Job]) -> dict[str, int]:
    """How many recipients are asked in each state."""
    counts: dict[str, int] = {}
    for job in jobs:
        if job.probe == "relay" and not job.params.get("login"):
            asked = sum(len(entry["recipients"]) for entry in job.params["transactions"])
            counts[job.params["state"]] = counts.get(job.params["state"], 0) + asked
    return counts


def test_first_every_service_at_every_address() -> None:
    addresses = [ADDRESS, "2001:db8::25"]
    jobs = registry.first_jobs(planned("relay", "tls"), addresses)
    assert [(job.address, job.service) for job in jobs] == [
        (address, name) for address in addresses for name in _model.SERVICES
    ]
    assert {job.probe for job in jobs} == {"smtp_session", "mailstore_session"}
    assert jobs[0].params["recipient"] == "<postmaster@example.org>"
    assert {job.params["server_name"] for job in jobs} == {"mx1.example.org"}
    bare = registry.first_jobs(
        ScanContext(_target.target({"name": ADDRESS}), Options()), [ADDRESS]
    )[0]
    assert (bare.params["server_name"], bare.params["recipient"]) == ("", "<postmaster>")


def test_relaying_concerns_smtp_only() -> None:
    assert {job.probe for job in registry.first_jobs(planned("relay", "smuggling"), [ADDRESS])} == {
        "smtp_session"
    }


def test_nothing_follows_what_was_not_reached() -> None:
    of = planned("relay", "tls", "mailstore", "conformance")
    for kind in ("connect_refused", "timeout", "unreachable", "busy"):
        assert (
            registry.follow(
                of, session(of, "smtp"), seen(session(of, "smtp"), {}, {"kind": kind, "text": ""})
            )
            == []
        )


def test_the_relay_matrix_in_every_state() -> None:
    of = planned("relay")
    known = relay_addresses.names(TARGET, ADDRESS, "example.com", "", "00000000")
    full, some, inside, brief, resumed = (
        len(relay_matrix.attempts_of(known, scope))
        for scope in ("full", "submission", "inside", "brief", "resumed")
    )
    assert full > some > inside > brief > resumed
    whole, full = (
        full,
        full + 2 * len(relay_matrix.attempts_of(known, "stranger")),
    )  # in two other wordings
    for service, facts, wanted in (
        ("smtp", {**EHLO, "extensions": {}}, {"clear": full}),
        ("smtp", UPGRADED, {"clear": full, "starttls": inside, "resumed": resumed}),
        (
            "smtp",
            {**UPGRADED, "mail_in_clear": {"code": 530}},
            {"clear": full, "starttls": whole + 1, "resumed": resumed},
        ),  # AUTH=<>
        ("submission", UPGRADED, {"clear": brief, "starttls": some, "resumed": resumed}),
        ("submissions", {**EHLO, "extensions": {}}, {"implicit": some, "resumed": resumed}),
    ):
        job = session(of, service)
        assert scopes(registry.follow(of, job, seen(job, facts))) == wanted, service
    assert (
        scopes(
            registry.follow(
                planned("tls"), session(of, "smtp"), seen(session(of, "smtp"), UPGRADED)
            )
        )
        == {}
    )


@pytest.mark.parametrize(("code", "connections"), [(250, 2), (450, 2), (530, 1)])
def test_what_is_refused_at_mail_needs_one_connection(code: int, connections: int) -> None:
    """The transactions of a service that wants STARTTLS before MAIL."""
    of = planned("relay")
    job = session(of, "submission")
    facts = {**UPGRADED, "mail_in_clear": {"code": code}}
    jobs = registry.follow(of, job, seen(job, facts))
    clear = [entry for entry in jobs if entry.params.get("state") == "clear"]
    relay = [entry.params["transactions"] for entry in clear if entry.probe == "relay"]
    assert len(relay) == connections
    assert sum(len(one["recipients"]) for batch in relay for one in batch) == 18
    assert not any("refusals" in entry.params for entry in jobs)


def test_claims_are_made_once_and_refusals_tried_in_each_state_that_takes_mail() -> None:
    of = planned("relay")
    for service, facts, states in (
        ("smtp", {**EHLO, "extensions": {}}, ["clear"]),
        ("smtp", {**UPGRADED, "extensions_tls": {"SIZE": ""}}, ["clear", "starttls"]),
        ("smtp", UPGRADED, ["starttls", "clear"]),
        ("smtp", {**UPGRADED, "mail_in_clear": {"code": 530}}, ["starttls"]),
        ("submission", UPGRADED, ["starttls", "clear"]),
        ("submission", {**UPGRADED, "mail_in_clear": {"code": 530}}, ["starttls"]),
        ("submission", {**EHLO, "extensions": {}}, ["clear"]),
        ("submissions", {**EHLO, "extensions": {}}, ["implicit"]),
    ):
        job = session(of, service)
        jobs = [
            found
            for found in registry.follow(of, job, seen(job, facts))
            if found.probe in ("client_identity", "proxy_header")
        ]
        wanted = ["client_identity"] * len(states) + ["proxy_header"]
        assert [found.probe for found in jobs] == (wanted[:-1] if "implicit" in states else wanted)
        claims = jobs[: len(states)]
        assert [found.params["state"] for found in claims] == states
        assert {bool(found.params["local"]) for found in claims} == {service == "smtp"}
        assert ["xclient" in found.params["parts"] for found in claims][:2] == [True, False][
            : len(states)
        ]
        assert {found.params.get("version", 1) for found in jobs} == {1}


def test_a_certificate_is_shown_where_one_is_asked_for() -> None:
    of = planned("relay")
    for asked in (True, False):
        job = session(of, "submission")
        jobs = registry.follow(
            of, job, seen(job, {**UPGRADED, "tls": {"certificate_requested": asked}})
        )
        assert ("certificate" in scopes(jobs)) is asked


def test_a_header_for_a_server_that_does_not_greet() -> None:
    of = planned("relay")
    for kind in ("closed", "timeout", "tls", "busy", "garbled"):
        job = session(of, "smtp")
        silent = {**seen(job, {}, {"kind": kind, "text": ""}), "source": "203.0.113.66"}
        jobs = registry.follow(of, job, silent)
        assert [found.probe for found in jobs] == ["proxy_header"] * (kind != "garbled")
        assert registry.follow(planned("tls"), job, silent) == [] or kind == "tls"
        for found in jobs:
            mute = {**silent, "facts": {"sent": "x"}}
            (second,) = registry.follow(of, found, mute)
            assert second.params["version"] == 2
            assert registry.follow(of, second, mute) == []
            busy = {**mute, "facts": {"sent": "x", "greeting": {"code": 421}}}
            (again,) = registry.follow(of, found, busy)
            assert again.params == {**found.params, "retry": True}
            assert registry.follow(of, again, busy) == []
            assert (
                registry.follow(
                    of, found, {**mute, "facts": {"sent": "x", "greeting": {"code": 220}}}
                )
                == []
            )


def test_a_claim_that_was_cut_off_is_made_again_once() -> None:
    of = planned("relay")
    job = session(of, "smtp")
    job = next(
        found
        for found in registry.follow(of, job, seen(job, UPGRADED))
        if found.probe == "client_identity"
    )
    closed = {"kind": "closed", "text": "gone"}
    again = registry.follow(of, job, seen(job, {"extensions": {}, "xforward": {}}, closed))
    assert [found.params["parts"] for found in again] == [
        ["refused"],
        ["mixed"],
        ["xclient"],
        ["pipelined"],
    ]
    assert registry.follow(of, again[0], seen(again[0], {"extensions": {}}, closed)) == []
    assert registry.follow(of, job, seen(job, {}, closed)) == []


def test_a_backup_domain_is_asked_for_where_there_is_one() -> None:
    for backup, wanted in (
        ("", set()),
        ("backup.example.net", {"<airtight-00000000@backup.example.net>"}),
    ):
        of = planned("relay", backup=backup)
        job = session(of, "smtp")
        asked = [
            item
            for found in registry.follow(of, job, seen(job, UPGRADED))
            if found.probe == "relay"
            for entry in found.params["transactions"]
            for item in entry["recipients"]
        ]
        assert {item["path"] for item in asked if item["form"] == "backup_domain"} == wanted


def test_a_login_only_when_asked_for_inside_tls_and_once() -> None:
    for login, service, facts, count in (
        (False, "submission", UPGRADED, 0),
        (True, "submission", UPGRADED, 1),
        (True, "submission", {**EHLO, "extensions": {"AUTH": "PLAIN"}}, 0),
        (True, "submissions", {**EHLO, "extensions": {"AUTH": "PLAIN"}}, 1),
        (True, "smtp", {**UPGRADED, "extensions_tls": {"SIZE": ""}}, 0),
    ):
        of = planned("relay", login=login)
        job = session(of, service)
        jobs = [
            item for item in registry.follow(of, job, seen(job, facts)) if item.params.get("login")
        ]
        assert len(jobs) == count
        assert all(item.params["state"] in ("starttls", "implicit") for item in jobs)


def test_hellos_where_tls_is_offered() -> None:
    of = planned("tls")
    offers: dict[str, t.Any] = {
        "smtp": UPGRADED,
        "imap": {"starttls_offered": True},
        "pop3": {"starttls_offered": False},
        "imaps": {"greeting": "OK"},
    }
    probes = {
        service: [
            job.probe
            for job in registry.follow(of, session(of, service), seen(session(of, service), facts))
        ]
        for service, facts in offers.items()
    }
    shake = ["tls_trust", "client_hello"]
    over = ["starttls", "starttls_garbage"]
    assert probes == {
        "smtp": [*shake, "client_hello", *over],
        "imap": [*shake, *over],
        "pop3": ["tls_trust"] * plan_tls.ASKED_AGAIN,
        "imaps": [*shake, "plain_on_tls"],
    }
    job = session(of, "imaps")
    assert (
        len(registry.follow(of, job, seen(job, {}, {"kind": "tls", "text": "no"})))
        == len(shake) + 1
    )


@pytest.mark.parametrize(
    ("service", "facts"),
    [
        ("smtp", {"extensions": {"PIPELINING": ""}}),
        ("imap", {"greeting": "OK", "starttls_offered": False}),
        ("pop3", {"greeting": "OK", "starttls_offered": False}),
    ],
)
def test_starttls_is_tried_again_where_it_is_not_offered(
    service: str, facts: dict[str, t.Any]
) -> None:
    of = planned("tls")
    job = session(of, service)
    found = registry.follow(of, job, seen(job, facts))
    assert [after.probe for after in found] == ["tls_trust"] * plan_tls.ASKED_AGAIN


def test_hellos_follow_where_a_port_for_tls_ends_the_handshake() -> None:
    of = planned("tls", "relay")
    for service, count in (("imaps", 3), ("submissions", 3), ("smtp", 0), ("imap", 0)):
        job = session(of, service)
        found = registry.follow(of, job, seen(job, {}, {"kind": "closed", "text": "closed"}))
        shakes = [after for after in found if after.probe in ("tls_trust", "client_hello")]
        plain = [after for after in found if after.probe == "plain_on_tls"]
        assert len(shakes) + len(plain) == count, service


def test_the_certificate_is_looked_at_where_it_is_not_trusted() -> None:
    of = planned("tls")
    job = session(of, "imaps")._replace(probe="tls_trust")
    assert registry.follow(of, job, seen(job, {"trusted": True})) == []
    assert [
        item.probe
        for item in registry.follow(of, job, seen(job, {"trusted": False, "verify_error": "old"}))
    ] == ["tls_certificate"]


def hello(of: ScanContext, **more: t.Any) -> _model.Job:
    return of.job("client_hello", "imaps", ADDRESS, **{**plan_tls.FIRST, **more})


def test_after_the_first_hello_come_the_series_and_the_other_certificate() -> None:
    of = planned("tls")
    job = hello(of)
    (without,) = registry.follow(
        of, job, seen(job, {"answer": "alert", "alert": "no_application_protocol"})
    )
    assert (without.params["purpose"], "alpn" in without.params) == (plan_tls.CONTROL, False)
    refusal = {"answer": "alert", "alert": "protocol_version"}
    (without_dhe,) = registry.follow(of, without, seen(without, refusal))
    assert "dhe" in without_dhe.params["avoid"]
    refused, old, *modern = registry.follow(of, without_dhe, seen(without_dhe, refusal))
    assert refused.params["series"] == "versions"
    assert refused.params["shape"] == refused.params["max_version"] == "TLSv1.3"
    assert (old.params["max_version"], old.params["server_name"]) == ("TLSv1.1", "")
    assert [(job.probe, job.params.get("without")) for job in modern] == [
        ("client_hello", ["rsa"]),
        ("client_hello", ["ecdsa"]),
        ("tls_alpn", None),
    ]
    assert modern[-1].params["alpn"] == ["http/1.1", "imap"]
    assert registry.follow(of, without, seen(without, {}, {"kind": "timeout", "text": "no"})) == []
    taken = {
        "answer": "hello",
        "version": "TLSv1.2",
        "suite": 0xC009,
        "suite_classes": ["ecdhe", "cbc_sha1"],
        "family": "ecdsa",
    }
    refused, again, other = registry.follow(of, job, seen(job, taken))
    assert again == old
    assert refused.params["series"] == "versions"
    assert (refused.params["max_version"], refused.params["known"]) == ("SSLv2", [0xC009])
    assert (other.params["purpose"], other.params["without"]) == (plan_tls.OTHER, ["ecdsa"])
    third, *trust = registry.follow(of, other, seen(other, {**taken, "family": "rsa"}))
    assert third.params["without"] == ["ecdsa", "rsa"]
    assert [(verified.probe, verified.params["keys"]) for verified in trust] == [
        ("tls_other_trust", "ecdsa"),
        ("tls_other_trust", "rsa"),
    ]
    assert registry.follow(of, other, seen(other, taken)) == []
    (control,) = registry.follow(
        of, other, seen(other, {"answer": "alert", "alert": "handshake_failure"})
    )
    assert (control.params["purpose"], "without" in control.params) == (
        plan_tls.OTHER_CONTROL,
        False,
    )
    assert registry.follow(of, control, seen(control, taken)) == []


def test_an_upgrade_that_an_injected_command_ended_is_tried_without_it() -> None:
    of = planned("tls")
    job = next(
        after
        for after in registry.follow(of, session(of, "smtp"), seen(session(of, "smtp"), UPGRADED))
        if after.probe == "starttls"
    )
    (again,) = registry.follow(of, job, seen(job, {"starttls": {"code": 220}, "tls_error": "no"}))
    assert again.params["inject"] is False
    (bare,) = registry.follow(
        of, again, seen(again, {"mail": {"code": 250}, "starttls": {"code": 503}})
    )
    assert (bare.params["inject"], bare.params["begin"]) == (False, False)
    assert (
        registry.follow(of, bare, seen(bare, {"starttls": {"code": 220}, "tls_error": "no"})) == []
    )
    assert registry.follow(of, job, seen(job, {"starttls": {"code": 220}, "tls": {}})) == []
    assert registry.follow(of, job, seen(job, {}, {"kind": "closed", "text": ""})) == []


def test_silence_of_a_slow_server_is_heard_for_longer_once() -> None:
    of = planned("tls")
    job = next(
        after
        for after in registry.follow(of, session(of, "smtp"), seen(session(of, "smtp"), UPGRADED))
        if after.probe == "starttls"
    )
    go = {"starttls": {"code": 220}}
    (control,) = registry.follow(of, job, seen(job, {**go, "tls_error": "no", "ended": True}))
    assert registry.follow(of, control, {**seen(control, {**go, "tls": {}}), "seconds": 0.7}) == []
    (longer,) = registry.follow(of, control, {**seen(control, {**go, "tls": {}}), "seconds": 3.0})
    assert (longer.params["inject"], longer.params["patience"]) == (True, 12.0)
    (last,) = registry.follow(of, longer, seen(longer, {**go, "tls_error": "no", "ended": True}))
    assert registry.follow(of, last, {**seen(last, {**go, "tls": {}}), "seconds": 9.0}) == []
    # It said something once it was told that no more would come.
    (control,) = registry.follow(of, job, seen(job, {**go, "tls_error": "no", "ended": False}))
    (longer,) = registry.follow(of, control, {**seen(control, {**go, "tls": {}}), "seconds": 0.1})
    assert (longer.params["inject"], longer.params["patience"]) == (True, 3.0)


def test_a_cut_off_batch_is_asked_again_once() -> None:
    of = planned("relay")
    job = next(
        item
        for item in registry.follow(of, session(of, "smtp"), seen(session(of, "smtp"), UPGRADED))
        if item.probe == "relay"
    )
    broken = seen(job, {"attempts": []}, {"kind": "closed", "text": "gone"})
    again = registry.follow(of, job, broken)
    assert sum(scopes(again).values()) == sum(scopes([job]).values())
    assert all(
        item.params["retry"] and item.params["state"] == job.params["state"] for item in again
    )
    assert registry.follow(of, again[0], broken) == []
    assert registry.follow(of, job, seen(job, {"attempts": []})) == []
    lost = {"helo": "", "sender": "stranger", "form": "plain", "reply": {"code": 421}}
    alone = registry.follow(of, again[0], {**broken, "facts": {"attempts": [lost]}})
    assert {
        len(entry["recipients"]) for item in alone for entry in item.params["transactions"]
    } == {1}
    assert registry.follow(of, alone[0], {**broken, "facts": {"attempts": [lost]}}) == []


def test_text_only_when_asked_for_on_port_25_and_inside_tls_where_that_is_demanded() -> None:
    for smuggle, service, code, wanted in (
        (False, "smtp", 250, None),
        (True, "submission", 250, None),
        (True, "smtp", 250, False),
        (True, "smtp", 530, True),
    ):
        of = planned("smuggling", smuggle=smuggle)
        job = session(of, service)
        jobs = registry.follow(of, job, seen(job, {**UPGRADED, "mail_in_clear": {"code": code}}))
        assert {found.params["tls"] for found in jobs} == (set() if wanted is None else {wanted})
        assert len(jobs) in (0, 6)


def test_a_variant_that_was_answered_is_asked_again_alone_and_once() -> None:
    of = planned("smuggling", smuggle=True)
    first = session(of, "smtp")
    job = registry.follow(of, first, seen(first, UPGRADED))[0]
    answered = seen(
        job,
        {
            "variants": {job.params["variants"][0]: None, job.params["variants"][1]: {"code": 250}},
            "next": {"code": 250},
        },
    )
    again = registry.follow(of, job, answered)
    assert [found.params["variants"] for found in again] == [
        [variant] for variant in job.params["variants"]
    ]
    assert registry.follow(of, again[0], seen(again[0], answered["facts"])) == []


def test_manners_on_port_25_only_and_inside_tls_where_that_is_demanded() -> None:
    of = planned("conformance")
    assert (
        registry.follow(of, session(of, "submission"), seen(session(of, "submission"), UPGRADED))
        == []
    )
    jobs = registry.follow(
        of,
        session(of, "smtp"),
        seen(session(of, "smtp"), {**UPGRADED, "mail_in_clear": {"code": 530}}),
    )
    assert [job.probe for job in jobs] == ["smtp_conformance", "smtp_commands", "smtp_http"]
    assert jobs[0].params["tls"]
    assert list(jobs[0].params["recipients"]) == [
        "bare",
        "postmaster",
        "abuse",
        "stranger",
        "unknown",
        "second_stranger",
        "second_unknown",
    ]
    bare = ScanContext(_target.target({"name": ADDRESS}), Options(groups=("conformance",)))
    jobs = registry.follow(bare, session(bare, "smtp"), seen(session(bare, "smtp"), UPGRADED))
    assert jobs[0].params["recipients"] == {"postmaster": "<postmaster>"}


def test_the_login_of_the_group_auth_is_not_tried_twice() -> None:
    for groups, count in ((("auth",), 1), (("relay", "auth"), 1), (("tls",), 0)):
        of = planned(*groups, login=True)
        jobs = registry.follow(
            of, session(of, "submission"), seen(session(of, "submission"), UPGRADED)
        )
        assert [job.params["login_as"] for job in jobs if job.params.get("login")] == [
            "postmaster@example.org"
        ] * count
    of = planned("auth")
    assert (
        registry.follow(of, session(of, "submission"), seen(session(of, "submission"), UPGRADED))
        == []
    )
    assert (
        registry.follow(
            planned("auth", login=True),
            session(of, "imap"),
            seen(session(of, "imap"), {"starttls_offered": True}),
        )
        == []
    )


@pytest.mark.parametrize(
    ("stranger", "sender"),
    [("example.com", "<airtight-00000000@example.com>"), ("stranger.invalid", "<>")],
)
def test_session_has_the_null_sender_where_no_domain_of_a_stranger_exists(
    stranger: str, sender: str
) -> None:
    of = ScanContext(TARGET, Options(stranger=stranger))
    assert of.job("smtp_session", "smtp", ADDRESS).params["sender"] == sender
