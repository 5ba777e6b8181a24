# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The resolvers of the host, and the settings of Unbound."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils._host_config import reader, resolver
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import run


def test_read_settings_follows_includes(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("remote-control:\n  control-enable: no\n", encoding="utf-8")
    main = tmp_path / "unbound.conf"
    text = (
        'server: # all\n  interface: 127.0.0.1\n  interface: ::1\n  module-config: "validator '
        'iterator"\n'
    )
    main.write_text(
        text + f'  local-zone: "test." nodefault\ninclude-toplevel: "{tmp_path}/*ore.conf"\n',
        encoding="utf-8",
    )
    found: dict[str, list[str]] = {}
    resolver.read_settings(reader.Host(run), str(main), found)
    assert found == {
        "server/interface": ["127.0.0.1", "::1"],
        "server/module-config": ["validator iterator"],
        "server/local-zone": ['"test." nodefault'],
        "remote-control/control-enable": ["no"],
    }


def test_validates_without_an_answer_is_unknown() -> None:
    assert resolver.validates("127.0.0.254") is None
    assert resolver.query("", 6)[2:] == bytes.fromhex("012000010000000000000000060001")
