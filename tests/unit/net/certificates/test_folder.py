"""The folder of certificates: one file or a pair, written whole, owned as the folder is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from authority import Authority
from postroom.model.errors import Conflict, MailError, Malformed, NotFound, TryLater
from postroom.net.certificates import CertificateFolder, ensure_self_signed, folder

NOW = 1_793_000_000


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def kept(tmp_path: Path) -> CertificateFolder:
    ensure_self_signed(tmp_path / "certificates", "mail.example.test", NOW)
    return CertificateFolder(tmp_path / "certificates")


def test_installed_listed_removed(kept: CertificateFolder, authority: Authority) -> None:
    chain, key = authority.pair("www.example.test", now=NOW)
    kept.install("www", chain, key, NOW)
    path = kept.path / "www.pem"
    assert path.read_bytes() == key + chain
    assert path.stat().st_mode & 0o777 == 0o600
    assert [(one.name, one.facts and one.facts.names) for one in kept.kept(NOW)] == [
        ("default", ("mail.example.test", "localhost")),
        ("www", ("www.example.test",)),
    ]
    kept.remove("www")
    assert [one.name for one in kept.kept(NOW)] == ["default"]
    with pytest.raises(NotFound):
        kept.remove("www")


def test_one_file_in_the_place_of_a_pair(kept: CertificateFolder, authority: Authority) -> None:
    assert {path.name for path in kept.path.iterdir()} == {"default.pem", "default.key"}
    chain, key = authority.pair("mail.example.test", now=NOW)
    kept.install("default", chain, key, NOW)
    assert {path.name for path in kept.path.iterdir()} == {"default.pem"}
    ensure_self_signed(kept.path, "mail.example.test", NOW)
    assert (kept.path / "default.pem").read_bytes() == key + chain


def test_the_key_of_a_former_pair_is_not_taken(kept: CertificateFolder, authority: Authority) -> None:
    """A crash between the two steps of an installation leaves it there."""
    chain, key = authority.pair("mail.example.test", now=NOW)
    former = (kept.path / "default.key").read_bytes()
    kept.install("default", chain, key, NOW)
    (kept.path / "default.key").write_bytes(former)
    entry = kept.entry("default")
    assert entry is not None
    assert entry.key is None


def test_a_refused_one_changes_nothing(kept: CertificateFolder, authority: Authority) -> None:
    before = kept.stamp()
    with pytest.raises(Malformed):
        kept.install("default", authority.pair("a.test", now=NOW)[0], authority.pair("b.test", now=NOW)[1], NOW)
    assert kept.stamp() == before


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_disk_that_fails_changes_nothing(
    kept: CertificateFolder, authority: Authority, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    chain, key = authority.pair("mail.example.test", now=NOW)
    before = (kept.path / "default.pem").read_bytes(), (kept.path / "default.key").read_bytes()

    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if step == "replace":
        monkeypatch.setattr(Path, "replace", failing)
    elif step == "fsync":
        monkeypatch.setattr(os, "fsync", failing)
    else:
        monkeypatch.setattr(os, "open", failing)
    with pytest.raises(TryLater):
        kept.install("default", chain, key, NOW)
    monkeypatch.undo()
    assert ((kept.path / "default.pem").read_bytes(), (kept.path / "default.key").read_bytes()) == before
    kept.install("default", chain, key, NOW)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "A", "a..b", "a.", "x" * 64, "a\0b", "ä"])
def test_names_lead_nowhere_else(kept: CertificateFolder, authority: Authority, name: str) -> None:
    chain, key = authority.pair("mail.example.test", now=NOW)
    with pytest.raises(Malformed, match="name: "):
        kept.install(name, chain, key, NOW)
    with pytest.raises(MailError):
        kept.remove(name)
    assert kept.entry(name) is None


def test_the_owner_of_the_folder_owns_what_is_put_there(kept: CertificateFolder, authority: Authority) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(kept.path, 12345, 12345)
    kept.install("www", *authority.pair("www.example.test", now=NOW), NOW)
    status = (kept.path / "www.pem").stat()
    assert (status.st_uid, status.st_gid) == (12345, 12345)


def test_there_is_a_bound(kept: CertificateFolder, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST", 2)
    pair = authority.pair("www.example.test", now=NOW)
    kept.install("one", *pair, NOW)
    with pytest.raises(Conflict):
        kept.install("two", *pair, NOW)
    kept.install("one", *pair, NOW)


def test_what_cannot_be_read_is_told(kept: CertificateFolder) -> None:
    (kept.path / "broken.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n")
    (kept.path / "folder.pem").mkdir()
    found = {one.name: (one.facts, one.fault) for one in kept.kept(NOW)}
    assert found["broken"] == (None, "chain: a certificate can't be read")
    assert "folder" not in found
