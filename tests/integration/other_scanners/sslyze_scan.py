# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Runs all commands of sslyze against some ports at once and writes its findings.

Reads JSON from standard input, a list of {key, name, address, port, starttls, ca_file}; writes a
list of {key, findings: [[what, detail]], error}. Runs in sslyze's own environment, so it uses
nothing of this project.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from sslyze import (
    CertificateInfoExtraArgument,
    ProtocolWithOpportunisticTlsEnum,
    ScanCommandsExtraArguments,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
    ServerScanResult,
)
from sslyze.mozilla_tls_profile import tls_config_checker as mozilla

OLD = {"ssl_2_0": "SSL 2.0", "ssl_3_0": "SSL 3.0", "tls_1_0": "TLS 1.0", "tls_1_1": "TLS 1.1"}
WEAK = re.compile(r"NULL|EXPORT|_anon_|RC4|RC2|DES|IDEA|SEED|MD5")


def request(entry: dict[str, Any]) -> ServerScanRequest:
    """One port, with every command that sslyze has by default."""
    opportunistic = (
        ProtocolWithOpportunisticTlsEnum[entry["starttls"].upper()] if entry["starttls"] else None
    )
    extra = ScanCommandsExtraArguments(
        certificate_info=CertificateInfoExtraArgument(Path(entry["ca_file"]))
        if entry.get("ca_file")
        else None
    )
    return ServerScanRequest(
        ServerNetworkLocation(entry["name"], entry["port"], entry["address"]),
        ServerNetworkConfiguration(entry["name"], opportunistic, network_timeout=20),
        scan_commands_extra_arguments=extra,
    )


def findings(result: ServerScanResult) -> list[tuple[str, str]]:
    """What is weak by any measure, then the differences from Mozilla's intermediate profile."""
    found = []
    for version in (*OLD, "tls_1_2"):
        suites = getattr(
            result.scan_result, version + "_cipher_suites"
        ).result.accepted_cipher_suites
        accepted = [suite.cipher_suite.name for suite in suites]
        if accepted and version in OLD:
            found.append((f"{OLD[version]} accepted", ", ".join(accepted)))
        weak = [name for name in accepted if WEAK.search(name)]
        if weak:
            found.append(("weak suite accepted", ", ".join(weak)))
    try:
        mozilla.check_server_against_tls_configuration(
            result,
            mozilla.MozillaTlsConfiguration.get(mozilla.TlsConfigurationEnum.MOZILLA_INTERMEDIATE),
        )
    except mozilla.ServerNotCompliantWithTlsConfiguration as exc:
        found += [("Mozilla: " + key, words) for key, words in exc.issues.items()]
    return found


def failed_commands(result: ServerScanResult) -> list[str]:
    """The commands that ended with an exception, but for the one that is for HTTP alone."""
    failed = {
        name: list(attempt.error_trace.format_exception_only())
        for name, attempt in vars(result.scan_result).items()
        if attempt.error_trace and name != "http_headers"
    }
    return [f"{name}: {lines[-1].strip()}" for name, lines in failed.items()]


def main() -> None:
    """Scan everything at once, which is sslyze at its fastest."""
    keys = {}
    requests = []
    for entry in json.load(sys.stdin):
        wanted = request(entry)
        keys[wanted.uuid] = entry["key"]
        requests.append(wanted)
    scanner = Scanner()
    scanner.queue_scans(requests)
    answers = []
    for result in scanner.get_results():
        answer = {"key": keys[result.uuid], "findings": [], "error": ""}
        if result.scan_result is None:
            answers.append(
                {
                    **answer,
                    "error": (
                        "no connection: "
                        f"{str(result.connectivity_error_trace).strip().splitlines()[-1]}"
                    ),
                }
            )
            continue
        try:
            answer["findings"] = findings(result)
        except Exception as exc:  # any error means no result
            failed = failed_commands(result)
            answer["error"] = "; ".join(failed) or f"{type(exc).__name__}: {exc}"
        answers.append(answer)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
