# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that a mail host can tell of itself, as one observation. Read-only; no secret is in
it.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from .._model import Job, Observation, observation
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
    "postfix": postfix.look,
    "dovecot": dovecot.look,
    "exim": exim.look,
    "opendkim": opendkim.look,
    "spamassassin": spamassassin.look,
    "unbound": resolver.unbound,
}
#: Packages whose version is told.
PACKAGES = (
    *(
        "postfix",
        "dovecot-core",
        "exim4-base",
        "opendkim",
        "rspamd",
        "spamassassin",
        "spamass-milter",
    ),
    *("unbound", "openssl", "fail2ban"),
)
_FILE = re.compile(r"<?\s*(/[^\s,<>]+)")
_CERTIFICATES = re.compile(
    r"^(smtpd_tls_(chain_files|(ec|d)?cert_file)|ssl_(alt_)?cert|(ssl_server_)?(alt_)?cert_file|tls_certificate)$"
)
_PRIVATE = re.compile(
    r"^(smtpd_tls_(ec|d)?key_file|ssl_(alt_)?key|(ssl_server_)?(alt_)?key_file|tls_privatekey)$"
)


def _values(facts: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, str]]:
    """Every setting of the daemons that speak TLS, without the sections around it."""
    mta = facts.get("postfix", {})
    for settings in (
        mta.get("defaults", {}),
        *(entry["parameters"] for entry in mta.get("services", {}).values()),
    ):
        yield from settings.items()
    for daemon in ("dovecot", "exim"):
        for name, value in facts.get(daemon, {}).get("settings", {}).items():
            yield name.rsplit("/", 1)[-1], value


def files(facts: t.Mapping[str, t.Any]) -> tuple[list[str], list[str]]:
    """The files that the daemons' configuration names: those with certificates, and those with
    keys.
    """
    certificates: list[str] = []
    private: list[str] = []
    for name, value in _values(facts):
        if _CERTIFICATES.match(name):
            certificates += _FILE.findall(value)
        elif _PRIVATE.match(name):
            private += _FILE.findall(value)
    return list(dict.fromkeys(certificates)), list(dict.fromkeys(private))


def _tls(host: Host, facts: dict[str, t.Any], more: t.Sequence[str]) -> None:
    certificates, private = files(facts)
    facts["certificates"] = {}
    for path in certificates:
        found = x509_files.certificate(host, path)
        if found:
            facts["certificates"][path] = found
        text = host.read(path, quiet=True) or ""
        if "PRIVATE KEY-----" in text and path not in private:
            private.append(path)
    facts["keys"] = {path: x509_files.key(host, path) for path in private}
    facts["next_keys"] = {path: x509_files.key(host, path) for path in more}


def packages(host: Host) -> dict[str, str]:
    """Installed packages and their versions, where dpkg knows them."""
    if host.which("dpkg-query") is None:
        return {}
    told = host.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n") or ""
    lines = [line.split() for line in told.splitlines()]
    return {
        words[1]: words[2]
        for words in lines
        if len(words) == 3 and words[0] == "installed" and words[1] in PACKAGES
    }


def gather(host: Host, more: t.Sequence[str] = ()) -> HostConfigFacts:
    """The facts; a daemon that is absent is absent from them."""
    facts: dict[str, t.Any] = {}
    for name, look in DAEMONS.items():
        found = look(host)
        if found is not None:
            facts[name] = found
    _tls(host, facts, more)
    facts.update(network.look(host))
    facts["resolver"] = resolver.asked(host)
    facts["packages"] = packages(host)
    facts["missing"] = host.missing
    return t.cast("HostConfigFacts", facts)


def observe(
    run: Run,
    name: str,
    next_keys: t.Sequence[str] = (),
    expected: t.Sequence[dict[str, t.Any]] = (),
) -> Observation:
    """One observation of this host, as the target of that name; expected: settings that were
    decided.
    """
    started = datetime.datetime.now(datetime.timezone.utc)
    host = Host(run)
    facts = gather(host, next_keys)
    if expected:
        facts["in_force"] = effective_settings.look(host, facts, expected)
    elapsed = datetime.datetime.now(datetime.timezone.utc) - started
    extra = {
        "source": "",
        "started": started.isoformat(timespec="milliseconds"),
        "seconds": round(elapsed.total_seconds(), 3),
    }
    return observation(Job(PROBE, name, "host", "", 0, {}), facts, None, [], extra)
