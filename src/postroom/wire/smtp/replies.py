"""Replies: a code, an RFC 3463 enhanced code and lines of text, as bytes for the wire.

What a reply means is chosen by the session; here it is only made safe to send: text that came from a peer cannot break
out of its line. Whether the enhanced code is shown depends on the greeting the client used (RFC 2034 §3), which the
core knows. RFC 5321 §4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

# RFC 5321 §4.5.3.1.5 allows 512 octets with codes and CRLF; the difference is room for both codes.
_TEXT_LIMIT = 490


def printable(text: str) -> str:
    """`text` on one line in ASCII: what does not fit a reply line (RFC 5321 §4.2 textstring) becomes `?`."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if " " <= c <= "~" else "?" for c in text[:_TEXT_LIMIT])
    return text[:_TEXT_LIMIT]


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; `lines` are its texts without codes, `enhanced` is like `5.1.1` or empty."""

    code: int
    enhanced: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, code: int, enhanced: str, *lines: str) -> Reply:
        """The usual way to make one. Raises ValueError when the classes of the two codes differ (RFC 2034 §4)."""
        if not 200 <= code <= 599 or (enhanced and int(enhanced[0]) * 100 != code // 100 * 100):
            raise ValueError(f"reply {code} with enhanced code {enhanced!r}")
        return cls(code, enhanced, lines)

    @property
    def positive(self) -> bool:
        """2yz: done."""
        return 200 <= self.code <= 299

    @property
    def transient(self) -> bool:
        """4yz: may work later."""
        return 400 <= self.code <= 499

    @property
    def permanent(self) -> bool:
        """5yz: will not work as it is."""
        return self.code >= 500

    def render(self, *, enhanced: bool) -> bytes:
        """The bytes to send.

            Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF

        The enhanced code leads the text of every line (RFC 2034 §4).
        """
        prefix = f"{self.enhanced} " if enhanced and self.enhanced else ""
        if len(self.lines) == 1:
            return f"{self.code} {prefix}{printable(self.lines[0])}\r\n".encode("ascii")
        lines = self.lines or ("",)
        body = "".join(f"{self.code}-{prefix}{printable(line)}\r\n" for line in lines[:-1])
        return f"{body}{self.code} {prefix}{printable(lines[-1])}\r\n".encode("ascii")
