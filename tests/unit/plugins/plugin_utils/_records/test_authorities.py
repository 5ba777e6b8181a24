# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Published records are asked of each name server itself, here of two on loopback."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dns_response, resolver
from ansible_collections.airtight.mail.plugins.plugin_utils._records import authorities
from ansible_collections.airtight.mail.plugins.plugin_utils._records.record import Record
from ansible_collections.airtight.mail.tests.unit.helpers import dns_server, mail_records

RECORDS = [
    record
    for record in mail_records.records_of(mail_records.all_options())
    if record.name.endswith("example.org")
]
SERVED = mail_records.as_served(RECORDS)
NOTHING: dict[str, list[Any]] = {
    result: [] for result in ("missing", "different", "surplus", "unknown", "summary", "helo")
}
FIRST, SECOND = "127.0.0.1", "127.0.0.2"
#: What a resolver says of the name servers.
DELEGATION = {
    ("example.org", "NS"): ["ns1.example.net.", "NS2.example.net."],
    ("ns1.example.net", "A"): [FIRST],
    ("ns2.example.net", "A"): [SECOND],
}
MX = ("example.org", "MX")


@pytest.fixture
def port() -> int:
    """A port that is free at both addresses."""
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
        one.bind((FIRST, 0))
        number = one.getsockname()[1]
        two.bind((SECOND, number))
    return number


def brief(found: dict[str, list[dict[str, Any]]], result: str) -> list[Any]:
    return [
        (one["name"], one["type"], one["wanted"], one["published"], one["servers"])
        for one in found[result]
    ]


def test_records_that_all_name_servers_have_are_no_difference(port: int) -> None:
    with (
        dns_server.serving(SERVED, FIRST, port),
        dns_server.serving(SERVED, SECOND, port),
        dns_server.serving(DELEGATION) as asked,
    ):
        assert authorities.differences(RECORDS, asked, port=port) == NOTHING


def test_name_server_that_differs_is_named(port: int) -> None:
    old = {**SERVED, MX: ["10 old.example.org."]}
    del old["_dmarc.example.org", "TXT"]
    with (
        dns_server.serving(SERVED, FIRST, port),
        dns_server.serving(old, SECOND, port),
        dns_server.serving(DELEGATION) as asked,
    ):
        found = authorities.differences(RECORDS, asked, port=port)
    second = ["ns2.example.net (127.0.0.2)"]
    ((name, kind, _wanted, published, servers),) = brief(found, "missing")
    assert (name, kind, published, servers) == ("_dmarc.example.org", "TXT", [], second)
    assert brief(found, "different") == [
        (*MX, ["10 mx1.example.org."], ["10 old.example.org."], second)
    ]
    assert [one["agreeing"] for one in found["missing"] + found["different"]] == [
        ["ns1.example.net (127.0.0.1)"]
    ] * 2
    assert found["surplus"] == found["unknown"] == []


def test_name_server_that_does_not_answer_lacks_nothing(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "TIMEOUTS", (0.2,))
    with dns_server.serving(SERVED, FIRST, port), dns_server.serving(DELEGATION) as asked:
        found = authorities.differences(RECORDS, asked, port=port)
    assert found["missing"] == found["different"] == found["surplus"] == []
    assert {tuple(one["servers"]) for one in found["unknown"]} == {("ns2.example.net (127.0.0.2)",)}
    assert {one["name"] for one in found["unknown"]} == {record.name for record in RECORDS}
    assert all(one["reason"] for one in found["unknown"])


def test_address_without_a_route_counts_where_its_name_server_answers_nowhere(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable, ask_server = "192.0.2.53", resolver._ask_server

    async def without_route(question: Any, server: Any, *arguments: Any) -> Any:
        if server.address != unreachable:
            return await ask_server(question, server, *arguments)
        text = f"the resolver {unreachable} is unreachable: no route"
        return {}, dns_response.Failure("unreachable", text)

    monkeypatch.setattr(resolver, "_ask_server", without_route)
    both = {**DELEGATION, ("ns2.example.net", "A"): [SECOND, unreachable]}
    alone = {**DELEGATION, ("ns2.example.net", "A"): [unreachable]}
    with dns_server.serving(SERVED, FIRST, port), dns_server.serving(SERVED, SECOND, port):
        with dns_server.serving(both) as asked:
            assert authorities.differences(RECORDS, asked, port=port) == NOTHING
        with dns_server.serving(alone) as asked:
            found = authorities.differences(RECORDS, asked, port=port)
    assert len(found["unknown"]) > 0
    assert {tuple(one["servers"]) for one in found["unknown"]} == {
        (f"ns2.example.net ({unreachable})",)
    }
    (line,) = found["summary"]
    assert line.endswith("the name server 192.0.2.53 is unreachable: no route")


def test_servers_that_take_too_long_are_unknown(port: int) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind((FIRST, 0))
        resolver_that_hangs = "{}:{}".format(*silent.getsockname())
        started = time.monotonic()
        found = authorities.differences(RECORDS, resolver_that_hangs, port=port, timeout=0.5)
    assert time.monotonic() - started < 3
    (line,) = found["summary"]
    assert line.startswith("unknown: ")
    assert line.endswith(f" and {len(found['unknown']) - 1} more: no answer within 0.5 s")
    assert found["missing"] == found["different"] == found["surplus"] == []


def test_zone_of_an_alias_is_not_that_of_its_target(port: int) -> None:
    alias = {("www.example.org", "CNAME"): ["web.other.example."]}
    wanted = [RECORDS[0]._replace(name="www.example.org", type="CNAME", value="web.other.example.")]
    elsewhere = {("web.other.example", "NS"): ["ns.other.example."]}
    with (
        dns_server.serving(alias, FIRST, port),
        dns_server.serving(alias, SECOND, port),
        dns_server.serving({**DELEGATION, **alias, **elsewhere}) as asked,
    ):
        assert authorities.differences(wanted, asked, port=port) == NOTHING


REVERSE, CLASSLESS = "25.2.0.192.in-addr.arpa", "25.0-63.2.0.192.in-addr.arpa"
PARENT = {(REVERSE, "CNAME"): [f"{CLASSLESS}."]}
CLASSLESS_DELEGATION = {
    **DELEGATION,
    **PARENT,
    ("2.0.192.in-addr.arpa", "NS"): ["ns1.example.net."],
    ("0-63.2.0.192.in-addr.arpa", "NS"): ["ns2.example.net."],
}
PTR = Record(REVERSE, "PTR", 0, "mx1.example.org.", "reverse")
CHILD_SERVER = ["ns2.example.net (127.0.0.2)"]


@pytest.mark.parametrize(
    ("child", "result"),
    [
        (["MX1.example.org."], None),
        ([], ("missing", ["mx1.example.org."], [])),
        (["old.example.org."], ("different", ["mx1.example.org."], ["old.example.org."])),
        (["mx1.example.org.", "old.example.org."], ("surplus", [], ["old.example.org."])),
    ],
)
def test_ptr_record_behind_an_alias_is_that_of_the_servers_of_its_target(
    port: int, child: list[str], result: tuple[str, list[str], list[str]] | None
) -> None:
    with (
        dns_server.serving(PARENT, FIRST, port),
        dns_server.serving({(CLASSLESS, "PTR"): child}, SECOND, port),
        dns_server.serving(CLASSLESS_DELEGATION) as asked,
    ):
        found = authorities.differences([PTR], asked, port=port)
    if result is None:
        assert {**found, "helo": []} == NOTHING
        return
    kind, wanted, published = result
    assert brief(found, kind) == [(REVERSE, "PTR", wanted, published, CHILD_SERVER)]
    assert len(found["summary"]) == 1


def test_ptr_record_behind_an_alias_without_an_answer_is_unknown(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "TIMEOUTS", (0.2,))
    with (
        dns_server.serving(PARENT, FIRST, port),
        dns_server.serving(CLASSLESS_DELEGATION) as asked,
    ):
        found = authorities.differences([PTR], asked, port=port)
    assert [one["servers"] for one in found["unknown"]] == [CHILD_SERVER]
    assert len(found["summary"]) == 1


BEHIND = "here.provider.example"


@pytest.mark.parametrize(
    ("name", "kind", "value", "purpose", "old"),
    [
        ("s1._domainkey.example.org", "TXT", "v=DKIM1; p=AAAA", "dkim", "v=DKIM1; p=BBBB"),
        ("s1._domainkey.example.org", "TXT", "v=DKIM1; p=AAAA", "dkim", "k=rsa; p=BBBB"),
        ("_dmarc.example.org", "TXT", "v=DMARC1; p=reject", "dmarc", "v=DMARC1; p=none"),
        ("_mta-sts.example.org", "TXT", "v=STSv1; id=1", "mta_sts", "v=STSv1; id=2"),
        ("autoconfig.example.org", "A", "192.0.2.25", "autoconfig", "192.0.2.26"),
        ("mta-sts.example.org", "A", "192.0.2.25", "mta_sts_host", "192.0.2.26"),
    ],
)
@pytest.mark.parametrize("change", ["none", "other", "gone"])
def test_record_behind_an_alias_that_readers_follow_is_that_of_its_target(
    port: int, name: str, kind: str, value: str, purpose: str, old: str, change: str
) -> None:
    quote = {"TXT": '"{}"'}.get(kind, "{}")
    alias = {(name, "CNAME"): [f"{BEHIND}."]}
    delegation = {
        ("example.org", "NS"): ["ns1.example.net."],
        ("provider.example", "NS"): ["ns2.example.net."],
        ("ns1.example.net", "A"): [FIRST],
        ("ns2.example.net", "A"): [SECOND],
    }
    texts = {"none": [value], "other": [old], "gone": []}[change]
    with (
        dns_server.serving(alias, FIRST, port),
        dns_server.serving({(BEHIND, kind): [quote.format(x) for x in texts]}, SECOND, port),
        dns_server.serving({**delegation, **alias}) as asked,
    ):
        found = authorities.differences([Record(name, kind, 0, value, purpose)], asked, port=port)
    if change == "none":
        assert found == NOTHING
    else:
        result = {"other": "different", "gone": "missing"}[change]
        assert brief(found, result) == [(name, kind, [value], texts, CHILD_SERVER)]


def test_alias_of_a_mail_host_is_different(port: int) -> None:
    alias = {("mx1.example.org", "CNAME"): [f"{BEHIND}."], (BEHIND, "A"): ["192.0.2.25"]}
    record = Record("mx1.example.org", "A", 0, "192.0.2.25", "address")
    with (
        dns_server.serving(alias, FIRST, port),
        dns_server.serving(alias, SECOND, port),
        dns_server.serving(DELEGATION) as asked,
    ):
        found = authorities.differences([record], asked, port=port)
    assert {tuple(one["published"]) for one in found["different"]} == {(f"CNAME {BEHIND}.",)}


def test_servers_of_which_one_has_no_alias_are_told_apart(port: int) -> None:
    two = {("2.0.192.in-addr.arpa", "NS"): ["ns1.example.net.", "ns2.example.net."]}
    with (
        dns_server.serving(PARENT, FIRST, port),
        dns_server.serving({(REVERSE, "PTR"): ["old.example.org."]}, SECOND, port),
        dns_server.serving({**CLASSLESS_DELEGATION, **two}) as asked,
    ):
        found = authorities.differences([PTR], asked, port=port)
    assert brief(found, "different") == [
        (REVERSE, "PTR", ["mx1.example.org."], ["old.example.org."], CHILD_SERVER)
    ]


def test_aliases_in_a_circle_end(port: int) -> None:
    circle = {(REVERSE, "CNAME"): [f"{REVERSE}."]}
    with (
        dns_server.serving(circle, FIRST, port),
        dns_server.serving({**CLASSLESS_DELEGATION, **circle}) as asked,
    ):
        found = authorities.differences([PTR], asked, port=port)
    assert not found["missing"]
    assert found["different"] or found["unknown"]


@pytest.mark.parametrize(
    ("delegation", "reason"),
    [
        ({}, "example.org NS: no zone of it has name servers"),
        (
            {("example.org", "NS"): ["ns1.example.net."]},
            "example.org NS: none of its name servers has an address",
        ),
    ],
)
def test_zone_without_name_servers_is_unanswered(
    delegation: dns_server.Records, reason: str
) -> None:
    with dns_server.serving(delegation) as asked:
        found = authorities.differences(RECORDS[:1], asked)
    (unknown,) = found["unknown"]
    assert (unknown["reason"], unknown["servers"], unknown["wanted"]) == (
        reason,
        [""],
        [RECORDS[0].value],
    )


def test_given_servers_are_asked_in_place_of_the_name_servers() -> None:
    with dns_server.serving(SERVED) as first, dns_server.serving({}) as second:
        assert authorities.differences(RECORDS, dns_servers=[first]) == NOTHING
        found = authorities.differences(RECORDS, dns_servers=[first, second])
    assert {one["name"] for one in found["missing"]} == {record.name for record in RECORDS}
    assert {tuple(one["servers"]) for one in found["missing"]} == {(second,)}


@pytest.mark.parametrize("text", ["ns1.example.net", "", "none", "192.0.2.1:0"])
def test_server_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ModelError) as raised:
        authorities.differences(RECORDS, dns_servers=[text])
    assert str(raised.value) == (
        f"dns_servers: {text!r} is no address such as 192.0.2.53 or [2001:db8::53]:53."
    )


def test_without_a_resolver_or_dnspython_an_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "_system_servers", list)
    with pytest.raises(ModelError, match="names no resolver; give one as dns_resolver"):
        authorities.differences(RECORDS)
    monkeypatch.setattr(resolver, "DNSPYTHON_IMPORT_ERROR", "missing")
    with pytest.raises(ModelError) as raised:
        authorities.differences(RECORDS)
    assert str(raised.value).endswith("or apt install python3-dnspython).")
