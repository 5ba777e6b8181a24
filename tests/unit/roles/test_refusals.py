# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What the roles refuse before they change anything: their preflight, run for one host per case."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
ROLES = sorted(path.parents[1].name for path in ROOT.glob("roles/*/tasks/install.yml"))
RENAMED: dict[str, str] = yaml.safe_load(
    (ROOT / "roles/common/vars/main.yml").read_text(encoding="utf-8")
)["__common_renamed"]
#: The old names of each role's variables, all of them set.
OLD_NAMES = {
    role: {old: "x" for old in RENAMED if old.startswith(f"{role}_")}
    for role in sorted({old.partition("_")[0] for old in RENAMED})
}
PASSWORD = "fjord-Kelvin-29-mosaic"
VALID = {
    "mail_hostname": "mx1.example.org",
    "mail_domains": ["example.org"],
    "mail_users": [{"address": "alice@example.org", "password": PASSWORD}],
    # Any two files that exist.
    "mail_certificate_file": str(HERE.parent / "conftest.py"),
    "mail_certificate_key_file": __file__,
    "__common_following": [
        "airtight.mail.dovecot",
        "airtight.mail.opendkim",
        "airtight.mail.spamassassin",
    ],
}


def user(**settings: str) -> dict[str, Any]:
    return {"mail_users": [{"address": "alice@example.org", **settings}]}


#: Role, settings in addition to valid ones, and words of the refusal.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    *((role, {"case_distribution": "Ubuntu"}, "runs Ubuntu 13") for role in ROLES),
    *(
        (role, names, f"{max(names)} was replaced by {RENAMED[max(names)]}; change the names.")
        for role, names in OLD_NAMES.items()
    ),
    (
        "postfix",
        {"postfix_sender_exceptions": [{"login": "bob@example.org", "addresses": ["x@a.test"]}]},
        "has the login bob@example.org, which is not in mail_users",
    ),
    (
        "postfix",
        {
            "postfix_sender_exceptions": [
                {"login": "alice@example.org", "addresses": ["x", "*@a.test"]}
            ]
        },
        "has the address 'x', '*@a.test'; write full addresses",
    ),
    (
        "dovecot",
        {"mail_recipient_delimiter": "%"},
        "mail_recipient_delimiter is '%', but it has to consist of",
    ),
    (
        "dovecot",
        {
            "mail_recipient_delimiter": "+-",
            "mail_users": [{"address": "al-ice@example.org", "password": PASSWORD}],
        },
        "mail_users has al-ice@example.org, which mail_recipient_delimiter '+-' would cut",
    ),
    (
        "dovecot",
        {"mail_expected_users": 0},
        "mail_expected_users is 0; set the number of users",
    ),
    (
        "dovecot",
        {"dovecot_user_sessions": 1},
        "dovecot_user_sessions is 1, but one mail program opens several",
    ),
    (
        "certificate",
        {"mail_hostname": "mx1"},
        "mail_hostname is 'mx1', which is not a fully qualified name",
    ),
    (
        "certificate",
        {"certificate_provider": "files", "certificate_source_key_file": "/k"},
        "set either certificate_source_file or",
    ),
    (
        "certificate",
        {"certificate_provider": "files", "certificate_source_file": "/c"},
        "set either certificate_source_key_file or",
    ),
    (
        "certificate",
        {"mail_certificate_file": "/a/x.pem", "mail_certificate_key_file": "/b/x.pem"},
        "the same base name",
    ),
    ("certificate", {"certificate_renew_days": 365}, "every run would issue a new certificate"),
    (
        "resolver",
        {"resolver_interfaces": ["0.0.0.0"]},
        "resolver_interfaces has '0.0.0.0', which is not a loopback address",
    ),
    (
        "resolver",
        {"resolver_settings": {"access-control": "0.0.0.0/0 allow"}},
        "resolver_settings sets access-control = 0.0.0.0/0 allow, which could open",
    ),
    ("opendkim", {"mail_domains": []}, "mail_domains is empty"),
    (
        "opendkim",
        {"mail_domains": ["Example"]},
        "mail_domains has 'Example', which is not a fully qualified name",
    ),
    (
        "opendkim",
        {"opendkim_selector": "a.b"},
        "opendkim_selector is 'a.b', which is not a DNS label",
    ),
    (
        "opendkim",
        {"opendkim_settings": {"InternalHosts": "0.0.0.0/0"}},
        "opendkim_settings sets InternalHosts = 0.0.0.0/0, which decides whose mail is signed",
    ),
    ("spamassassin", {"spamassassin_required_score": 0.0}, "all mail would be marked as spam"),
    ("spamassassin", {"spamassassin_reject_score": 4}, "no mail would be filed into Junk"),
    (
        "spamassassin",
        {"spamassassin_trusted_networks": ["0.0.0.0/0"]},
        "SpamAssassin would trust every host",
    ),
    (
        "spamassassin",
        {"spamassassin_trusted_networks": ["::/0"]},
        "SpamAssassin would trust every host",
    ),
    ("spamassassin", {"spamassassin_max_children": 0}, "no mail would be scanned"),
    (
        "dovecot",
        {"mail_hostname": "mx1"},
        "mail_hostname is 'mx1', which is not a fully qualified name",
    ),
    ("dovecot", {"mail_domains": []}, "mail_domains is empty"),
    (
        "dovecot",
        {"mail_users": [{"address": "alice", "password": PASSWORD}]},
        "mail_users has 'alice', which is not a mail address",
    ),
    (
        "dovecot",
        {"mail_users": [{"address": "a@example.com", "password": PASSWORD}]},
        "mail_users has 'a@example.com', which is in example.com, which is not one of mail_dom",
    ),
    ("dovecot", {"mail_users": VALID["mail_users"] * 2}, "mail_users has alice@example.org twice"),
    (
        "dovecot",
        {"dovecot_quota": "plenty"},
        "has the quota 'plenty', which is not a size with a unit",
    ),
    (
        "dovecot",
        {"dovecot_settings": {"ssl": "no"}},
        "dovecot_settings sets ssl = no, which would open the host",
    ),
    ("dovecot", user(password="alice2026"), "fewer than 12 characters"),
    ("dovecot", user(), "alice@example.org"),
    (
        "dovecot",
        {"mail_users": [{"address": "../x@example.org", "password": PASSWORD}]},
        "mail_users has '../x@example.org', which has /, which is not accepted",
    ),
    ("dovecot", user(password_hash="{PLAIN}" + PASSWORD), "alice@example.org"),
    (
        "postfix",
        {"mail_hostname": "mx1"},
        "mail_hostname is 'mx1', which is not a fully qualified name",
    ),
    ("postfix", {"mail_domains": []}, "mail_domains is empty"),
    (
        "postfix",
        {"mail_users": [{"address": "Alice@example.org"}]},
        "mail_users has 'Alice@example.org', which has capital letters",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.com", "to": ["b@example.org"]}]},
        "mail_aliases has 'a@example.com', which is in example.com",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.org", "to": ["root"]}]},
        "mail_aliases delivers to 'root', which is not a mail address",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.org", "to": []}]},
        "mail_aliases delivers a@example.org to nobody",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "alice@example.org", "to": ["b@example.org"]}]},
        "mail_aliases has alice@example.org twice, or as the address of a user",
    ),
    ("postfix", {"mail_users": []}, "every host must accept mail to its postmaster"),
    (
        "postfix",
        {"postfix_mynetworks": ["127.0.0.0/8", "192.0.2.0/24"]},
        "goes beyond loopback with '192.0.2.0/24'",
    ),
    ("postfix", {"postfix_mynetworks": ["0.0.0.0/0"]}, "goes beyond loopback with '0.0.0.0/0'"),
    ("postfix", {"postfix_mynetworks": ["127.0.0.0/1"]}, "goes beyond loopback with '127.0.0.0/1'"),
    (
        "postfix",
        {"postfix_mx_restrictions": ["permit"]},
        "postfix_mx_restrictions has 'permit', which does not refuse mail",
    ),
    (
        "postfix",
        {"postfix_settings": {"smtpd_relay_restrictions": "permit"}},
        "sets smtpd_relay_restrictions = permit, which would open",
    ),
    (
        "postfix",
        {"postfix_settings": {"smtpd_tls_auth_only": False}},
        "sets smtpd_tls_auth_only = no, which would open the host",
    ),
]
#: Wrong inputs of every kind: types, ranges, contradictions, impossible names, missing files, ends
#: of lines, what daemons or shells take apart, other alphabets, long lists.
REFUSED += [
    ("certificate", {"mail_hostname": None}, "mail_hostname is null; leave it out, or set a text"),
    ("certificate", {"mail_hostname": "почта.example.org"}, "write xn--80a1acny.example.org"),
    ("certificate", {"certificate_days": 0}, "certificate_days is 0; the private authority is"),
    ("certificate", {"certificate_days": "365"}, "is '365', which is not a whole number"),
    ("certificate", {"certificate_names": "a.example.org"}, "which is not a list; write each"),
    (
        "certificate",
        {"certificate_names": ["a.example.org,IP:192.0.2.1"]},
        "certificate_names has 'a.example.org,IP:192.0.2.1', which is not a fully qualified name",
    ),
    (
        "certificate",
        {"certificate_names": ["a.example.org\n[x]"]},
        "certificate_names has a control character or an end of line",
    ),
    ("certificate", {"certificate_group": "mail tls"}, "certificate_group is 'mail tls'"),
    ("certificate", {"certificate_ca_host": "nowhere"}, "which is not a host of the inventory"),
    ("certificate", {"certificate_ca_directory": "here"}, "which is not a path; write it from"),
    (
        "certificate",
        {
            "certificate_provider": "files",
            "certificate_source_file": "/nonexistent/c",
            "certificate_source_key_content": "-----BEGIN PRIVATE KEY-----",
        },
        "names /nonexistent/c, which is not a file on the host",
    ),
    (
        "certificate",
        {
            "certificate_provider": "files",
            "certificate_source_content": PASSWORD,
            "certificate_source_key_content": "-----BEGIN PRIVATE KEY-----",
        },
        "certificate_source_content holds no certificate in PEM format",
    ),
    (
        "certificate",
        {
            "certificate_provider": "files",
            "certificate_source_file": "/etc/x\\",
            "certificate_source_key_file": "/etc/y",
        },
        "certificate_source_file or certificate_source_key_file is '/etc/x\\'; write an absolute",
    ),
    ("resolver", {"resolver_interfaces": []}, "resolver_interfaces is empty"),
    ("resolver", {"resolver_interfaces": ["localhost"]}, "'localhost', which is not an IP address"),
    ("resolver", {"resolver_interfaces": ["::1", "::1"]}, "has an address twice"),
    ("resolver", {"resolver_forwarders": "192.0.2.53"}, "'192.0.2.53', which is not a list"),
    (
        "resolver",
        {"resolver_forwarders": ["192.0.2.53 forward-addr: 192.0.2.54"]},
        "which is not the address of a resolver",
    ),
    (
        "resolver",
        {"resolver_stub_zones": [{"name": "a b", "addresses": ["192.0.2.1"]}]},
        "resolver_stub_zones has the name 'a b'",
    ),
    (
        "resolver",
        {"resolver_stub_zones": [{"name": "test", "addresses": []}]},
        "resolver_stub_zones has the addresses []",
    ),
    ("resolver", {"resolver_trust_anchors": ['x" local-data: "y']}, "neither a DS nor a DNSKEY"),
    ("resolver", {"resolver_check_name": "a\nb"}, "resolver_check_name has a control character"),
    ("resolver", {"resolver_search": ["a b"]}, "has 'a b', which is not a domain name"),
    ("resolver", {"resolver_manage_resolv_conf": "false"}, "which is not true or false"),
    (
        "resolver",
        {"resolver_settings": {"forward-zone": ""}},
        "resolver_settings sets the name 'forward-zone', which is not one of a setting of Unbound",
    ),
    (
        "resolver",
        {"resolver_settings": {"prefetch": "yes interface: 0.0.0.0"}},
        "which would begin another setting",
    ),
    ("opendkim", {"mail_domains": "example.org"}, "mail_domains is 'example.org', which is not a"),
    ("opendkim", {"mail_domains": ["bücher.example"]}, "write xn--bcher-kva.example"),
    ("opendkim", {"mail_domains": ["example.org", "example.org"]}, "example.org twice"),
    ("opendkim", {"mail_domains": ["example.org."]}, "which ends in a dot; write example.org"),
    ("opendkim", {"mail_domains": ["example.org:x:/etc/key"]}, "mail_domains has 'example.org:x:"),
    ("opendkim", {"opendkim_selector": "mail\n"}, "opendkim_selector has a control character"),
    ("opendkim", {"opendkim_selector": "x" * 64}, "which is not a DNS label"),
    ("opendkim", {"opendkim_key_bits": "2048"}, "is '2048', which is not a whole number"),
    (
        "opendkim",
        {"opendkim_settings": {"X": "a\nMode s"}},
        "a control character or an end of line",
    ),
    ("opendkim", {"opendkim_settings": {"X": {"a": 1}}}, "opendkim_settings sets X to"),
    ("opendkim", {"opendkim_settings": {"Mode s\nX": 1}}, "is not one of a setting of OpenDKIM"),
    (
        "opendkim",
        {"opendkim_nameservers": ["localhost"]},
        "'localhost', which is not an IP address",
    ),
    (
        "opendkim",
        {"opendkim_nameservers": ["::1 # x"]},
        "has '::1 # x', which is not an IP address",
    ),
    ("opendkim", {"mail_recipient_delimiter": '" .. x'}, "mail_recipient_delimiter is '\" .. x';"),
    ("opendkim", {"mail_domains": ["a\u202e.example"]}, "has a character that cannot be seen"),
    ("spamassassin", {"spamassassin_required_score": "5"}, "is '5', which is not a number"),
    ("spamassassin", {"spamassassin_reject_score": 5000}, "no message reaches a score of more"),
    ("spamassassin", {"spamassassin_network_tests": "no"}, "is 'no', which is not true or false"),
    ("spamassassin", {"spamassassin_trusted_networks": "192.0.2.0/24"}, "which is not a list"),
    (
        "spamassassin",
        {"spamassassin_trusted_networks": ["192.0.2.0/24 0.0.0.0/0"]},
        "which is not one network",
    ),
    ("spamassassin", {"spamassassin_trusted_networks": ["128.0.0.0/1"]}, "would trust every host"),
    ("spamassassin", {"spamassassin_trusted_networks": ["mx.example.org"]}, "not one network"),
    ("spamassassin", {"spamassassin_max_children": 100000}, "set at most 200"),
    ("spamassassin", {"spamassassin_settings": {"endif": ""}}, "the name 'endif'"),
    ("spamassassin", {"spamassassin_settings": {"x": "a\nb"}}, "an end of line"),
    ("dovecot", {"dovecot_quota": "1048576"}, "has the quota '1048576', which is not a size with"),
    ("dovecot", user(password=PASSWORD, quota="1G\nx=y"), "quota has a control character"),
    ("dovecot", user(password=PASSWORD, quota="9999999T"), "has the quota '9999999T'"),
    ("dovecot", user(password_hash="{SSHA512}c2VjcmV0"), "is of the scheme SSHA512"),
    ("dovecot", {"mail_users": [{"address": "o'brien@example.org"}]}, "which has ', which is not"),
    ("dovecot", {"mail_users": [{"address": "анна@example.org"}]}, "not accepted before the @"),
    ("dovecot", {"dovecot_pop3s": "false"}, "dovecot_pop3s is 'false', which is not true or false"),
    ("dovecot", {"dovecot_vmail_uid": 0}, "dovecot_vmail_uid is 0, which belongs to root"),
    (
        "dovecot",
        {"dovecot_vmail_home": "/var/vmail/%u"},
        "dovecot_vmail_home or dovecot_spamd_socket",
    ),
    ("dovecot", {"dovecot_spamd_socket": "/run/$(id)"}, "is '/run/$(id)'; write an absolute path"),
    ("dovecot", {"mail_certificate_file": "/etc/my cert.pem"}, "mail_certificate_file is '/etc/my"),
    ("dovecot", {"dovecot_settings": {"auth_mechanisms": "plain ANONYMOUS"}}, "with anonymous"),
    ("dovecot", {"dovecot_settings": {"x": "y\\"}}, "ends in a backslash"),
    ("dovecot", {"dovecot_settings": {"service x": {"}\ny": 1}}}, "which is not one of a setting"),
    (
        "dovecot",
        {"mail_users": [{"address": f"U{number}@example.org"} for number in range(100)]},
        "and 95 more",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.org", "to": "alice@example.org"}]},
        "mail_aliases[0].to is 'alice@example.org', which is not a list",
    ),
    (
        "postfix",
        {
            "mail_aliases": [
                {"address": "a@example.org", "to": ["b@example.org"]},
                {"address": "b@example.org", "to": ["a@example.org"]},
            ]
        },
        "delivers a@example.org to b@example.org to a@example.org, a circle",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.org", "to": ["no@example.org"]}]},
        "a@example.org to no@example.org, which is neither a user nor an alias",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.org", "to": ["Bob@Example.net"]}]},
        "has the domain 'Example.net', which has capital letters or spaces; write example.net",
    ),
    ("postfix", {"postfix_postmaster": "no@example.org"}, "postfix_postmaster leads to no@example"),
    ("postfix", {"postfix_postmaster": "a@example.net, |x"}, "to its postmaster; set the address"),
    ("postfix", {"postfix_message_size_limit": 100}, "postfix_message_size_limit is 100; set a"),
    ("postfix", {"postfix_mynetworks": "127.0.0.0/8"}, "which is not a list"),
    ("postfix", {"postfix_mynetworks": ["127.0.0.0/8 0.0.0.0/0"]}, "which is not one network"),
    (
        "postfix",
        {"postfix_mx_restrictions": ["reject_rbl_client x.example, permit"]},
        "which does not refuse mail or is more than one restriction",
    ),
    ("postfix", {"postfix_milters": ["unix:a, unix:b"]}, "which is not one milter"),
    ("postfix", {"postfix_listeners": ["smtp", "smtp"]}, "name each listener once"),
    ("postfix", {"mail_recipient_delimiter": "#"}, "mail_recipient_delimiter is '#'; set one of"),
    (
        "postfix",
        {"postfix_settings": {"x": [["a"]]}},
        "postfix_settings sets x to '[\"a\"]'; set a",
    ),
    ("postfix", {"postfix_settings": {"x": "a\nrelay_domains = static:all"}}, "an end of line"),
    ("postfix", {"postfix_settings": {"x = 1\ny": 1}}, "is not one of a setting of Postfix"),
]
#: Cases of a play of their own, in which no other role was included.
ALONE: list[tuple[str, dict[str, Any], str]] = [
    (
        "postfix",
        {"mail_certificate_key_file": "/nonexistent/key"},
        "/nonexistent/key is missing on the host, which the role airtight.mail.certificate brings",
    ),
    (
        "postfix",
        {"__common_following": []},
        "/var/spool/postfix/opendkim/opendkim.sock is missing on the host, which the role airtight",
    ),
    ("dovecot", {"mail_certificate_file": "/nonexistent/cert"}, "/nonexistent/cert is missing on"),
]
#: Role, settings that do not fit its argument specification, and the words of Ansible's message.
INVALID: list[tuple[str, dict[str, Any], str]] = [
    ("dovecot", user(password=PASSWORD, qouta="1G"), "mail_users.qouta"),
    ("dovecot", {"mail_users": [PASSWORD]}, "mail_users"),
    ("postfix", {"postfix_message_size_limit": "50M"}, "postfix_message_size_limit"),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.org"}]},
        "missing required arguments: to found in mail_aliases",
    ),
    (
        "postfix",
        {"postfix_listeners": ["smtps"]},
        "choose one of smtp, submission, submissions",
    ),
    (
        "resolver",
        {"resolver_stub_zones": [{"name": "example.org"}]},
        "resolver_stub_zones[0] has no addresses",
    ),
]
ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    *((role, {}) for role in ROLES),
    ("resolver", {"postfix_hostname": "mx1.example.org", "case_alone": "only"}),
    ("postfix", {"postfix_mynetworks": ["192.0.2.0/24"], "postfix_allow_insecure": ["mynetworks"]}),
    ("dovecot", {"dovecot_settings": {"ssl": "no"}, "dovecot_allow_insecure": ["ssl"]}),
    ("opendkim", {"opendkim_settings": {"Mode": "sv"}, "opendkim_allow_insecure": ["Mode"]}),
    (
        "postfix",
        {
            "postfix_settings": {"smtpd_tls_auth_only": False},
            "postfix_allow_insecure": ["smtpd_tls_auth_only"],
        },
    ),
    (
        "resolver",
        {
            "resolver_settings": {"access-control": "::/0 allow"},
            "resolver_allow_insecure": ["access-control"],
        },
    ),
    (
        "resolver",
        {
            "resolver_interfaces": ["127.0.0.1", "192.0.2.53"],
            "resolver_allow_insecure": ["interface"],
        },
    ),
]
KINDS: dict[str, Any] = {
    "refused": REFUSED,
    "invalid": INVALID,
    "accepted": ACCEPTED,
    "alone": ALONE,
}


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The message of each case; empty where nothing was refused."""
    folder = tmp_path_factory.mktemp("refusals")
    common = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "case_results": str(folder / "messages.json"),
    }
    cases = {
        f"{kind}{number}": {"case_role": case[0], **case[1]}
        for kind, found in KINDS.items()
        for number, case in enumerate(found)
    }
    for number in range(len(ALONE)):
        cases[f"alone{number}"]["case_alone"] = "together"
    inventory = folder / "inventory.json"
    inventory.write_text(
        json.dumps({"all": {"hosts": cases, "vars": {**VALID, **common}}}), encoding="utf-8"
    )
    done = run_ansible(
        *("playbook", "-i", str(inventory), str(HERE / "preflight.yml")),
        folder=folder,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    found: dict[str, str] = json.loads((folder / "messages.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    "number",
    range(len(REFUSED)),
    ids=[f"{role}: {words[:50]}" for role, _settings, words in REFUSED],
)
def test_role_with_a_setting_that_opens_the_host_refuses_it_in_one_sentence(
    messages: dict[str, str], number: int
) -> None:
    message = messages[f"refused{number}"]
    assert REFUSED[number][2] in message
    assert message.endswith(".")
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("number", range(len(ALONE)), ids=[words[:50] for _r, _s, words in ALONE])
def test_role_that_lacks_what_another_brings_along_names_it(
    messages: dict[str, str], number: int
) -> None:
    assert ALONE[number][2] in messages[f"alone{number}"]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_refuses_ten_wrong_inputs_at_least(role: str) -> None:
    cases = [case for case in REFUSED if case[0] == role and "case_distribution" not in case[1]]
    assert len(cases) >= 10


@pytest.mark.parametrize(
    "number",
    range(len(INVALID)),
    ids=[f"{role}: {words[:50]}" for role, _settings, words in INVALID],
)
def test_role_with_input_outside_its_specification_refuses_it(
    messages: dict[str, str], number: int
) -> None:
    assert INVALID[number][2] in messages[f"invalid{number}"]


@pytest.mark.parametrize(
    "number",
    range(len(ACCEPTED)),
    ids=[f"{role}: {', '.join(settings) or 'valid'}" for role, settings in ACCEPTED],
)
def test_role_with_valid_or_acknowledged_settings_accepts_them(
    messages: dict[str, str], number: int
) -> None:
    assert messages[f"accepted{number}"] == ""


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"postfix_message_size_limit": "50M"},
            "postfix_message_size_limit is '50M', which is not a whole number; write it",
        ),
        ({"opendkim_selector": "a b"}, "opendkim_selector is 'a b', which is not a DNS label"),
        ({}, ""),
    ],
)
def test_input_of_all_roles_is_validated_before_the_first_one_writes(
    given: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(
        json.dumps({"all": {"hosts": {"mx1": {**VALID, **host, **given}}}}), encoding="utf-8"
    )
    done = run_ansible(
        *("playbook", "-i", str(inventory), str(HERE / "all_roles.yml"), "--tags", "always"),
        folder=tmp_path,
    )
    assert sentence in done.stdout + done.stderr
    assert bool(done.returncode) == bool(sentence)


#: Roles whose preflights run in the tests below, with nothing else.
SEVERAL = ("certificate", "opendkim", "postfix")


def imported(role: str, **variables: Any) -> dict[str, Any]:
    return {
        "ansible.builtin.import_role": {
            "name": f"airtight.mail.{role}",
            "rolespec_validate": False,
        },
        "vars": variables,
    }


def included(role: str, **variables: Any) -> dict[str, Any]:
    return {
        "ansible.builtin.include_role": {
            "name": f"airtight.mail.{role}",
            "rolespec_validate": False,
        },
        "vars": variables,
        "tags": [f"{name}_preflight" for name in ROLES],
    }


def preflights(folder: Path, *tasks: dict[str, Any], **given: Any) -> str:
    """What the preflights of some roles in one play say."""
    return preflights_of_plays(folder, tasks, **given)


def preflights_of_plays(folder: Path, *plays: Sequence[dict[str, Any]], **given: Any) -> str:
    """What the preflights of some roles in several plays say."""
    play = yaml.safe_load((HERE / "all_roles.yml").read_text(encoding="utf-8"))[0]
    del play["roles"]
    (folder / "play.yml").write_text(
        yaml.safe_dump([{**play, "tasks": list(tasks)} for tasks in plays]), encoding="utf-8"
    )
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    (folder / "inventory.json").write_text(
        json.dumps({"all": {"hosts": {"mx1": {**VALID, **host, **given}}}}), encoding="utf-8"
    )
    tags = ",".join(f"{role}_preflight" for role in ROLES)
    done = run_ansible(
        "playbook", "-i", "inventory.json", "play.yml", "--tags", tags, folder=folder
    )
    return done.stdout + done.stderr


def tasks_counted(text: str) -> int:
    """The tasks of a run as its recap counts them, run and skipped."""
    counts = re.search(r"^mx1 .*ok=(\d+) .*failed=0 .*skipped=(\d+)", text, re.MULTILINE)
    assert counts, text
    return int(counts[1]) + int(counts[2])


REFUSING = "TASK [airtight.mail.common : Refuse input that cannot work or would open the host]"


def test_input_of_several_roles_is_validated_once_by_few_tasks(tmp_path: Path) -> None:
    """Beside the fact of the test: specification, files, rules, keys, and what was validated."""
    said = preflights(tmp_path, *map(imported, SEVERAL), postfix_postmaster="alice@example.org")
    assert said.count(REFUSING) == 1
    assert tasks_counted(said) == 6


@pytest.mark.parametrize("alone", [[], ["certificate"]], ids=["alone", "after another one"])
@pytest.mark.parametrize("kind", [imported, included])
def test_variables_of_one_role_alone_are_validated(
    kind: Any, alone: list[str], tmp_path: Path
) -> None:
    task = kind("postfix", postfix_mynetworks=["0.0.0.0/0"])
    said = preflights(tmp_path, *map(imported, alone), task)
    assert "goes beyond loopback with '0.0.0.0/0'" in said


def test_role_that_is_included_later_is_validated(tmp_path: Path) -> None:
    given = {"opendkim_selector": "a.b", "postfix_postmaster": "alice@example.org"}
    said = preflights(
        tmp_path, imported("certificate"), imported("postfix"), included("opendkim"), **given
    )
    assert said.count(REFUSING) == 2
    assert "opendkim_selector is 'a.b', which is not a DNS label" in said


def test_faults_of_all_roles_are_in_one_message(tmp_path: Path) -> None:
    given = {"opendkim_selector": "a.b", "certificate_days": 0, "postfix_listeners": []}
    said = preflights(tmp_path, *map(imported, SEVERAL), **given)
    assert said.count(REFUSING) == 1
    for name in given:
        assert f"{name} is " in said


def test_fault_of_one_role_hides_no_wrong_type_of_another(tmp_path: Path) -> None:
    given = {"postfix_milters": 5, "certificate_days": 0}
    said = preflights(tmp_path, *map(imported, SEVERAL), **given)
    assert "postfix_milters is '5', which is not a list" in said


def test_roles_of_a_loop_are_validated_before_the_first_one_begins(tmp_path: Path) -> None:
    task = {**included("{{ item }}"), "loop": ["certificate", "opendkim"]}
    said = preflights(tmp_path, task, opendkim_selector="a.b")
    assert "opendkim_selector is 'a.b', which is not a DNS label" in said
    assert "Leave out what was validated" not in said
    assert "failed=0" in preflights(tmp_path, task)


def test_role_alone_is_validated_though_an_earlier_play_validated_it(tmp_path: Path) -> None:
    """What other roles bring along is there in the first play alone."""
    given = {"mail_certificate_file": "/nonexistent/cert"}
    first = [imported("certificate"), imported("dovecot")]
    said = preflights_of_plays(tmp_path, first, [imported("dovecot")], **given)
    assert said.count(REFUSING) == 2
    assert "/nonexistent/cert is missing on the host" in said
