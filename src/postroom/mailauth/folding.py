"""Long fields of our own in short lines (RFC 5322 §2.1.1, RFC 5322 §2.2.3)."""

from __future__ import annotations

_LINE = 76  # characters: below the 78 that RFC 5322 §2.1.1 asks for, a semicolon and all


def folded(start: str, pieces: list[str]) -> str:
    """Pieces with a space between them, or a fold where the line is full; no line end at the end."""
    lines, line = [], start
    for piece in pieces:
        if len(line) + 1 + len(piece) > _LINE and line != start:
            lines.append(line)
            line = ""
        line += " " + piece
    return "\r\n".join([*lines, line])


def with_folds(value: str) -> str:
    """Base64 in lines of its own."""
    return "".join(f"\r\n {value[at : at + _LINE - 4]}" for at in range(0, len(value), _LINE - 4))


def broken(text: str, separator: str) -> list[str]:
    """A long list in pieces that fit a line each, separators kept."""
    pieces, piece = [], ""
    for word in text.split(separator):
        addition = word + separator
        if piece and len(piece) + len(addition) > _LINE - 2:
            pieces.append(piece)
            piece = ""
        piece += addition
    pieces.append(piece.removesuffix(separator))
    return pieces
