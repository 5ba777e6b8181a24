# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""How many cases the fuzzer plays, and the line with its figure at the end;
docs/development/fuzzing.md says more.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from strategies import CASES

COUNTED: Counter[str] = Counter()
STARTED = time.monotonic()

hypothesis.settings.register_profile(
    "fuzz",
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.shrink],
)
hypothesis.settings.load_profile("fuzz")


@pytest.fixture(name="count")
def counter(request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """Call it once in each case."""

    def count() -> None:
        COUNTED[request.node.name] += 1

    return count


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """The figure, on the last line."""
    failed = sum(len(terminalreporter.stats.get(kind, ())) for kind in ("failed", "error"))
    seed = config.getoption("hypothesis_seed", None)
    terminalreporter.write_line(
        f"fuzz: {sum(COUNTED.values())} cases in {len(COUNTED)} tests, {failed} of them failed "
        f"({time.monotonic() - STARTED} s, seed {seed})"
    )
    if sum(COUNTED.values()) < CASES * 0.95 and exitstatus == 0 and not config.getoption("keyword"):
        raise pytest.UsageError("fuzz: fewer cases were played than FUZZ_CASES asks for")
