"""What an authority is answered, and what strangers are not."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from postroom.model.errors import TryLater
from postroom.net.acme.answers import AnswerFolder

NOW = 1_793_000_000


@pytest.fixture
def folder(tmp_path: Path) -> AnswerFolder:
    return AnswerFolder(tmp_path / "acme")


def test_what_is_waited_for(folder: AnswerFolder) -> None:
    assert folder.kinds() == frozenset()
    folder.put_http("token", "token.print")
    assert folder.kinds() == {"http"}
    folder.put_tls("mail.example.test", "token.print", NOW)
    assert folder.kinds() == {"http", "tls"}
    assert (folder.http("token"), folder.http("other")) == (b"token.print", None)
    folder.clear()
    folder.clear()
    assert (folder.kinds(), folder.http("token")) == (frozenset(), None)


@pytest.mark.parametrize("token", ["", "../x", "a/b", "a.b", "a\0", "x" * 129, "t\u00f6ken"])
def test_tokens_lead_nowhere(folder: AnswerFolder, token: str, tmp_path: Path) -> None:
    with pytest.raises(TryLater):
        folder.put_http(token, "x")
    assert folder.http(token) is None
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A.test", "*.test"])
def test_names_lead_nowhere(folder: AnswerFolder, name: str) -> None:
    with pytest.raises(TryLater):
        folder.put_tls(name, "x", NOW)


def handshaken(folder: AnswerFolder, name: str | None, alpn: str | None) -> bytes | None:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    if alpn:
        client.set_alpn_protocols([alpn])
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    there = folder.tls_context().wrap_bio(to_server, to_client, server_side=True)
    try:
        for _ in range(6):
            for side in (here, there):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLError:
        return None
    return here.getpeercert(binary_form=True) if here.selected_alpn_protocol() == "acme-tls/1" else None


def test_the_proof_by_tls(folder: AnswerFolder) -> None:
    """RFC 8737 §3."""
    folder.put_tls("mail.example.test", "token.print", NOW)
    shown = handshaken(folder, "mail.example.test", "acme-tls/1")
    assert shown is not None
    proof = x509.load_der_x509_certificate(shown)
    names = proof.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mail.example.test"]
    digest = proof.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31"))
    assert digest.critical
    assert digest.value.public_bytes() == b"\x04\x20" + hashlib.sha256(b"token.print").digest()
    assert handshaken(folder, "other.example.test", "acme-tls/1") is None
    assert handshaken(folder, None, "acme-tls/1") is None
    assert handshaken(folder, "mail.example.test", "http/1.1") is None
