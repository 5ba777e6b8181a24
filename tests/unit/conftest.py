# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Makes this working tree importable as ansible_collections.airtight.mail, wherever it was cloned
to.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache/collections"


def _link_tree() -> None:
    link = COLLECTIONS / "ansible_collections/airtight/mail"
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(ROOT, target_is_directory=True)


if ROOT.parts[-3:] == ("ansible_collections", "airtight", "mail"):
    sys.path.insert(0, str(ROOT.parents[2]))
else:
    _link_tree()
    sys.path.insert(0, str(COLLECTIONS))

with contextlib.suppress(ImportError):
    import hypothesis

    # A busy machine takes longer than the default of 200 ms for the first example.
    hypothesis.settings.register_profile("unit", deadline=None)
    hypothesis.settings.load_profile("unit")
