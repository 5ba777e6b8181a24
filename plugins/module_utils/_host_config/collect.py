# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole configuration of a mail host as one observation. Read-only; it holds no secret.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import functools
import re
import typing as t

from .._model import Job, Observation, exception_text, observation
from . import (
    dovecot,
    effective_settings,
    exim,
    network,
    opendkim,
    postfix,
    resolver,
    spamassassin,
    x509_files,
)
from .reader import Host, Run
from .staged import StagedHost

if t.TYPE_CHECKING:
    from .facts import HostConfigFacts

PROBE = "host_config"
ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "next_keys": {"type": "list", "elements": "path", "default": [], "no_log": False},
    "expected": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": effective_settings.EXPECTED,
    },
}
DAEMONS: dict[str, t.Callable[[Host], dict[str, t.Any] | None]] = {
    "postfix": postfix.postfix_facts,
    "dovecot": dovecot.dovecot_facts,
    "exim": exim.exim_facts,
    "opendkim": opendkim.opendkim_facts,
    "spamassassin": spamassassin.spamassassin_facts,
    "unbound": resolver.unbound_facts,
}
#: Packages whose versions are read.
PACKAGES = (
    "postfix",
    "dovecot-core",
    "exim4-base",
    "opendkim",
    "rspamd",
    "spamassassin",
    "spamass-milter",
    "unbound",
    "openssl",
    "fail2ban",
)
#: Daemons that name files of TLS, and the parts of the facts that are about those files.
TLS_DAEMONS = ("postfix", "dovecot", "exim")
TLS_FILES = ("certificates", "keys")
EFFECTIVE = "effective_settings"
_FILE = re.compile(r"<?\s*(/[^\s,<>]+)")
_CERTIFICATES = re.compile(
    r"^(smtpd_tls_(chain_files|(ec|d)?cert_file)|ssl_(alt_)?cert|(ssl_server_)?(alt_)?cert_file|tls_certificate)$"
)
_PRIVATE = re.compile(
    r"^(smtpd_tls_(ec|d)?key_file|ssl_(alt_)?key|(ssl_server_)?(alt_)?key_file|tls_privatekey)$"
)


def _values(facts: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, str]]:
    """Every setting of the daemons that speak TLS, by its name without sections."""
    mta = facts.get("postfix", {})
    for settings in (
        mta.get("defaults", {}),
        *(entry["parameters"] for entry in mta.get("services", {}).values()),
    ):
        yield from settings.items()
    for daemon in ("dovecot", "exim"):
        for name, value in facts.get(daemon, {}).get("settings", {}).items():
            yield name.rsplit("/", 1)[-1], value


def tls_files(facts: t.Mapping[str, t.Any]) -> tuple[list[str], list[str]]:
    """The files of certificates and the files of keys that the configuration names."""
    certificates: list[str] = []
    private: list[str] = []
    for name, value in _values(facts):
        if _CERTIFICATES.match(name):
            certificates += _FILE.findall(value)
        elif _PRIVATE.match(name):
            private += _FILE.findall(value)
    return list(dict.fromkeys(certificates)), list(dict.fromkeys(private))


def _tls_facts(host: Host, facts: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The certificates and keys that the configuration names."""
    certificate_files, key_files = tls_files(facts)
    certificates = {}
    for path in certificate_files:
        certificate = x509_files.certificate(host, path)
        if certificate:
            certificates[path] = certificate
        text = host.read(path, quiet=True) or ""
        if "PRIVATE KEY-----" in text and path not in key_files:
            key_files.append(path)
    keys = {path: x509_files.private_key(host, path) for path in key_files}
    return {"certificates": certificates, "keys": keys}


def packages(host: Host) -> dict[str, str]:
    """The installed packages and their versions, where dpkg knows them."""
    if host.which("dpkg-query") is None:
        return {}
    output = host.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n") or ""
    lines = [line.split() for line in output.splitlines()]
    return {
        words[1]: words[2]
        for words in lines
        if len(words) == 3 and words[0] == "installed" and words[1] in PACKAGES
    }


class Reading:
    """The facts of a host as they are read, part by part.

    exceptions: part to the exception that ended its reading; it costs nothing but that part.
    """

    def __init__(self) -> None:
        self.facts: dict[str, t.Any] = {}
        self.exceptions: dict[str, str] = {}

    def add(self, parts: t.Sequence[str], read: t.Callable[[], t.Mapping[str, t.Any]]) -> None:
        """Read some parts; those that are None are left out."""
        try:
            found = read()
        except Exception as exc:
            self.exceptions.update(dict.fromkeys(parts, exception_text(exc)))
            return
        self.facts.update({part: value for part, value in found.items() if value is not None})

    def cost(self, causes: t.Iterable[str], parts: t.Sequence[str]) -> None:
        """Parts that are not whole because others were not read."""
        for cause in causes:
            if cause in self.exceptions:
                self.exceptions.update(dict.fromkeys(parts, self.exceptions[cause]))

    def complete(self, host: Host) -> HostConfigFacts:
        """What was read, with what was not."""
        self.facts["missing"] = host.missing
        if self.exceptions:
            self.facts["exceptions"] = self.exceptions
        return t.cast("HostConfigFacts", self.facts)


def host_facts(
    host: Host,
    next_keys: t.Sequence[str] = (),
    expected: t.Sequence[dict[str, t.Any]] = (),
) -> HostConfigFacts:
    """The facts of the host; a daemon that is not installed has none."""
    reading = _daemons(host, DAEMONS)
    facts = reading.facts
    reading.add(
        ["next_keys"],
        lambda: {"next_keys": {path: x509_files.private_key(host, path) for path in next_keys}},
    )
    reading.add(["listeners", "addresses", "egress"], lambda: network.network_facts(host))
    reading.add(["resolver"], lambda: {"resolver": resolver.resolver_facts(host)})
    reading.add(["packages"], lambda: {"packages": packages(host)})
    if expected:
        read = functools.partial(effective_settings.effective_rows, host, facts, expected)
        reading.add([EFFECTIVE], lambda: {EFFECTIVE: read()})
    return reading.complete(host)


def _daemons(host: Host, names: t.Iterable[str]) -> Reading:
    """The facts of some daemons, with the files of TLS that they name."""
    reading = Reading()
    for name in names:
        reading.add([name], functools.partial(_daemon, host, name, DAEMONS[name]))
    reading.add(TLS_FILES, lambda: _tls_facts(host, reading.facts))
    reading.cost(TLS_DAEMONS, TLS_FILES)
    return reading


def _daemon(
    host: Host, name: str, read: t.Callable[[Host], dict[str, t.Any] | None]
) -> dict[str, t.Any]:
    """The facts of one daemon, by its name."""
    return {name: read(host)}


def daemon_facts(
    run: Run, daemons: t.Iterable[str], places: t.Mapping[str, str]
) -> HostConfigFacts:
    """The configuration of some daemons alone, with the certificates and keys that it names, and
    nothing about what runs. places: where files are that are not in force yet.
    """
    host = StagedHost(run, places)
    reading = _daemons(host, daemons)
    reading.add(["addresses"], lambda: {"addresses": network.addresses(host)})
    return t.cast("HostConfigFacts", host.secrets.hidden(reading.complete(host)))


def observe(
    run: Run,
    name: str,
    next_keys: t.Sequence[str] = (),
    expected: t.Sequence[dict[str, t.Any]] = (),
) -> Observation:
    """The observation of this host as the target of a name. expected: settings to compare with."""
    started = datetime.datetime.now(datetime.timezone.utc)
    host = Host(run)
    facts = host_facts(host, next_keys, expected)
    facts = t.cast("HostConfigFacts", host.secrets.hidden(facts))
    elapsed = datetime.datetime.now(datetime.timezone.utc) - started
    extra = {
        "source": "",
        "started": started.isoformat(timespec="milliseconds"),
        "seconds": round(elapsed.total_seconds(), 3),
    }
    return observation(Job(PROBE, name, "host", "", 0, {}), facts, None, [], extra)
