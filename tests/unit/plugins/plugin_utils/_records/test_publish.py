# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Records are published by dynamic update, here to a primary on loopback."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._records import (
    arrival,
    publish,
    update_options,
)
from ansible_collections.airtight.mail.tests.unit.helpers import (
    dns_server,
    mail_records,
    update_server,
)

APEX_TEXTS = ('"google-site-verification=abc"', '"v=spf1 ip4:203.0.113.1 -all"')
BEFORE: update_server.Sets = {
    ("example.org", "TXT"): (300, list(APEX_TEXTS)),
    ("example.org", "MX"): (3600, ["10 old.example.org.", "20 older.example.org."]),
    ("example.org", "A"): (300, ["192.0.2.1"]),
    ("www.example.org", "CNAME"): (300, ["web.example.org."]),
}
SPF = {"name": "example.org", "type": "TXT", "value": "v=spf1 ip4:192.0.2.25 -all", "ttl": 3600}
MX = {"name": "example.org", "type": "MX", "value": "10 mx1.example.org.", "ttl": 3600}


def publishing(
    server: update_server.Server, *records: dict[str, Any], check: bool = False, **more: Any
) -> dict[str, Any]:
    args = {name: option.get("default") for name, option in update_options.SPEC.items()}
    args.update(
        zone=update_server.ZONE,
        server=server.address,
        key_name=update_server.KEY,
        key_secret=update_server.SECRET,
        records=list(records),
        wait=0,
        timeout=2,
    )
    return publish.publish(update_options.request({**args, **more}), check)


def published(*records: dict[str, Any], **more: Any) -> dict[tuple[str, str], Any]:
    """What the server has afterwards, of what it had before and of the records that were named."""
    with update_server.serving(BEFORE) as server:
        first = publishing(server, *records, **more)
        second = publishing(server, *records, **more)
        assert first["changed"], first
        assert (second["changed"], second["changes"], server.updates) == (False, [], 1)
        return {key: (ttl, set(values)) for key, (ttl, values) in server.sets.items()}


def having(**changed: tuple[int, set[str]] | None) -> dict[tuple[str, str], Any]:
    """BEFORE with other values at the apex, by type."""
    found = {key: (ttl, set(values)) for key, (ttl, values) in BEFORE.items()}
    found["example.org", "SOA"] = (60, {"ns. host. 1 60 60 600 5"})
    for kind, one in changed.items():
        found.pop(("example.org", kind), None)
        if one:
            found["example.org", kind] = one
    return found


def test_sets_of_a_name_and_type_are_replaced_and_no_others() -> None:
    assert published(MX) == having(MX=(3600, {"10 mx1.example.org."}))


def test_texts_of_others_survive_with_their_time_to_live() -> None:
    kept = '"google-site-verification=abc"'
    assert published(SPF) == having(TXT=(300, {kept, '"v=spf1 ip4:192.0.2.25 -all"'}))


def test_text_without_a_version_is_added() -> None:
    text = {**SPF, "value": "MS=ms1"}
    assert published(text) == having(TXT=(300, {*APEX_TEXTS, '"MS=ms1"'}))


def test_alias_is_led_elsewhere_and_lives_as_long_as_wanted() -> None:
    alias = {"name": "www.example.org", "type": "CNAME", "value": "b.example.org.", "ttl": 60}
    expected = having()
    expected["www.example.org", "CNAME"] = (60, {"b.example.org."})
    assert published(alias) == expected


def test_time_to_live_alone_is_changed() -> None:
    address = {"name": "example.org", "type": "A", "value": "192.0.2.1", "ttl": 60}
    assert published(address) == having(A=(60, {"192.0.2.1"}))


def test_dkim_key_replaces_every_text_at_its_name() -> None:
    name = "mail._domainkey.example.org"
    new = {"name": name, "type": "TXT", "value": f"v=DKIM1; p={'A' * 400}"}
    with update_server.serving({(name, "TXT"): (60, ['"k=rsa; p=A"'])}) as server:
        publishing(server, new)
        (text,) = server.records[name, "TXT"]
    assert text.count('" "') == 1, "no string is longer than 255 octets"
    assert text.replace('" "', "") == f'"{new["value"]}"'


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ({"value": "v=spf1 ip4:203.0.113.1 -all"}, {APEX_TEXTS[0]}),
        ({}, set()),
        ({"value": None}, set()),
    ],
)
def test_absent_removes_what_is_named_and_no_more(named: dict[str, Any], left: set[str]) -> None:
    text = {"name": "example.org", "type": "TXT", **named}
    assert published(text, state="absent") == having(TXT=(300, left) if left else None)


def test_absent_removes_no_other_value() -> None:
    with update_server.serving(BEFORE) as server:
        assert not publishing(server, SPF, MX, state="absent")["changed"]
        assert server.updates == 0


def test_check_mode_says_what_a_run_does_and_does_nothing() -> None:
    with update_server.serving(BEFORE) as server:
        foreseen = publishing(server, SPF, MX, check=True)
        assert (server.updates, server.sets) == (0, {**server.sets, **BEFORE})
        done = publishing(server, SPF, MX)
    assert foreseen.pop("msg") == "2 of 2 record sets of example.org differ."
    assert done.pop("msg") == "2 of 2 record sets of example.org were changed."
    assert foreseen == done
    assert done["diff"]["before"].splitlines() == [
        "example.org. 3600 IN MX 10 old.example.org.",
        "example.org. 3600 IN MX 20 older.example.org.",
        'example.org. 300 IN TXT "google-site-verification=abc"',
        'example.org. 300 IN TXT "v=spf1 ip4:203.0.113.1 -all"',
    ]
    assert done["diff"]["after"].splitlines() == [
        "example.org. 3600 IN MX 10 mx1.example.org.",
        'example.org. 300 IN TXT "google-site-verification=abc"',
        'example.org. 300 IN TXT "v=spf1 ip4:192.0.2.25 -all"',
    ]


def changed_by_another(server: update_server.Server, ttl_and_texts: Any) -> update_server.Fault:
    def fault(_request: Any) -> None:
        server.sets["example.org", "TXT"] = ttl_and_texts

    return fault


def test_concurrent_change_is_kept() -> None:
    other = '"another=1"'
    with update_server.serving(BEFORE) as server:
        overtaken = changed_by_another(server, (300, [*APEX_TEXTS, other]))
        server.faults = [lambda _soa: None, lambda _text: None, overtaken]
        assert publishing(server, SPF)["changed"]
        assert server.updates == 3  # one of them asks whether the set is there itself
        assert other in server.records["example.org", "TXT"]


def test_concurrent_creation_is_kept() -> None:
    """A set that was not there when it was read."""
    dmarc = {"name": "_dmarc.example.org", "type": "TXT", "value": "v=DMARC1; p=none"}
    with update_server.serving(BEFORE) as server:

        def created(_request: Any) -> None:
            server.sets["_dmarc.example.org", "TXT"] = (300, ['"another=1"'])

        server.faults = [lambda _soa: None, lambda _text: None, created]
        assert publishing(server, dmarc)["changed"]
        assert server.updates == 2
        texts = server.sets["_dmarc.example.org", "TXT"]
    assert (texts[0], set(texts[1])) == (300, {'"another=1"', '"v=DMARC1; p=none"'})


def test_concurrent_changes_without_end_are_left_alone() -> None:
    with update_server.serving(BEFORE) as server:
        usual: list[Any] = [lambda _soa: None, lambda _text: None]
        for number in range(publish.MAX_ATTEMPTS):
            texts = [f'"v=spf1 ip4:192.0.2.{number} -all"']
            usual += [changed_by_another(server, (300, texts)), *[lambda _request: None] * 2]
        server.faults = usual
        with pytest.raises(ModelError, match="Somebody else changes the same records of exam"):
            publishing(server, SPF)
        assert server.records["example.org", "TXT"] == ['"v=spf1 ip4:192.0.2.2 -all"']


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (
            {"name": "example.org", "type": "CNAME", "value": "b.example.org."},
            "example.org has other records, beside which no CNAME can stand",
        ),
        (
            {"name": "www.example.org", "type": "A", "value": "192.0.2.1"},
            "has www.example.org as an alias, beside which no A can stand; remove the CNAME",
        ),
    ],
)
def test_alias_beside_other_records_is_refused(record: dict[str, Any], sentence: str) -> None:
    with update_server.serving(BEFORE) as server:
        with pytest.raises(ModelError, match=sentence):
            publishing(server, record)
        assert server.records == {**server.records, **having_values()}


def having_values() -> dict[tuple[str, str], list[str]]:
    return {key: values for key, (_ttl, values) in BEFORE.items()}


def test_all_name_servers_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "PAUSES", (0.01,))
    late: dict[tuple[str, str], list[str]] = {("example.org", "MX"): ["10 old.example.org."]}
    with (
        update_server.serving(BEFORE) as server,
        dns_server.serving({("example.org", "MX"): ["10 mx1.example.org."]}) as prompt,
        dns_server.serving(late) as slow,
    ):
        servers = {"wait": 2, "dns_servers": [prompt, slow]}
        done = publishing(server, MX, **servers)
        assert (done["failed"], done["changed"]) == (True, True)
        assert set(done["servers"]) == {"server", prompt}
        assert f"After 2 s: {slow} lacks example.org MX 10 mx1.example.org." in done["msg"]
        late["example.org", "MX"] = ["10 mx1.example.org."]
        done = publishing(server, MX, **servers)
    assert "failed" not in done
    assert (set(done["servers"]), done["changed"]) == ({"server", prompt, slow}, False)


def test_removed_record_that_a_server_still_has_is_waited_for() -> None:
    with (
        update_server.serving(BEFORE) as server,
        dns_server.serving(mail_records.as_served([])) as prompt,
        dns_server.serving({("example.org", "A"): ["192.0.2.1"]}) as slow,
    ):
        named = {"name": "example.org", "type": "A"}
        servers = {"wait": 2, "dns_servers": [prompt, slow], "state": "absent"}
        done = publishing(server, named, **servers)
    assert set(done["servers"]) == {"server", prompt}
    assert f"{slow} still has example.org A 192.0.2.1." in done["msg"]


def test_name_servers_that_are_not_found_fail_after_the_change() -> None:
    with update_server.serving(BEFORE) as server, dns_server.serving({}) as resolver:
        done = publishing(server, MX, wait=1, dns_resolver=resolver)
    assert (done["failed"], done["changed"], done["servers"]) == (True, True, [])
    assert "the name servers of example.org were not found: example.org NS: no zone" in done["msg"]


def test_a_wildcard_is_no_set_of_the_name() -> None:
    wildcard = ("*.example.org", "A")
    with update_server.serving({wildcard: (60, ["192.0.2.1"])}) as server:
        record = {"name": "mx1.example.org", "type": "A", "value": "192.0.2.25", "ttl": 60}
        assert publishing(server, record)["changed"]
        assert server.records["mx1.example.org", "A"] == ["192.0.2.25"]
        assert server.records[wildcard] == ["192.0.2.1"]
        assert not publishing(server, record)["changed"]
