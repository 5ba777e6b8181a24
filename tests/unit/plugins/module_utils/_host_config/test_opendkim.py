# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Keys of OpenDKIM are found in its table and its settings."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils._host_config import opendkim, reader
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import run


def test_key_files_of_a_table_and_of_a_single_key(tmp_path: Path) -> None:
    table = tmp_path / "key.table"
    table.write_text(
        (
            "# keys\nmail._domainkey.a.test a.test:mail:/keys/a\nmail._domainkey.b.test "
            "b.test:mail:MIIE\n"
        ),
        encoding="utf-8",
    )
    host = reader.Host(run)
    assert opendkim.key_files(host, {"KeyTable": f"refile:{table}"}) == {"a.test/mail": "/keys/a"}
    assert list(host.missing) == ["opendkim key mail._domainkey.b.test"]
    single = {"KeyFile": "/keys/a", "Domain": "a.test, b.test", "Selector": "s"}
    assert opendkim.key_files(host, single) == {"a.test/s": "/keys/a", "b.test/s": "/keys/a"}


def test_read_settings_follows_includes_and_knows_no_case(tmp_path: Path) -> None:
    other, main = tmp_path / "other.conf", tmp_path / "main.conf"
    other.write_text("internalhosts 203.0.113.0/24\n", encoding="utf-8")
    main.write_text(f"mode sv\nINCLUDE {other}\n", encoding="utf-8")
    expected = {"Mode": "sv", "InternalHosts": "203.0.113.0/24"}
    assert opendkim.read_settings(reader.Host(run), str(main)) == expected
