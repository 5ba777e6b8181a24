# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a host says of itself is read, and no secret of it is told: on recorded output, and on
programs that are scripts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import (
    collect,
    dovecot,
    exim,
    network,
    opendkim,
    postfix,
    reader,
    resolver,
    spamassassin,
    x509_files,
)

RECORDED = Path(__file__).parent / "recorded"
SECRET = "Xyzzy-17"
MASTER = """\
smtp       inet  n       -       y       -       -       smtpd -o smtpd_relay_restrictions=reject_unauth_destination
submission inet  n       -       y       -       -       smtpd -o smtpd_tls_security_level=encrypt -o mysql_password=Xyzzy-17
relay      unix  -       -       y       -       -       smtp -o syslog_name=postfix/$service_name
"""


def run(argv: list[str], given: str) -> tuple[int, str, str]:
    done = subprocess.run(argv, input=given, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout, done.stderr


def recorded(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mysql_password", SECRET),
        ("ldap_bind_pw", SECRET),
        ("smtp_sasl_password_maps", "static:user:" + SECRET),
        ("smtp_sasl_password_maps", "inline:{ {example.org=user:%s} }" % SECRET),
        ("connect", "host=localhost dbname=mail user=mail password=" + SECRET),
        ("args", f"password={SECRET} uid=vmail"),
        ("args", "nopassword=y pass=" + SECRET),
        ("oauth2_introspection_url", f"https://client:{SECRET}@sso.example.org/"),
        ("doveadm_api_key", SECRET),
        ("auth_policy_hash_nonce", SECRET),
        ("auth_policy_server_api_header", "Authorization: Basic " + SECRET),
        ("ssl_key", f"-----BEGIN PRIVATE KEY-----\n{SECRET}"),
        ("redis-server-password", SECRET),
        ("user_scores_sql_password", SECRET),
        ("bayes_sql_dsn", "DBI:mysql:x;password=" + SECRET),
    ],
)
def test_a_secret_is_hidden(name: str, value: str) -> None:
    assert SECRET not in reader.harmless(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_sasl_password_maps", "hash:/etc/postfix/sasl_passwd"),
        ("passdb/default_password_scheme", "ARGON2ID"),
        ("ssl_key", "</etc/ssl/mail/privkey.pem"),
        ("auth_debug_passwords", "no"),
        ("smtpd_tls_key_file", "/etc/ssl/mail/privkey.pem"),
        ("args", "scheme=ARGON2ID username_format=%u /etc/dovecot/users"),
    ],
)
def test_what_is_no_secret_is_told(name: str, value: str) -> None:
    assert reader.harmless(name, value) == value


def test_master_cf() -> None:
    found = postfix.services(MASTER)
    postfix.parameters(
        (
            "submission/inet/smtpd_tls_security_level = encrypt\nsubmission/inet/mysql_password = "
            f"{SECRET}\n"
        ),
        found,
    )
    assert list(found) == ["smtp/inet", "submission/inet", "relay/unix"]
    assert found["submission/inet"]["parameters"]["smtpd_tls_security_level"] == "encrypt"
    assert SECRET not in json.dumps(found)


def test_tables_that_settings_name() -> None:
    values = [
        (
            "smtpd_sender_restrictions",
            "reject_non_fqdn_sender, check_sender_access texthash:/etc/postfix/own_domains",
        ),
        ("virtual_alias_maps", "proxy:mysql:/etc/postfix/aliases.cf, hash:/etc/aliases"),
        ("virtual_transport", "lmtp:unix:private/dovecot-lmtp"),
        ("smtpd_milters", "unix:/run/opendkim.sock, local:/run/x"),
    ]
    assert postfix.tables(values) == {
        "texthash:/etc/postfix/own_domains": True,
        "proxy:mysql:/etc/postfix/aliases.cf": False,
        "hash:/etc/aliases": False,
    }


@pytest.mark.parametrize(
    ("release", "scheme"),
    [("2.3", {"/etc/dovecot/users": "ARGON2ID"}), ("2.4", {"/etc/dovecot/users": "ARGON2ID"})],
)
def test_dovecot_in_both_tongues(release: str, scheme: dict[str, str]) -> None:
    found = dovecot.flatten(recorded(f"doveconf-{release}.txt"))
    assert found["service imap-login/inet_listener imap/port"] == "0"
    assert found["service imap-login/inet_listener imaps/port"] == "993"
    assert found["ssl"] == "required"
    assert dovecot.passwd_files(found) == scheme
    assert collect.files({"dovecot": {"settings": found}}) == (
        ["/etc/ssl/mail/fullchain.pem"],
        ["/etc/ssl/mail/privkey.pem"] if release == "2.4" else [],
    )


def test_a_section_that_stands_there_twice() -> None:
    text = (
        "passdb {\n  driver = pam\n}\npassdb {\n  args = /etc/dovecot/users\n  driver = "
        "passwd-file\n}\n"
    )
    found = dovecot.flatten(text)
    assert (found["passdb/driver"], found["passdb 2/driver"]) == ("pam", "passwd-file")
    assert dovecot.passwd_files(found) == {"/etc/dovecot/users": "CRYPT"}


def test_schemes_are_counted_and_no_password_is_told() -> None:
    text = (
        "# "
        "users\na@x:{ARGON2ID}$argon2id$x:::\nb@x:{PLAIN}%s:::\nc@x:%s\nd@x:{SSHA256.b64}x\ne@x::::\n"
    ) % (SECRET, SECRET)
    assert dovecot.schemes(text, "CRYPT") == {
        "ARGON2ID": 1,
        "PLAIN": 1,
        "CRYPT": 1,
        "SSHA256": 1,
        "NONE": 1,
    }


def test_exim() -> None:
    found = exim.options(recorded("exim-options.txt"))
    assert (found["acl_smtp_rcpt"], found["smtp_enforce_sync"]) == ("acl_check_rcpt", "yes")
    text = recorded("exim-config.txt")
    assert exim.lists(text)["relay_from_hosts"] == ": 127.0.0.1 : ::::1"
    statements = exim.acl(text, found["acl_smtp_rcpt"])
    assert statements[0] == ["accept", "hosts = :", "control = dkim_disable_verify"]
    assert [
        "require",
        "message = relay not permitted",
        "domains = +local_domains : +relay_to_domains",
    ] in statements
    assert statements[-1] == ["accept"]


def test_a_main_option_that_may_hold_a_password_stays_on_the_host() -> None:
    assert exim.options(f"mysql_servers = localhost/exim/exim/{SECRET}\nacl_smtp_rcpt = x\n") == {
        "acl_smtp_rcpt": "x"
    }


def test_listening_sockets() -> None:
    text = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout inode\n"
        "   0: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 4711 1 x\n"
        "   1: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 4712 1 x\n"
        "   2: 0100007F:A001 0100007F:0019 01 00000000:00000000 00:00000000 00000000     0        "
        "0 4713 1 x\n"
    )
    assert network.sockets(text) == [("0.0.0.0", 25, "4711"), ("127.0.0.1", 53, "4712")]
    assert network.address("0" * 24 + "01000000") == "::1"


def test_addresses() -> None:
    trie = (
        "Local:\n  +-- 0.0.0.0/0 2 0 2\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- "
        "192.0.2.25\n        /32 host LOCAL\n"
    )
    inet6 = (
        "20010db8000000000000000000000025 02 40 00 80 eth0\n00000000000000000000000000000001 01 "
        "80 10 80 lo\n"
    )
    inet6 += "fe800000000000000000000000000001 02 40 20 80 eth0\n"
    assert network.local(trie, inet6) == ["192.0.2.25", "2001:db8::25"]


def test_keys_of_opendkim(tmp_path: Path) -> None:
    table = tmp_path / "key.table"
    table.write_text(
        (
            "# keys\nmail._domainkey.a.test a.test:mail:/keys/a\nmail._domainkey.b.test "
            "b.test:mail:MIIE\n"
        ),
        encoding="utf-8",
    )
    host = reader.Host(run)
    assert opendkim.key_files(host, {"KeyTable": f"refile:{table}"}) == {"a.test/mail": "/keys/a"}
    assert list(host.missing) == ["opendkim key mail._domainkey.b.test"]
    single = {"KeyFile": "/keys/a", "Domain": "a.test, b.test", "Selector": "s"}
    assert opendkim.key_files(host, single) == {"a.test/s": "/keys/a", "b.test/s": "/keys/a"}


def test_settings_of_unbound(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("remote-control:\n  control-enable: no\n", encoding="utf-8")
    main = tmp_path / "unbound.conf"
    text = (
        'server: # all\n  interface: 127.0.0.1\n  interface: ::1\n  module-config: "validator '
        'iterator"\n'
    )
    main.write_text(
        text + f'  local-zone: "test." nodefault\ninclude-toplevel: "{tmp_path}/*ore.conf"\n',
        encoding="utf-8",
    )
    found: dict[str, list[str]] = {}
    resolver.clauses(reader.Host(run), str(main), found)
    assert found == {
        "server/interface": ["127.0.0.1", "::1"],
        "server/module-config": ["validator iterator"],
        "server/local-zone": ['"test." nodefault'],
        "remote-control/control-enable": ["no"],
    }


def test_settings_of_spamassassin() -> None:
    text = (
        "# local\nrequired_score 5.0 # points\ntrusted_networks 10.0.0.1\ntrusted_networks "
        f"10.0.0.2\nbayes_sql_password {SECRET}\n"
    )
    found = spamassassin.settings(text)
    assert (found["required_score"], found["trusted_networks"]) == ("5.0", "10.0.0.1; 10.0.0.2")
    assert spamassassin.settings("score MISSING_FROM 10\nscore GTUBE 1000\n") == {
        "score MISSING_FROM": "10",
        "score GTUBE": "1000",
    }
    assert SECRET not in json.dumps(found)


def test_a_resolver_that_is_not_there_is_no_answer() -> None:
    assert resolver.authentic("127.0.0.254") is None
    assert resolver.question("", 6)[2:] == bytes.fromhex("012000010000000000000000060001")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize("kind", ["ED25519", "RSA"])
def test_of_a_key_only_what_is_public_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", kind, "-out", str(path)],
        check=True,
        capture_output=True,
    )
    request = [
        "openssl",
        "req",
        "-x509",
        "-new",
        "-key",
        str(path),
        "-subj",
        "/CN=mx1.example.org",
        "-days",
        "2",
    ]
    subprocess.run([*request, "-out", str(tmp_path / "c.pem")], check=True, capture_output=True)
    host = reader.Host(run)
    data = x509_files.public(host, str(path))
    assert data is not None
    record = x509_files.published(data)
    assert record["k"] == kind.lower()
    assert len(record["p"]) == 44 if kind == "ED25519" else len(record["p"]) > 300
    told: dict[str, t.Any] = {
        "key": x509_files.key(host, str(path)),
        "record": record,
        "leaf": x509_files.certificate(host, str(tmp_path / "c.pem")),
    }
    assert told["leaf"]["spki_sha256"] == told["key"]["spki_sha256"]
    private = [
        line for line in path.read_text(encoding="ascii").splitlines() if "-----" not in line
    ]
    assert not [line for line in private if line in json.dumps(told)]
    assert host.missing == {}


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    host = reader.Host(run)
    gone = tmp_path / "gone"
    assert (host.read(str(gone)), host.about(str(gone)), host.read(str(tmp_path))) == (
        None,
        None,
        None,
    )
    assert host.missing == {
        str(gone): "No such file or directory",
        str(tmp_path): "is no regular file",
    }
    assert host.run("false") is None
    assert host.run("no-such-program") is None
    assert (host.missing["false"], host.missing["no-such-program"]) == (
        "ended with 1",
        "there is no such program",
    )
    assert x509_files.certificate(host, str(gone)) == {
        "sha256": "",
        "spki_sha256": "",
        "not_after": "",
        "mtime": None,
        "chain": 0,
    }


def test_the_whole_observation_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "authentic", lambda _server: None)
    seen = collect.observe(run, "mx1.example.org")
    assert (seen["probe"], seen["target"], seen["params"], seen["error"]) == (
        "host_config",
        "mx1.example.org",
        {},
        None,
    )
    always = {
        "certificates",
        "keys",
        "next_keys",
        "listeners",
        "addresses",
        "egress",
        "resolver",
        "packages",
        "missing",
    }
    assert always <= set(seen["facts"])
    json.dumps(seen)
