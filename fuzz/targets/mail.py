"""Messages: any octets have a summary, parts that nest, values that balance; nothing raises, nothing is quadratic."""

from __future__ import annotations

from imap_values import parse_value
from postroom.message import compose, entities, header_cache, parts, structure, text, threads, trace
from postroom.message.fields import addresses, charsets, dates, parameters, words
from postroom.message.headers import Header, read_header
from postroom.message.search import content
from postroom.message.search.normal import normalise
from postroom.message.summary import summarise


def message(data: bytes) -> None:
    summary = summarise(data)
    assert summary.size == len(data)
    for rendered in (summary.envelope, summary.body_structure, summary.body):
        assert isinstance(parse_value(rendered), list)
    for shown in (summary.subject, summary.preview, summary.from_text, summary.to_text):
        assert not any(ord(character) < 32 for character in shown), "control character in what is shown"
        shown.encode()
    root = parts.read(data)
    assert (root.header_start, root.body_end) == (0, len(data))
    _check_parts(root)
    assert parts.from_bytes(root.to_bytes()) == root
    scanned = entities.scan(data)
    content.search_text(data, root=scanned)
    content.header_text(scanned).encode()
    _headers(data)


def _check_parts(root: parts.Part) -> None:
    waiting = [root]
    while waiting:
        part = waiting.pop()
        assert part.header_start <= part.body_start <= part.body_end
        at = part.body_start
        for child in part.children:
            assert at <= child.header_start <= child.body_end <= part.body_end, "parts overlap"
            at = child.body_end
        waiting.extend(part.children)


def _headers(data: bytes) -> None:
    header = read_header(data)
    wanted = [b"From", b"SUBJECT", b"content-type", b"references"]
    assert header_cache.select(header_cache.build(header), wanted) in (None, header.select(wanted))
    threads.message_id(header)
    threads.references(header)
    trace.hops(header)
    trace.is_looping(header, "alice@example.test")
    at = 0
    for field in Header(data).fields:
        assert at <= field.start < field.name_end <= field.end
        at = field.end
    compose.remove_fields(data)


def fields(data: bytes) -> None:
    for address in addresses.parse(data):
        assert isinstance(parse_value(structure.address_list([address])), list)
    addresses.display(addresses.parse(data)).encode()
    words.decode(data).encode()
    moment = dates.parse(data)
    if moment is not None:
        assert moment.tzinfo is not None
        dates.mail_date(moment.timestamp())
    parsed = parameters.parse(data)
    for name, _ in parsed.parameters[:20]:
        parsed.text(name.lower().rstrip(b"*"))
    threads.message_ids(data)
    threads.base_subject(words.decode(data))
    threads.is_reply_or_forward(words.decode(data))
    compose.encode_words(words.clean(words.decode(data))).encode("ascii")
    text.html_text(data.decode("latin-1"))
    normalise(words.decode(data))


def charset(data: bytes) -> None:
    """The label on the first line, then what it labels."""
    label, _, raw = data.partition(b"\n")
    charsets.decode(raw, label.decode("latin-1")).encode()
    charsets.decode(raw, None).encode()
    charsets.guess(raw).encode()
