# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The actions, filters and the test in one real play: on closed ports of this machine, and with
options that cannot be.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.action import tls_enforced
from ansible_collections.airtight.mail.plugins.module_utils._model import SERVICES
from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

ROOT = Path(__file__).resolve().parents[4]
FIXTURE = ROOT / "tests/unit/fixtures/checks/relay_third_party.json"
HERE = {"name": "localhost", "addresses": ["127.0.0.1"]}
WAIVER = {"check": "relay_third_party", "justification": "x", "expiration_date": "2020-01-01"}
#: Options that cannot be, and how the error of the task begins.
BAD: list[tuple[str, dict[str, Any], str]] = [
    (
        "audit",
        {**HERE, "checks": ["relay"]},
        "checks: 'relay' does not exist; docs/reference/checks.md lists those that do.",
    ),
    ("audit", {"name": "no host"}, "name: 'no host' is neither a host name nor an IP address;"),
    ("audit", {**HERE, "addresses": ["localhost"]}, "addresses: 'localhost' is not an IP address;"),
    (
        "audit",
        {**HERE, "other_ports": [0]},
        "other_ports: 0 is not a port number; write one from 1 to 65535.",
    ),
    (
        "audit",
        {**HERE, "relays_for": ["0.0.0.0/0"]},
        "relays_for: 0.0.0.0/0 is almost everybody, and a host that relays",
    ),
    (
        "audit",
        {**HERE, "groups": ["ports"]},
        "value of groups must be one or more of: relay, tls, mailstore, smuggling, ",
    ),
    (
        "audit",
        {**HERE, "dns_resolver": "localhost"},
        "dns_resolver: 'localhost' is no address such as 127.0.0.1 or [::1]:5353;",
    ),
    (
        "audit",
        {**HERE, "egress_addresses": ["localhost"]},
        "egress_addresses: 'localhost' is not an IP address; write one such as 192.0.2.25.",
    ),
    (
        "relay_closed",
        {**HERE, "stranger_domain": "https://example.com"},
        "stranger_domain: 'https://example.com' is not a domain name;",
    ),
    (
        "tls_enforced",
        {**HERE, "helo_name": "mx1.example.org\n"},
        "helo_name: 'mx1.example.org\\n' is not a host name;",
    ),
    (
        "relay_closed",
        {**HERE, "ports": {"smtp": 99999}},
        "ports.smtp: 99999 is not a port number;",
    ),
    (
        "audit",
        {**HERE, "reply_timeout": 0},
        "reply_timeout: 0.0 is not a time; write seconds, more than 0 and at most 600.",
    ),
    (
        "relay_closed",
        {**HERE, "dns_resolver": "none"},
        "dns_resolver. Supported parameters include: ",
    ),
    (
        "audit",
        {**HERE, "account": 5},
        "account: this is not a dictionary; write {address: ..., password: ...}.",
    ),
    ("tls_enforced", {**HERE, "target_timeout": True}, "target_timeout: True: true and false are"),
    ("audit", {**HERE, "check": "tls_versions"}, "check. Supported parameters include: "),
    (
        "relay_closed",
        {**HERE, "checks": ["tls_versions"]},
        "checks. Supported parameters include: ",
    ),
    (
        "relay_closed",
        {**HERE, "waivers": [{**WAIVER, "check": "relay"}]},
        "waivers: entry 1 is for the check 'relay', which does not exist.",
    ),
    (
        "relay_closed",
        {**HERE, "waivers": [{**WAIVER, "host": "a"}]},
        "waivers: entry 1 has 'host', which is not one of",
    ),
    (
        "tls_enforced",
        {**HERE, "policy_changes": {"certificate_days": "x"}},
        "policy_changes.certificate_days: 'x' is not of type int, such as 14.",
    ),
    ("tls_enforced", {**HERE, "policy": "lax"}, "value of policy must be one of: "),
    ("tls_enforced", {**HERE, "services": ["smtps"]}, "value of services must be one or more of: "),
]


#: What the test compliant is asked of: results of tasks that failed or not, and verdicts. Only the
#: task "waived" is compliant as a whole.
COMPLIANT = (
    "audit",
    "audit.verdicts",
    "strict",
    "strict.verdicts",
    "rescued",
    "lenient",
    "waived.verdicts",
    "waived",
)


MORE = ("seen_nothing", "several")


def several(ports: dict[str, int]) -> dict[str, Any]:
    """An audit of several hosts, each with options of its own; some cannot be used."""
    here = {**HERE, "ports": ports, "other_ports": []}
    ended = {**WAIVER, "hosts": ["a", "nobody"]}
    return {
        "targets": [
            {**here, "key": "a", "checks": ["relay_third_party"], "waivers": [ended]},
            {**here, "key": "b", "groups": ["tls"], "policy": "strict"},
            {**here, "key": "c", "name": "no host"},
            {**here, "key": "d", "policy": "lax"},
            {**here, "key": "e", "waivers": [{**WAIVER, "check": "relay"}]},
            {**here, "key": "f", "checks": ["relay"]},
            {**here, "key": "g", "services": ["smtps"]},
            {**here, "key": "h", "domains": ["example.net"], "stranger_domain": "example.net"},
        ],
        "dns_resolver": "none",
        "report_only": True,
    }


def play(ports: dict[str, int]) -> list[dict[str, Any]]:
    """One play that puts all its results into one file."""
    here = {**HERE, "ports": ports, "other_ports": []}
    lenient = {**here, "report_only": True, "return_observations": True}
    seen_nothing = {**here, "allow_unknown": True}
    tasks: list[dict[str, Any]] = [
        {
            "name": "Nothing listens",
            "airtight.mail.audit": {**here, "dns_resolver": "none", "report_only": True},
            "register": "audit",
        },
        {"name": "Lenient", "airtight.mail.relay_closed": lenient, "register": "lenient"},
        {
            "name": "In check mode",
            "airtight.mail.tls_enforced": {**here, "dns_resolver": "none", "report_only": True},
            "check_mode": True,
            "register": "checked",
        },
        {
            "name": "Stop",
            "airtight.mail.relay_closed": {**here, "return_observations": True},
            "register": "strict",
            "ignore_errors": True,
        },
        {
            "name": "Rescue",
            "block": [{"name": "Stop again", "airtight.mail.relay_closed": here}],
            "rescue": [
                {
                    "name": "Read",
                    "ansible.builtin.set_fact": {"rescued": "{{ ansible_failed_result }}"},
                }
            ],
        },
        {
            "name": "Allow the unknown",
            "airtight.mail.relay_closed": seen_nothing,
            "register": "seen_nothing",
            "ignore_errors": True,
        },
        {
            "name": "Waive",
            "airtight.mail.audit": {
                **here,
                "checks": ["relay_third_party"],
                "waivers": [{**WAIVER, "expiration_date": "2099-12-31"}],
            },
            "register": "waived",
        },
        {
            "name": "Audit several",
            "airtight.mail.audit": several(ports),
            "register": "several",
        },
        {"name": "Observe", "airtight.mail.probe_info": {"targets": [here]}, "register": "seen"},
    ]
    tasks += [
        {
            "name": f"Bad {number}",
            f"airtight.mail.{action}": options,
            "register": f"bad{number}",
            "ignore_errors": True,
        }
        for number, (action, options, _words) in enumerate(BAD)
    ]
    stored = f"(lookup('ansible.builtin.file', '{FIXTURE}') | from_json)"
    options = (
        "{'name': 'mx1.example.org'}, checks=['relay_third_party'], vantage_untrusted=true, "
        "now='2026-11-22T22:00:00+00:00'"
    )
    results = {
        **{
            name: f"{{{{ {name} }}}}"
            for name in ("audit", "lenient", "checked", "strict", "rescued", "seen", *MORE)
        },
        "bad": "{{ [BAD] }}".replace(
            "BAD", ", ".join(f"bad{number}.msg" for number in range(len(BAD)))
        ),
        "statuses": (
            "{{ scenes | map('airtight.mail.verdicts', OPTIONS) | map('first') | "
            "map(attribute='status') }}"
        ).replace("OPTIONS", options),
        "compliant": "{{ [COMPLIANT] }}".replace(
            "COMPLIANT", ", ".join(f"{subject} is airtight.mail.compliant" for subject in COMPLIANT)
        ),
        "text": "{{ audit.verdicts | airtight.mail.report }}",
        "again": (
            "{{ seen.observations | airtight.mail.verdicts({'name': 'localhost'}) | "
            "map(attribute='status') }}"
        ),
        "json": (
            "{{ audit.verdicts | airtight.mail.report('json', run={'policy': 'baseline'}) | "
            "from_json }}"
        ),
        "targets": "{{ ['localhost'] | airtight.mail.targets(hostvars) }}",
    }
    scenes = (
        "{{ ['pass', 'fail', 'unknown'] | map('extract', STORED) | map(attribute='observations') }}"
    ).replace("STORED", stored)
    copy = {"content": "{{ results | to_json }}", "dest": "{{ out }}", "mode": "0600"}
    tasks.append(
        {
            "name": "Keep",
            "ansible.builtin.copy": copy,
            "vars": {"scenes": scenes, "results": results},
        }
    )
    return [{"name": "All of it", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the play found."""
    directory = tmp_path_factory.mktemp("play")
    held = [socket.socket() for _service in SERVICES]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = {service: one.getsockname()[1] for service, one in zip(SERVICES, held, strict=True)}
    (directory / "play.yml").write_text(
        yaml.safe_dump(play(ports), sort_keys=False), encoding="utf-8"
    )
    extra = {
        "ansible_python_interpreter": sys.executable,
        "out": f"{directory}/out.json",
        "audit_domains": ["example.org"],
    }
    done = run_ansible(
        *("playbook", "-i", "localhost,", "-c", "local", "-e", json.dumps(extra)),
        str(directory / "play.yml"),
        folder=directory,
        timeout=60,
        ANSIBLE_INJECT_FACT_VARS="false",
    )
    for one in held:
        one.close()
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads((directory / "out.json").read_text(encoding="utf-8")))


def test_host_that_was_not_seen_does_not_pass(found: dict[str, Any]) -> None:
    audit = found["audit"]
    assert (audit["failed"], audit["changed"], audit["compliant"]) == (False, False, False)
    assert (audit["summary"]["fail"], audit["summary"]["pass"]) == (0, 0)
    assert audit["connections"] == 0
    assert "observations" not in audit
    assert audit["msg"] == found["text"].splitlines()[0]


def test_unknown_fails_the_task_unless_allowed(found: dict[str, Any]) -> None:
    assert (found["lenient"]["compliant"], found["lenient"]["failed"]) == (False, False)
    assert (found["seen_nothing"]["compliant"], found["seen_nothing"]["failed"]) == (False, True)
    assert {entry["service"] for entry in found["lenient"]["observations"]} == {
        "smtp",
        "submission",
        "submissions",
    }
    assert found["lenient"]["addresses"] == {"localhost": ["127.0.0.1"]}
    assert (found["strict"]["compliant"], found["strict"]["msg"]) == (
        False,
        found["lenient"]["msg"],
    )
    assert {item["group"] for item in found["lenient"]["verdicts"]} == {"relay"}
    assert "observations" not in found["strict"]


def test_a_failed_task_returns_verdicts_to_a_rescue(found: dict[str, Any]) -> None:
    strict, rescued = found["strict"], found["rescued"]
    assert strict["failed"] is True
    assert strict["verdicts"] == rescued["verdicts"]
    assert [(item["status"], item["severity"]) for item in strict["verdicts"]] == [
        ("unknown", "critical")
    ]


def test_compliant_takes_results_and_verdicts(found: dict[str, Any]) -> None:
    assert found["compliant"] == [name in ("waived", "waived.verdicts") for name in COMPLIANT]


def test_each_of_several_hosts_has_its_own_options(found: dict[str, Any]) -> None:
    verdicts = found["several"]["verdicts"]
    first = [item for item in verdicts if item["target"] == "a"]
    assert [(item["check"], item["status"]) for item in first] == [("relay_third_party", "fail")]
    assert "Its waiver ended on 2020-01-01" in first[0]["sentence"]
    assert {item["group"] for item in verdicts if item["target"] == "b"} == {"tls"}
    refused = {
        item["target"]: item["sentence"]
        for item in verdicts
        if item["check"] == "target_options" and item["status"] == "fail"
    }
    assert [f"{key}: {sentence.partition(':')[0]}" for key, sentence in refused.items()] == [
        "c: name",
        "d: policy",
        "e: waivers",
        "f: checks",
        "g: value of services must be one or more of",
        "h: stranger_domain",
    ]
    assert found["several"]["outcome"] == "fail"
    assert found["several"]["unused_waivers"] == []


def test_check_mode_returns_the_same(found: dict[str, Any]) -> None:
    checked = found["checked"]["verdicts"]
    assert {item["group"] for item in checked} == {"tls", "mailstore", "dns"}
    assert {item["check"]: item["status"] for item in checked if item["group"] == "dns"} == (
        dict.fromkeys(tls_enforced.ActionModule.CHECKS, "not_applicable")
    )
    assert found["checked"]["connections"] == 0


@pytest.mark.parametrize(
    "number", range(len(BAD)), ids=[f"{action}-{words[:30]}" for action, _options, words in BAD]
)
def test_wrong_option_is_refused_in_one_sentence(found: dict[str, Any], number: int) -> None:
    message, words = found["bad"][number], BAD[number][2]
    assert words in message
    assert "\n" not in message
    assert "Traceback" not in message


def test_filters_take_values_of_ansible(found: dict[str, Any]) -> None:
    assert found["statuses"] == ["pass", "fail", "unknown"]
    assert len(found["again"]) == len(found["audit"]["verdicts"])
    assert found["json"]["summary"] == found["audit"]["summary"]
    assert found["targets"] == [{"name": "localhost", "domains": ["example.org"]}]


def test_probe_info_returns_observations_alone(found: dict[str, Any]) -> None:
    assert {entry["error"]["kind"] for entry in found["seen"]["observations"]} == {
        "connect_refused"
    }
    assert "verdicts" not in found["seen"]
