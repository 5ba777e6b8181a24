# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Odd files, tables and outputs of programs on a host: they are read, and what was read is judged,
without what isolates exceptions.
"""

from __future__ import annotations

import contextlib
import functools
import json
import typing as t
from pathlib import Path

import pytest
import strategies

from ansible_collections.airtight.mail.plugins.module_utils._host_config import (
    collect,
    effective_settings,
    network,
    reader,
    resolver,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan import vantage
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.tests.unit.helpers import host_config, host_reader
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context_of,
    recorded,
)

CHECKS = evaluate.choose(groups=["host"])
TABLES = ("hash:/etc/x", "cidr:/etc/y", "pcre:/z", "static:all", "inline:{ a=b }", "texthash:/t")
LIST = (
    *TABLES,
    "/etc/list",
    "!",
    ",",
    " ",
    "{",
    "}",
    "$x",
    "proxy:",
    "unionmap:{",
    "permit",
    "ALL",
)
NETWORKS = (
    "0.0.0.0/0",
    "192.0.2.0/24",
    "[::]/0",
    "127.0.0.0/8",
    "192.0.2.1/33",
    "::ffff:0.0.0.0/96",
)
#: Facts that a person or a daemon words.
TEXTS = (
    *(
        "parameters",
        "main",
        "defaults",
        "tables",
        "settings",
        "lists",
        "acl",
        "files",
        "interfaces",
    ),
    *("rows", "answers", "nameservers", "command", "version", "missing", "learning", "spamd"),
)
#: Lines of what is read, by a part of the name of the file or program.
LINES: dict[str, tuple[str, ...]] = {
    "postconf -M": (
        *(
            "smtp inet n - y - - smtpd",
            "465 inet n - n - 1 smtpd -o a=b",
            "x:99999 inet n - n - - smtpd",
        ),
        *(
            "pickup unix n - y 60 1 pickup",
            "smtp inet n - y - - smtpd -o smtpd_sasl_password=x",
            "a b",
        ),
    ),
    "postconf": (
        *("smtpd_relay_restrictions = ", "mynetworks = ", "mydestination = ", "relay_domains = "),
        *(
            "smtpd_client_restrictions = check_client_access ",
            "smtpd_restriction_classes = permit ",
        ),
        *("smtp/inet/mynetworks = ", "inet_interfaces = ", "smtpd_milters = ", "mail_version = 3."),
        *("compatibility_level = ", "debug_peer_list = ", "smtpd_authorized_xclient_hosts = "),
        *("smtpd_tls_chain_files = /c, /k", "proxy_interfaces = ", "smtpd_sender_login_maps = "),
        *("smtp/inet/smtpd_tls_security_level = ", "relayhost = ", "smtpd_delay_reject = "),
        *("smtpd_recipient_restrictions = check_recipient_access ", "recipient_delimiter = "),
        *("smtp_tls_security_level = dane", "smtp_dns_support_level = dnssec"),
        *("smtpd_tls_ciphers = ", "smtpd_tls_protocols = ", "default_privs = ", "alias_maps = "),
    ),
    "/proc/net/tcp": (
        *(" 0: 0100007F:0019 00000000:0000 0A 0:0 0:0 0 0 0 77", " 0: : 0:0 0A 0 0 0 0 0 7"),
        *(" 0: FFFFFFFFFFFFFFFFF:1 0:0 0A 0 0 0 0 0 7", " 0: 0100007F:FFFFF 0:0 0A 0 0 0 0 0 7"),
        *(" 0: zz:zz 0:0 0A 0 0 0 0 0 7", " 0: 010000:0019 0:0 0A 0 0 0 0 0 7"),
    ),
    "fib_trie": ("  |-- 192.0.2.25\n     /32 host LOCAL", "  |-- 999.0.2.25\n     /32 host LOCAL"),
    "if_inet6": ("20010db8000000000000000000000025 02 40 00 80 eth0", "20010db8 1", "zz", "\u0663"),
    "resolv.conf": ("nameserver 127.0.0.53", "nameserver fe80::1%eth0", "nameserver x", "options"),
    "cmdline": ("/usr/sbin/opendkim\0-x\0/etc/x", "/usr/sbin/spamd -d --pidfile", "spamd\0"),
    "dpkg": ("installed postfix 3.7", "installed", "installed exim4-base \u00b2"),
    "-bP": (
        *(
            "acl_smtp_rcpt = acl_check",
            "begin acl",
            "acl_check:",
            "accept hosts = *",
            "hosts = +x : *",
        ),
        *("hostlist x = <; 0.0.0.0/0 ; /etc/f", "domainlist d = *", "deny", "begin transports"),
        *(
            "interface = 192.0.2.1",
            "accept  hosts = 192.0.2.0/\u00b2",
            "no_disable_ipv6",
            "!",
            "endpass",
        ),
    ),
    "dove": (
        *(
            "passdb {",
            "passdb x {",
            "}",
            "driver = passwd-file",
            "args = ",
            "args = scheme= /etc/p",
        ),
        *(
            "passwd_file_path = /etc/p",
            "passwd_file_path = ",
            "ssl = no",
            "listen = ",
            "2.3.19 (x)",
        ),
        *(
            "passdb {\n driver = passwd-file\n args = ",
            "passdb {\n driver = passwd-file\n args = scheme=x",
        ),
        *("login_trusted_networks = ", "haproxy_trusted_networks = ", "default_password_scheme ="),
        *(
            "ssl_cert = </etc/c",
            "ssl_key = </etc/k",
            "inet_listener imap {",
            "port = ",
            "protocol {",
        ),
    ),
    "opendkim": (
        *(
            "KeyTable /etc/t",
            "KeyFile /k",
            "Domain a,b",
            "Selector ",
            "InternalHosts /h",
            "Include /i",
        ),
        *(
            "InternalHosts csl:0.0.0.0/0,!x",
            "Socket inet:\u00b2@",
            "KeyTable csl::",
            "Mode s",
            "MTA x",
        ),
    ),
    "spamassassin": ("use_bayes 1", "score X 1", "bayes_path /b", "include x", "trusted_networks "),
    "unbound": (
        "server:",
        "access-control: 0.0.0.0/0 allow",
        "include: x",
        'interface: "',
        "port: ",
    ),
    "openssl": (
        *("notAfter=Nov 22 22:00:00 2027 GMT", "notAfter=Nov 99 22:00:00 99999 GMT", "notAfter="),
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    ),
    "": (
        *(
            "a OK",
            "0.0.0.0/0 OK",
            "/^(.*$/ permit",
            "!/x/ y",
            "if /x/",
            "endif",
            "u:{CRYPT}$6$x",
            "u:::",
        ),
        *(
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "<>",
            "[192.0.2.1]",
            "u:$y$:",
        ),
    ),
}
ROUTE = (
    "eth0 00000000 010200C0 0003 0 0 0 00000000",
    "eth0 0200C0 zz 1 1 1 1 FFFFFF01",
    "Iface",
    "",
)
ROUTE6 = (
    *(
        f"20010db8000000000000000000000000 40 00 00 00 {'0' * 32} 0 0 0 1 eth0",
        "zz",
    ),
    *("00 ff 00 00 zz 0 0 0 0 eth0", "20010db8000000000000000000000000 99 0 0 00 0 0 0 0 eth0"),
)


@functools.lru_cache(maxsize=1)
def outputs() -> dict[str, list[str]]:
    """The lines of recorded output of real daemons."""
    return {
        path.name: path.read_text(encoding="utf-8").splitlines()
        for path in sorted(Path(host_reader.RECORDED).iterdir())
    }


class OddHost(reader.Host):
    """A host whose files and programs say odd things."""

    def __init__(self, dice: strategies.Dice) -> None:
        super().__init__(lambda _argv, _given: (1, "", ""))
        self.dice = dice

    def text(self, name: str) -> str | None:
        """What one of them says."""
        choice = self.dice.random
        known = [line for part, lines in LINES.items() if part in name for line in lines]
        recording = choice.choice([*outputs().values(), known])
        lines = [
            self.line(choice.choice((known, known, recording)))
            for _n in range(choice.randrange(12))
        ]
        return "\n".join(lines) if choice.random() < 0.95 else None

    def line(self, lines: t.Sequence[str]) -> str:
        """One line, which may go on with an odd value."""
        choice = self.dice.random
        odd = choice.choice((strategies.ODD, LIST, NETWORKS))
        line = choice.choice(lines)
        return line + "".join(choice.choice(odd) for _n in range(choice.choice((0, 0, 1, 3))))

    def which(self, *names: str) -> str | None:
        return f"/usr/sbin/{names[0]}" if self.dice.random.random() < 0.9 else None

    def run(self, *argv: str, **_how: t.Any) -> str | None:
        return self.learnt(self.text(" ".join(argv[:2])))

    def query(self, *_argv: str, given: str) -> str | None:
        keys = given.split("\n")
        choice = self.dice.random
        found = [f"{choice.choice(keys)}\t{self.line(LIST)}" for _n in range(choice.randrange(4))]
        return "\n".join(found) if choice.random() < 0.9 else None

    def read(self, path: str, **_how: t.Any) -> str | None:
        return self.learnt(self.text(path))

    def learnt(self, text: str | None) -> str | None:
        """What was read, after its secrets were noted."""
        self.secrets.learn(text or "")
        return text

    def about(self, _path: str) -> dict[str, t.Any] | None:
        choice = self.dice.random
        mode, owner = choice.choice(("0644", "4777", "0000")), choice.choice(("root", "1000"))
        known = {"mode": mode, "owner": owner, "group": "root", "mtime": choice.randrange(2**31)}
        return known if choice.random() < 0.9 else None

    def glob(self, pattern: str) -> list[str]:
        return [pattern] if self.dice.random.random() < 0.5 else []


@functools.lru_cache(maxsize=1)
def expected() -> list[dict[str, t.Any]]:
    """Settings to compare with, of every daemon."""
    return [
        {"daemon": daemon, "name": name, "value": value}
        for daemon in effective_settings.DAEMONS
        for name, value in (("x", "y"), ("mynetworks", ["a"]), ("ssl", None))
    ]


@pytest.fixture(name="unconnected")
def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked, and no process is looked at."""
    monkeypatch.setattr(resolver, "validates", lambda _server: None)
    monkeypatch.setattr(network, "_owners", dict)
    monkeypatch.setattr(network, "egress_addresses", lambda: {"ipv4": "192.0.2.25"})


def facts_of(host: OddHost) -> dict[str, t.Any]:
    """All facts of a host, as they are stored."""
    facts: dict[str, t.Any] = dict(collect.host_facts(host, ["/etc/next"]))
    facts["effective_settings"] = effective_settings.effective_rows(host, facts, expected())
    found: dict[str, t.Any] = json.loads(json.dumps(host.secrets.hidden(facts)))
    return found


@pytest.mark.usefixtures("unconnected")
def test_host_facts(count: t.Callable[[], None]) -> None:
    @strategies.seeded(8)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            facts = facts_of(OddHost(dice))
            strategies.judge(host_config.context(facts), CHECKS)

    run()


def test_routes(count: t.Callable[[], None]) -> None:
    """The routes of a vantage are read, or refused with ValueError."""

    @strategies.seeded(10)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            ipv4, ipv6 = (
                [
                    (dice.random.choice(lines) + dice.random.choice(("", *strategies.ODD))).split()
                    for _line in range(dice.random.randrange(4))
                ]
                for lines in (ROUTE, ROUTE6)
            )
            with contextlib.suppress(ValueError):
                vantage.on_link("192.0.2.25", vantage.parse_routes(ipv4, ipv6))

    run()


@functools.lru_cache(maxsize=1)
def recordings() -> list[tuple[t.Any, dict[str, t.Any]]]:
    """Every recording of the checks of this group."""
    return [(check, entry) for check in CHECKS for entry in recorded(check.id).values()]


def test_evaluators_of_odd_facts(count: t.Callable[[], None]) -> None:
    """Facts of real hosts, of which some texts are odd."""

    @strategies.seeded(15)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            check, entry = dice.random.choice(recordings())
            observations = [
                {**seen, "facts": dice.odd(seen["facts"], 0.1, TEXTS)}
                for seen in entry["observations"]
            ]
            strategies.judge(context_of(entry, observations), [check])

    run()


@pytest.mark.parametrize("text", [*strategies.ODD, "/\0", "/x" * 3000, "[", "**"])
def test_odd_paths(text: str) -> None:
    """A path that a configuration may name is read or noted."""
    host = reader.Host(lambda _argv, _given: (1, "", ""))
    host.run("true", text)
    host.query("true", text, given="")
    json.dumps([host.read(text), host.about(text), host.glob(text), host.missing])
