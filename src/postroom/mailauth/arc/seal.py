"""Adding our set to a chain, for mail that is passed on: forwards and lists (RFC 8617 §5.1)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from postroom.mailauth import limits
from postroom.mailauth.arc import chain
from postroom.mailauth.arc.verify import ArcResult, ArcStatus, sealed_part
from postroom.mailauth.dkim.canonical import Canonicalisation, header_field
from postroom.mailauth.dkim.keys import SigningKey
from postroom.mailauth.dkim.sign import FORM, signed_field, signed_names
from postroom.mailauth.folding import folded, with_folds
from postroom.mailauth.results import MethodResult, pieces
from postroom.mailauth.stream import SignedMessage

_RELAXED = Canonicalisation.RELAXED


def seal(
    message: SignedMessage,
    arc: ArcResult,
    key: SigningKey,
    authserv_id: str,
    found: Iterable[MethodResult],
    now: int,
) -> bytes:
    """The three fields, to be put in front of the message; nothing where the chain is full or has ended.

    `message` is what will be sent, read with dkim.sign.FORM; `arc` and `found` are the results of its arrival. Two signatures' time.
    """
    body_hash = message.body_hash(FORM)
    if arc.instance >= limits.ARC_SETS or arc.is_ended or arc.is_temporary or body_hash is None:
        return b""
    instance = arc.instance + 1
    own_results = folded(f"ARC-Authentication-Results: i={instance};", pieces(authserv_id, found)) + "\r\n"
    names = signed_names(message.header) + [b"dkim-signature"] * min(
        message.header.count(b"dkim-signature"), limits.SIGNATURES
    )
    opening = [
        f"i={instance};",
        f"a={key.algorithm};",
        "c=relaxed/relaxed;",
        f"d={key.domain};",
        f"s={key.selector};",
        f"t={now};",
    ]
    own_signature = signed_field(b"ARC-Message-Signature", opening, message.header, names, body_hash, key)
    word = {ArcStatus.NONE: "none", ArcStatus.PASS: "pass", ArcStatus.FAIL: "fail"}[arc.status]
    tags = [
        f"i={instance};",
        f"a={key.algorithm};",
        f"t={now};",
        f"cv={word};",
        f"d={key.domain};",
        f"s={key.selector};",
        "b=",
    ]
    unsigned = folded("ARC-Seal:", tags)
    digest = hashlib.sha256()
    earlier = (
        chain.sets(message) if arc.status is ArcStatus.PASS else []
    )  # RFC 8617 §5.1.2: a broken chain is not covered
    if isinstance(earlier, str):
        return b""
    for one in earlier:
        for raw in (one.raw_results, one.signature.raw_field, one.seal.raw_field):
            digest.update(header_field(raw, _RELAXED))
    digest.update(header_field(own_results.encode("ascii"), _RELAXED) + header_field(own_signature, _RELAXED))
    digest.update(sealed_part(unsigned.encode("ascii")))
    value = base64.b64encode(key.sign(digest.digest())).decode("ascii")
    own_seal = unsigned + with_folds(value) + "\r\n"
    return own_seal.encode("ascii") + own_signature + own_results.encode("ascii")
