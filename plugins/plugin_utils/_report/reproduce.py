# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reproduce a finding: a command, and what to type into it, from the conversation that decided.

Pure: a verdict in, text for a shell out. No text of a server gets into a command.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import shlex
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import SERVICES, is_address
from ansible_collections.airtight.mail.plugins.module_utils._probes.other_ports import SIDE

from .evidence import (
    Endpoint,
    Transcript,
    commands_by_reply,
    deciding_evidence,
    deciding_line,
    parsed_endpoint,
)

if t.TYPE_CHECKING:
    from .grouping import Verdict

#: Old versions that OpenSSL can still be told to offer.
OLD_VERSIONS = {"TLSv1.1": "-tls1_1", "TLSv1": "-tls1"}
#: More lines than these nobody types.
MAX_LINES = 12


class Steps(t.NamedTuple):
    """A command, and the lines to type once it is connected."""

    command: str
    lines: list[str]


def reproduction(verdict: Verdict) -> Steps | None:
    """The steps that show the finding again; None where no single connection shows it."""
    for entry in deciding_evidence(verdict):
        endpoint = parsed_endpoint(entry["subject"])
        if endpoint and entry["transcript"] and endpoint.service in (*SERVICES, SIDE) and is_address(endpoint.address):
            name = str(verdict.get("host", verdict["target"]))
            return _steps(str(verdict["check"]), name, endpoint, entry["transcript"], entry["sentence"])
    return None


def _steps(check: str, name: str, endpoint: Endpoint, lines: Transcript, sentence: str) -> Steps | None:
    hellos = [text.split()[1:2] for who, text in lines if who == "*" and text.startswith("ServerHello: ")]
    if hellos:
        version = hellos[-1][0] if hellos[-1] else ""
        if check == "tls_versions" and version in OLD_VERSIONS:
            options = (OLD_VERSIONS[version], "-cipher", "DEFAULT@SECLEVEL=0")
            return Steps(f"{_openssl(name, endpoint, lines, *options)} </dev/null", [])
        return Steps(_nmap(endpoint), [])
    if check.startswith("certificate_"):
        verify = [] if is_address(name) else ["-verify_hostname", name]
        show = "openssl x509 -noout -subject -issuer -dates"
        return Steps(f"{_openssl(name, endpoint, lines, *verify)} </dev/null | {show}", [])
    decisive = deciding_line(lines, sentence)
    return _dialog(name, endpoint, lines[: commands_by_reply(lines).get(decisive, decisive) + 1])


def _needed_commands(sent: list[str]) -> list[str]:
    """The commands up to the first sender, and those since the last RSET."""
    sent = sent[:-1] if sent[-1:] == ["QUIT"] else sent
    if "RSET" not in sent:
        return sent
    senders = (index for index, text in enumerate(sent) if text.upper().startswith("MAIL FROM:"))
    last_reset = len(sent) - 1 - sent[::-1].index("RSET")
    return sent[: next(senders, 0)] + sent[last_reset + 1 :]


def _dialog(name: str, endpoint: Endpoint, lines: Transcript) -> Steps | None:
    """A conversation in lines; what precedes TLS is left to openssl."""
    starts_of_tls = [index for index, (who, text) in enumerate(lines) if who == "*" and text.startswith("TLS: ")]
    start = starts_of_tls[-1] if starts_of_tls else 0
    sent = _needed_commands([text for who, text in lines[start:] if who == "C"])
    if len(sent) > MAX_LINES:
        return None
    if starts_of_tls:
        return Steps(_openssl(name, endpoint, lines, "-quiet", "-crlf"), sent)
    return Steps(f"nc -C {endpoint.address} {endpoint.port}", sent)


def _openssl(name: str, endpoint: Endpoint, lines: Transcript, *options: str) -> str:
    """openssl s_client, with STARTTLS where the conversation has it."""
    service = SERVICES.get(endpoint.service, SERVICES["smtp"])
    upgraded = any(who == "C" and text.split()[-1:] in (["STARTTLS"], ["STLS"]) for who, text in lines)
    starttls = ["-starttls", service.protocol] if upgraded and not service.implicit_tls else []
    server_name = [] if is_address(name) else ["-servername", name]
    connect = f"{endpoint.host}:{endpoint.port}"
    return shlex.join(["openssl", "s_client", *starttls, "-connect", connect, *server_name, *options])


def _nmap(endpoint: Endpoint) -> str:
    """nmap offers cipher suites that OpenSSL no longer has."""
    family = "-6 " if ipaddress.ip_address(endpoint.address).version == 6 else ""
    return f"nmap {family}-Pn --script ssl-enum-ciphers -p {endpoint.port} {endpoint.address}"
