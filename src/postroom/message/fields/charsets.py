"""Bytes to text by the name of a character set, never failing.

Names are looked up in a closed table, so that a peer can neither reach Python's byte-to-byte codecs nor make it
import a module of its choosing. Labels mean what browsers make of them (GB2312 is GB18030, Latin-1 is Windows-1252,
Shift_JIS is CP932, KS C 5601 is CP949), because that is what senders mean. UTF-7 and HZ are refused: they hide markup
in ASCII (unicode-1-1-utf-7 scripts); their bytes are shown as they are.
"""

from __future__ import annotations

from encodings.aliases import aliases

from postroom.message.fields import detection

_UNTEXT = {
    "base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "idna", "punycode",
    "unicode_escape", "raw_unicode_escape", "mbcs", "oem", "undefined", "utf_7", "hz", "tactis",
}  # fmt: skip
_CODECS: dict[str, str] = {
    **{codec.replace("_", ""): codec for codec in aliases.values() if codec not in _UNTEXT},
    **{alias.replace("_", ""): codec for alias, codec in aliases.items() if codec not in _UNTEXT},
}
_CODECS.update(
    dict.fromkeys(("gb2312", "gbk", "xgbk", "euccn", "xeuccn", "chinese", "cp936", "csgb2312", "gb231280"), "gb18030")
)
_CODECS.update(dict.fromkeys(("shiftjis", "sjis", "xsjis", "mskanji", "windows31j", "csshiftjis"), "cp932"))
_CODECS.update(dict.fromkeys(("euckr", "ksc56011987", "ksc5601", "ksx1001", "korean", "xwindows949"), "cp949"))
_CODECS.update(dict.fromkeys(("eucjp", "xeucjp", "ujis", "xeuc"), "euc_jp"))
_CODECS.update(dict.fromkeys(("iso2022jp", "csiso2022jp", "iso2022jpms", "cp50220", "cp50221"), "iso2022_jp_ext"))
_CODECS.update(dict.fromkeys(("big5", "xxbig5", "csbig5", "cnbig5"), "cp950"))
_CODECS.update(dict.fromkeys(("iso88591", "latin1", "l1", "cp819", "iso885911987"), "cp1252"))
_CODECS.update(dict.fromkeys(("iso88598i", "iso88598e"), "iso8859_8"))
_CODECS.update(dict.fromkeys(("tis620", "windows874", "dos874", "cp874", "iso885911"), "cp874"))
_CODECS.update({"iso88599": "cp1254", "xmacroman": "mac_roman", "utf8mb4": "utf_8", "xunknown": ""})

_LABEL = 40  # characters of the longest registered name are 45, of any in mail 24; longer is noise
_SEPARATORS = str.maketrans("", "", "-_ .:()")


def codec_of(label: str) -> str:
    """The Python codec for a charset label, or "" when it is unknown or refused."""
    label = label.strip().strip("\"'").lower()
    if not label.isascii() or len(label) > _LABEL:
        return ""
    return _CODECS.get(label.translate(_SEPARATORS), "")


def guess(raw: bytes) -> str:
    """Text of undeclared bytes: UTF-8 when they are, a charset of East Asia by their looks, else what a Western mailer of old would have meant."""
    try:
        if b"\x1b" not in raw:
            return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    codec = detection.detected(raw)
    if codec:
        return raw.decode(codec, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _western(raw)


def _western(raw: bytes) -> str:
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _labelled(raw: bytes, codec: str) -> str:
    """Of the two labels that programs write without looking."""
    if raw.isascii():
        return raw.decode("ascii")
    if codec == "utf_8":
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode(detection.detected(raw) or "utf-8", "replace")
    found = detection.detected(raw)
    return raw.decode(found, "replace") if found else _western(raw)


def decode(raw: bytes, label: str | None) -> str:
    """Text of bytes that claim a charset; undecodable bytes become U+FFFD, an unknown or ASCII label is a guess."""
    codec = codec_of(label) if label else ""
    if codec in ("", "ascii"):
        return guess(raw)
    if codec == "cp1252" or codec == "utf_8":
        return _labelled(raw, codec)
    try:
        return raw.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError, OverflowError):
        return raw.decode("latin-1")
