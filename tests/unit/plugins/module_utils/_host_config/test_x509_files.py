# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Certificates and keys are read, and no private part."""

from __future__ import annotations

import json
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import reader, x509_files
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import run


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize("kind", ["ED25519", "RSA"])
def test_keys_and_certificates_show_public_parts_only(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", kind, "-out", str(path)],
        check=True,
        capture_output=True,
    )
    request = [
        "openssl",
        "req",
        "-x509",
        "-new",
        "-key",
        str(path),
        "-subj",
        "/CN=mx1.example.org",
        "-days",
        "2",
    ]
    subprocess.run([*request, "-out", str(tmp_path / "c.pem")], check=True, capture_output=True)
    host = reader.Host(run)
    data = x509_files.public_key(host, str(path))
    assert data is not None
    record = x509_files.dkim_tags(data)
    assert record["k"] == kind.lower()
    assert len(record["p"]) == 44 if kind == "ED25519" else len(record["p"]) > 300
    shown: dict[str, t.Any] = {
        "key": x509_files.private_key(host, str(path)),
        "record": record,
        "leaf": x509_files.certificate(host, str(tmp_path / "c.pem")),
    }
    assert shown["leaf"]["spki_sha256"] == shown["key"]["spki_sha256"]
    private = [
        line for line in path.read_text(encoding="ascii").splitlines() if "-----" not in line
    ]
    assert not [line for line in private if line in json.dumps(shown)]
    assert host.missing == {}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Nov 29 05:16:01 2026 GMT", "2026-11-29T05:16:01+00:00"),
        ("Jan  1 00:00:00 2050 GMT\n", "2050-01-01T00:00:00+00:00"),
        ("never", ""),
    ],
)
def test_iso_time_reads_the_time_of_openssl(text: str, time: str) -> None:
    assert x509_files.iso_time(text) == time


def test_certificate_of_an_unread_file_has_no_digest(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    host = reader.Host(run)
    assert x509_files.certificate(host, str(gone)) == {
        "sha256": "",
        "spki_sha256": "",
        "not_after": "",
        "mtime": None,
        "chain": 0,
    }
    assert host.missing == {str(gone): "No such file or directory"}
