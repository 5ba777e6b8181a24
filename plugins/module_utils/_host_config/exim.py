# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Exim: the options that the checks need, and the ACL for recipients.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .reader import Host, without_secrets

#: Main options that are read; all others stay on the host, since they may hold passwords.
OPTIONS = (
    "acl_smtp_rcpt",
    "acl_smtp_mail",
    "acl_smtp_auth",
    "acl_smtp_connect",
    "acl_smtp_helo",
    "acl_smtp_vrfy",
    "acl_smtp_expn",
    "acl_smtp_etrn",
    "acl_smtp_data",
    "acl_smtp_predata",
    "auth_advertise_hosts",
    "tls_advertise_hosts",
    "tls_certificate",
    "tls_privatekey",
    "tls_on_connect_ports",
    "tls_require_ciphers",
    "openssl_options",
    "gnutls_require_mode",
    "daemon_smtp_ports",
    "local_interfaces",
    "hosts_proxy",
    "host_lookup",
    "untrusted_set_sender",
    "trusted_users",
    "percent_hack_domains",
    "smtp_accept_max",
    "smtp_accept_max_nonmail",
    "smtp_enforce_sync",
    "chunking_advertise_hosts",
    "pipelining_advertise_hosts",
    "disable_ipv6",
    "primary_hostname",
    "qualify_domain",
    "exim_user",
    "never_users",
    "dkim_verify_signers",
)
_LIST = re.compile(r"^\s*(host|domain)list\s+(?:\w+\s+)?(\w+)\s*=\s*(.*)$")
_VERB = re.compile(r"^(accept|deny|require|drop|defer|discard|warn)\b\s*(.*)$")


def options(text: str) -> dict[str, str]:
    """The main options that are read, from the output of exim -bP."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        switch = re.match(r"(no_)?(\w+)$", line.strip())
        if equals and name.strip() in OPTIONS:
            found[name.strip()] = without_secrets(name.strip(), value.strip())
        elif switch and switch[2] in OPTIONS:
            found[switch[2]] = "no" if switch[1] else "yes"
    return found


def lists(text: str) -> dict[str, str]:
    """The named lists of hosts and domains in the configuration as Exim read it."""
    return {
        match[2]: without_secrets("", match[3].strip())
        for match in map(_LIST.match, text.splitlines())
        if match
    }


def acl(text: str, name: str) -> list[list[str]]:
    """The statements of an ACL: each the verb, its conditions and its modifiers."""
    found: list[list[str]] = []
    in_acl = False
    for raw in text.splitlines():
        line = raw.strip()
        if re.match(rf"begin\s|{re.escape(name)}:$|\w+:$", line):
            in_acl = line == name + ":"
            continue
        verb = _VERB.match(line) if in_acl else None
        if verb:
            found.append([verb[1]])
            line = verb[2]
        if in_acl and found and line and not line.startswith("#"):
            found[-1].append(without_secrets("", line))
    return found


def exim_facts(host: Host) -> dict[str, t.Any] | None:
    """The facts of Exim; None where it is not installed."""
    program = host.which("exim4", "exim")
    if program is None:
        return None
    version = re.search(r"version (\S+)", host.run(program, "-bV") or "")
    settings = options(host.run(program, "-bP") or "")
    text = host.run(program, "-bP", "config") or ""
    return {
        "version": version[1] if version else "",
        "settings": settings,
        "lists": lists(text),
        "acl": acl(text, settings.get("acl_smtp_rcpt", "")),
    }
