# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""One survey with the library below the action, alone in a process: audit.py GROUP NAME ADDRESS
DOMAIN STRANGER.

Prints as JSON how many connections, relay attempts and ports there were, and how long the survey
itself took.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils._survey import survey

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import route_guard


def main() -> None:
    """Survey one host with the default options."""
    group, name, address, domain, stranger = sys.argv[1:]
    # measure.py has called the guard already, outside the measured time.
    if os.environ.get("BENCH_GUARDED") != address:
        route_guard.require([address])
    params = {key: option.get("default") for key, option in survey.ARGUMENT_SPEC.items()}
    params.update(
        targets=[{"name": name, "addresses": [address], "domains": [domain]}],
        observe=[group],
        stranger_domain=stranger,
    )
    started = time.perf_counter()
    seen = survey.survey(params)["observations"]
    seconds = time.perf_counter() - started
    hellos = {
        entry["port"]
        for entry in seen
        if entry["probe"] == "client_hello" and entry["facts"].get("answer")
    }
    attempts = [attempt for entry in seen for attempt in entry["facts"].get("attempts", ())]
    answered = sum(attempt["reply"] is not None for attempt in attempts)
    counts = {"connections": len(seen), "attempts": len(attempts), "answered": answered}
    json.dump({**counts, "seconds": seconds, "ports": sorted(hellos)}, sys.stdout)


if __name__ == "__main__":
    main()
