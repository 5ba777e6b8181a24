# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as OpenMetrics 1.0, for Prometheus: the textfile collector of its node exporter reads the file as it is.

Pure: verdicts and observations in, text out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, STATUSES, UNKNOWN, WAIVED, worst

from .._checks.tls import x509
from .escaping import clean, visible
from .grouping import Endpoint, Verdict, endpoint, ordered

#: 0 is good and 2 is bad, as monitoring is used to it.
VALUES = {PASS: 0, WAIVED: 1, FAIL: 2, UNKNOWN: 3}
_HEAD = "# TYPE %s gauge\n# HELP %s %s"


def _sample(metric: str, value: float, labels: t.Mapping[str, t.Any]) -> str:
    escaped = {key: visible(words).replace("\\", "\\\\").replace('"', '\\"') for key, words in labels.items() if words != ""}
    return "%s{%s} %d" % (metric, ",".join('%s="%s"' % entry for entry in escaped.items()), value)


def _place(place: Endpoint | None) -> dict[str, t.Any]:
    if place is None:
        return {}
    return {"service": place.service, "port": place.port, "family": "ipv6" if ":" in place.address else "ipv4", "address": place.address}


def _statuses(items: t.Sequence[Verdict]) -> t.Iterator[str]:
    """A sample for each check and endpoint; what does not apply has none."""
    for item in items:
        found: dict[Endpoint | None, list[str]] = {}
        for entry in item["evidence"] or [item]:
            found.setdefault(endpoint(entry.get("subject", "")), []).append(entry["status"])
        for place, statuses in found.items():
            status = worst(statuses)
            if item["status"] == WAIVED and status in (FAIL, UNKNOWN):
                status = WAIVED
            if status != NOT_APPLICABLE:
                labels = {"id": item["check"], "host": item["target"], "severity": item["severity"], **_place(place)}
                yield _sample("mail_check_status", VALUES[status], labels)


def _certificates(observations: t.Iterable[t.Mapping[str, t.Any]]) -> t.Iterator[str]:
    """When the certificate of each endpoint ends, the first of several."""
    found: dict[tuple[str, Endpoint], float] = {}
    for seen in observations:
        facts = seen["facts"].get("tls", seen["facts"])
        if not facts.get("certificate"):
            continue
        try:
            ends = x509.certificate_facts(bytes.fromhex(facts["certificate"]))["not_after"]
        except ValueError:
            continue
        key = (str(seen["target"]), Endpoint(seen["service"], seen["address"], seen["port"]))
        seconds = datetime.datetime.fromisoformat(ends).timestamp()
        found[key] = min(seconds, found.get(key, seconds))
    for (host, place), seconds in found.items():
        yield _sample("mail_cert_not_after_seconds", seconds, {"host": host, **_place(place)})


def report(verdicts: t.Iterable[Verdict], observations: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """The report as metrics."""
    items = ordered(clean(list(verdicts)))
    hosts = list(dict.fromkeys(item["target"] for item in items))
    lines = [_HEAD % (("mail_check_status",) * 2 + ("0 pass, 1 waived, 2 fail, 3 unknown.",)), *_statuses(items)]
    lines.append(_HEAD % (("mail_host_verdicts",) * 2 + ("How many verdicts of a host have each status.",)))
    for host in hosts:
        mine = [item["status"] for item in items if item["target"] == host]
        lines += [_sample("mail_host_verdicts", mine.count(status), {"host": host, "status": status}) for status in STATUSES]
    if not x509.CRYPTOGRAPHY_IMPORT_ERROR:
        lines.append(_HEAD % (("mail_cert_not_after_seconds",) * 2 + ("When the certificate ends, in seconds since 1970.",)))
        lines += _certificates(observations)
    return "\n".join([*lines, "# EOF"]) + "\n"
