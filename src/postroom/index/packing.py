"""Kept texts, compressed: deflate that knows from the first octet what mail says over and over, and, once there is enough mail, what this account's mail says.

The first octet of what is packed names the dictionary.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

END = "\n"
"""Between texts, which have none."""
_LEVEL = 6
_RAW = -15
_USUAL = 0
_HEADER, _BODIES = 8 * 1024, 22 * 1024  # octets of the account's dictionary; deflate looks back 32 KiB
_SAMPLE = 600  # octets of each text in it

# A changed word is another version of the index.
_DICTIONARY = (
    b"mime-version: 1.0\ncontent-type: multipart/mixed; boundary=\ncontent-type: multipart/alternative; boundary=\ncontent-type: text/html; charset=utf-8\n"
    b"content-transfer-encoding: quoted-printable\ncontent-transfer-encoding: base64\ncontent-language: en-us\nlist-unsubscribe: <mailto:\nlist-id: <\n"
    b"authentication-results: mail.; spf=pass smtp.mailfrom=; dkim=pass header.d= header.s= header.b=; dmarc=pass header.from=\nreturn-path: <\n"
    b"dkim-signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=; s=; t=; h=from:to:subject:date:message-id; bh=; b=\nreceived: from  (unknown [\n"
    b"received: from localhost (localhost [127.0.0.1]) by mail. (postfix) with esmtp id  for <;  (envelope-from <>) with esmtps (tls1.3) tls_aes_256_gcm_sha384\n"
    b"x-mailer: \nuser-agent: mozilla thunderbird\nx-spam-status: no, score=\nreply-to: \nin-reply-to: <\nreferences: <\nthank you best regards sincerely please let "
    b"me know if you have any questions https://www. http://www. .html unsubscribe privacy policy view this email in your browser this is that with from have the and "
    b"for you are\nmon, tue, wed, thu, fri, sat, sun, jan feb mar apr may jun jul aug sep oct nov dec 2024 2025 2026 +0000 (utc) +0100 +0200\ndelivered-to: \n"
    b"message-id: <\ndate: \ncc: \nto: \nfrom: \nsubject: re: "
)


class Packer:
    """With the dictionaries of one index, by number; the newest is used."""

    def __init__(self, dictionaries: dict[int, bytes]) -> None:
        self._dictionaries = {_USUAL: _DICTIONARY, **dictionaries}
        self.newest = max(self._dictionaries)
        # setting a dictionary is a tenth of a millisecond, copying what has it a fifth of that
        self._ready = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=self._dictionaries[self.newest])

    def pack(self, texts: Sequence[str]) -> bytes:
        """Normalised texts; nothing for none."""
        whole = END.join(texts).encode("utf-8", "replace")
        if not whole:
            return b""
        packer = self._ready.copy()
        return bytes((self.newest,)) + packer.compress(whole) + packer.flush()

    def unpack(self, octets: bytes) -> str:
        """Texts joined by line feeds. Raises zlib.error, KeyError, UnicodeDecodeError for what was not packed here."""
        if not octets:
            return ""
        unpacker = zlib.decompressobj(_RAW, zdict=self._dictionaries[octets[0]])
        return unpacker.decompress(memoryview(octets)[1:]).decode()


def dictionary(texts: Sequence[tuple[str, str]]) -> bytes:
    """Out of (header, bodies) of an account's messages: the beginnings of as many as there is room for."""
    headers: list[bytes] = []
    bodies: list[bytes] = []
    room_of_headers, room_of_bodies = _HEADER, _BODIES
    for header, body in texts:
        for text, found, room in ((header, headers, room_of_headers), (body, bodies, room_of_bodies)):
            sample = text[:_SAMPLE].encode("utf-8", "replace")[:room]
            found.append(sample)
        room_of_headers -= len(headers[-1])
        room_of_bodies -= len(bodies[-1])
        if room_of_bodies <= 0 and room_of_headers <= 0:
            break
    return _DICTIONARY + b"".join(bodies) + b"".join(headers)
