# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Exim: the options that the checks need, and the ACLs up to recipients.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .redaction import without_secrets

if t.TYPE_CHECKING:
    from .reader import Host

#: How many lines of a file that a list names are returned.
MAX_LINES = 2000
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
    "host_reject_connection",
    "hosts_require_helo",
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
#: The options that name the ACLs before that for recipients, in the order in which they are run.
_BEFORE = ("acl_smtp_connect", "acl_smtp_helo", "acl_smtp_mail")
_LIST = re.compile(r"^\s*(?:hide\s+)?(host|domain)list(?:_cache)?\s+(?:\w+\s+)?(\w+)\s*=\s*(.*)$")
_PATH = re.compile(r"(?:^|[\s:;!<])(/[^\s:;,$]+)")
_INTERFACE = re.compile(r"^\s*interface\s*=\s*(.*)$")
_AUTHENTICATOR = re.compile(r"^\s*([\w-]+):\s*$")
#: Drivers whose server_condition alone decides; the others have compared a password before.
_DECIDES = re.compile(r"^\s*driver\s*=\s*\"?(?:plaintext|external)\"?\s*$")
_TRUE = re.compile(r"^\s*server_condition\s*=\s*\"?(?:1|yes|true)\"?\s*$", re.IGNORECASE)
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


def joined(text: str) -> str:
    """A configuration with continued lines joined."""
    return re.sub(r"\\[ \t]*\n[ \t]*", "", text)


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
        if re.match(rf"begin\s|{re.escape(name)}:$|[\w.-]+:$", line):
            in_acl = line == name + ":"
        elif in_acl:
            _add_line(found, line)
    return found


def _add_line(found: list[list[str]], line: str) -> None:
    """Add a line of an ACL to its statements."""
    verb = _VERB.match(line)
    if verb:
        found.append([verb[1]])
        line = verb[2]
    if found and line and not line.startswith("#"):
        found[-1].append(without_secrets("", line))


def statements(host: Host, text: str, value: str) -> list[list[str]]:
    """The statements of the ACL that an option names: by its name, a file, or in itself."""
    lines = None
    if value.startswith("/"):
        lines = joined(host.read(value) or "")
    elif _VERB.match(value.strip()):
        lines = value.replace("\\n", "\n")
    if lines is None:
        return acl(text, value)
    found: list[list[str]] = []
    for line in lines.splitlines():
        _add_line(found, line.strip())
    return found


def files(host: Host, texts: t.Iterable[str]) -> dict[str, list[str]]:
    """The lines of the files that lists name; a file that cannot be read whole is left out."""
    found: dict[str, list[str]] = {}
    for path in dict.fromkeys(path for text in texts for path in _PATH.findall(text)):
        text = host.read(path)
        lines = [line.split("#")[0].strip() for line in (text or "").splitlines()]
        if text is None or path in host.missing:
            continue
        if len(lines) > MAX_LINES:
            host.missing[path] = f"has more than {MAX_LINES} lines"
            continue
        found[path] = [without_secrets("", line) for line in lines if line]
    return found


def _section(text: str, name: str) -> list[str]:
    """The lines between begin NAME and the next begin."""
    _before, _begin, section = text.partition(f"begin {name}")
    return re.split(r"(?m)^\s*begin\s", section)[0].splitlines()


def interfaces(text: str) -> list[str]:
    """The addresses that the transports send from."""
    lines = map(_INTERFACE.match, _section(text, "transports"))
    return list(dict.fromkeys(match[1].strip() for match in lines if match))


def open_authenticators(text: str) -> list[str]:
    """The authenticators that accept every login, because their server_condition is true in itself
    (Exim specification, chapter 33). What else a condition says may hold passwords and stays here.
    """
    options: dict[str, list[str]] = {"": []}
    for line in _section(text, "authenticators"):
        heading = _AUTHENTICATOR.match(line)
        if heading:
            options[heading[1]] = []
        else:
            options[next(reversed(options))].append(line)
    return [
        name
        for name, lines in options.items()
        if any(map(_TRUE.match, lines)) and any(map(_DECIDES.match, lines))
    ]


def exim_facts(host: Host) -> dict[str, t.Any] | None:
    """The facts of Exim; None where it is not installed."""
    program = host.which("exim4", "exim")
    if program is None:
        return None
    version = re.search(r"version (\S+)", host.run(program, "-bV") or "")
    settings = options(host.run(program, "-bP") or "")
    text = joined(host.run(program, "-bP", "config") or "")
    named = lists(text)
    found = statements(host, text, settings.get("acl_smtp_rcpt", ""))
    before = {
        name: statements(host, text, settings[name]) for name in _BEFORE if settings.get(name)
    }
    listed = [*named.values(), settings.get("host_reject_connection", "")]
    for statement in [*found, *(each for several in before.values() for each in several)]:
        listed += [entry for entry in statement if "hosts" in entry or "domains" in entry]
    return {
        "version": version[1] if version else "",
        "settings": settings,
        "lists": named,
        "acl": found,
        "acls_before": before,
        "files": files(host, listed),
        "interfaces": interfaces(text),
        "open_authenticators": open_authenticators(text),
    }
