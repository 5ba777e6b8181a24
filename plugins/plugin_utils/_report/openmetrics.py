# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as OpenMetrics 1.0 for Prometheus, for instance by the textfile collector.

Pure: verdicts and observations in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    WAIVED,
    Observation,
    worst,
)

from .._checks.tls import x509
from .escaping import visible, visible_data
from .evidence import Endpoint, endpoint
from .grouping import Verdict, sorted_verdicts, status_counts, verdicts_by_host

#: 0 is good and 2 is bad, as in Nagios.
VALUES = {PASS: 0, WAIVED: 1, FAIL: 2, UNKNOWN: 3}


def _head(metric: str, help_text: str) -> str:
    return f"# TYPE {metric} gauge\n# HELP {metric} {help_text}"


def _sample(metric: str, value: float, labels: t.Mapping[str, t.Any]) -> str:
    escaped = {
        key: visible(text).replace("\\", "\\\\").replace('"', '\\"')
        for key, text in labels.items()
        if text != ""
    }
    pairs = ",".join(f'{key}="{text}"' for key, text in escaped.items())
    return f"{metric}{{{pairs}}} {int(value)}"


def _endpoint_labels(found: Endpoint | None) -> dict[str, t.Any]:
    if found is None:
        return {}
    family = "ipv6" if ":" in found.address else "ipv4"
    return {
        "service": found.service,
        "port": found.port,
        "family": family,
        "address": found.address,
    }


def _statuses_by_endpoint(verdict: Verdict) -> dict[Endpoint | None, list[str]]:
    found: dict[Endpoint | None, list[str]] = {}
    for entry in verdict["evidence"]:
        found.setdefault(endpoint(entry), []).append(entry["status"])
    return found or {None: [verdict["status"]]}


def _status_samples(verdict: Verdict) -> t.Iterator[str]:
    """A sample for each endpoint of a check; what is not applicable has none."""
    for place, statuses in _statuses_by_endpoint(verdict).items():
        status = worst(statuses)
        if verdict["status"] == WAIVED and status in (FAIL, UNKNOWN):
            status = WAIVED
        if status != NOT_APPLICABLE:
            labels = {
                "id": verdict["check"],
                "host": verdict["target"],
                "severity": verdict["severity"],
            }
            yield _sample(
                "mail_check_status", VALUES[status], {**labels, **_endpoint_labels(place)}
            )


def _expiry(seen: Observation) -> float | None:
    """When the certificate of an observation expires, in seconds since 1970; None without one."""
    facts = seen["facts"].get("tls", seen["facts"])
    if not facts.get("certificate"):
        return None
    try:
        ends = x509.certificate_facts(bytes.fromhex(facts["certificate"]))["not_after"]
    except ValueError:
        return None
    return datetime.datetime.fromisoformat(ends).timestamp()


def _certificate_samples(observations: t.Iterable[Observation]) -> t.Iterator[str]:
    """When the certificate of each endpoint expires, the first of several."""
    found: dict[tuple[str, Endpoint], float] = {}
    for seen in observations:
        expiry = _expiry(seen)
        if expiry is not None:
            key = (str(seen["target"]), Endpoint(seen["service"], seen["address"], seen["port"]))
            found[key] = min(expiry, found.get(key, expiry))
    for (host, place), expiry in found.items():
        yield _sample(
            "mail_cert_not_after_seconds", expiry, {"host": host, **_endpoint_labels(place)}
        )


def report(verdicts: t.Iterable[Verdict], observations: t.Iterable[Observation]) -> str:
    """The report as metrics."""
    items = sorted_verdicts(visible_data(list(verdicts)))
    lines = [_head("mail_check_status", "0 pass, 1 waived, 2 fail, 3 unknown.")]
    lines += [sample for item in items for sample in _status_samples(item)]
    lines.append(_head("mail_host_verdicts", "How many verdicts of a host have each status."))
    for host, verdicts_of_host in verdicts_by_host(items).items():
        for status, count in status_counts(verdicts_of_host).items():
            lines.append(_sample("mail_host_verdicts", count, {"host": host, "status": status}))
    if not x509.CRYPTOGRAPHY_IMPORT_ERROR:
        lines.append(
            _head(
                "mail_cert_not_after_seconds",
                "When the certificate expires, in seconds since 1970.",
            )
        )
        lines += _certificate_samples(observations)
    return "\n".join([*lines, "# EOF"]) + "\n"
