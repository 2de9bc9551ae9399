"""Any bytes: nothing raises, offsets nest, strings balance; sane mail reads as the standard library reads it."""

import email
import email.policy
import email.utils
from email.message import EmailMessage

from hypothesis import given, settings
from hypothesis import strategies as st

from imap_values import parse_value
from postroom.message import entities, header_cache, parts, structure, text
from postroom.message.fields import addresses, dates, parameters, words
from postroom.message.headers import Header, read_header
from postroom.message.search.content import search_text
from postroom.message.search.matching import needle
from postroom.message.summary import summarise

FRAGMENTS = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"--",
        b"--a",
        b"--a--",
        b"--ab\r\n",
        b"--a  \r\n",
        b"\r\n--a\r\n",
        b"\r\n--ab--\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n",
        b'Content-Type: multipart/digest; boundary="ab"\r\n',
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: text/html; charset=utf-7\r\n",
        b"Content-Type: multipart/x\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Subject: =?utf-8?b?",
        b'From: "a\\" <b@c>, (x(y) z: <@r:q@s>;\r\n',
        b"To: =?x?q?=00?= <\x00>\r\n",
        b"Date: 31 Feb 0000 25:61:61 +9999\r\n",
        b"Content-Disposition: attachment; filename*0*=utf-8''%e2; filename*2=x; filename=\"\\\r\n",
        b"<a>&#99999999999;<!--",
        b"References: <a><b\r\n",
        b"\x00",
        b"\xff\xfe",
        b"=3D=\r\n",
        b"?=",
    ]
)
OPENINGS = st.sampled_from([b"", b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"])
HOSTILE = st.tuples(OPENINGS, st.lists(FRAGMENTS | st.binary(max_size=12), max_size=30).map(b"".join)).map(b"".join)


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_any_bytes_give_a_summary(message: bytes) -> None:
    summary = summarise(message)
    assert summary.size == len(message)
    for rendered in (summary.envelope, summary.body_structure, summary.body):
        assert isinstance(parse_value(rendered), list)
    assert len(parse_value(summary.envelope)) == 10
    shown = (summary.subject, summary.preview, summary.from_text, summary.to_text)
    assert not [text for text in shown if any(ord(character) < 32 for character in text)]


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_parts_nest_in_order_and_survive_the_store(message: bytes) -> None:
    root = parts.read(message)
    assert (root.header_start, root.body_end) == (0, len(message))
    waiting = [root]
    while waiting:
        part = waiting.pop()
        assert part.header_start <= part.body_start <= part.body_end
        at = part.body_start
        for child in part.children:
            assert at <= child.header_start
            assert child.body_end <= part.body_end
            at = child.body_end
        waiting.extend(part.children)
    assert parts.from_bytes(root.to_bytes()) == root


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
def test_the_cache_answers_as_the_header_does(message: bytes) -> None:
    header = read_header(message)
    names = [b"From", b"SUBJECT", b"content-type", b"references"]
    assert header_cache.select(header_cache.build(header), names) == header.select(names)


@settings(max_examples=150, deadline=None)
@given(HOSTILE, st.text(max_size=5), st.booleans(), st.booleans())
def test_search_text_never_fails(message: bytes, asked: str, loose: bool, whole_cjk: bool) -> None:
    root = entities.scan(message)
    found = search_text(message, root=root)
    assert found.header.count("\n") <= len(root.header.fields)
    assert not any("\n" in body for body in found.bodies)
    needle(asked, loose=loose, whole_cjk=whole_cjk).found_in([found.header, *found.bodies])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | HOSTILE)
def test_any_field_value_gives_something(value: bytes) -> None:
    for address in addresses.parse(value):
        structure.address_list([address])
    words.decode(value)
    dates.parse(value)
    parsed = parameters.parse(value)
    for name, _ in parsed.parameters:
        parsed.text(name.lower().rstrip(b"*"))


SAFE = st.text('abcdefghijklmnop XYZ.,äöü漢字한é()"<>@', min_size=1, max_size=40).map(str.strip).filter(bool)
BODIES = st.text("abc xyz.-=>\näß漢", max_size=200)


@st.composite
def sane_messages(draw: st.DrawFn) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "Alice <alice@example.test>"
    message["To"] = 'bob@example.test, "Carol, C." <carol@example.test>'
    message["Subject"] = draw(SAFE)
    message.set_content(draw(BODIES))
    if draw(st.booleans()):
        message.add_alternative("<p>" + draw(BODIES) + "</p>", subtype="html")
    for _ in range(draw(st.integers(0, 2))):
        name = draw(SAFE.filter(lambda text: email.utils.unquote(text) == text))  # the standard library unquotes twice
        message.add_attachment(draw(st.binary(max_size=90)), maintype="image", subtype="png", filename=name)
    if draw(st.booleans()):
        outer = EmailMessage(policy=email.policy.SMTP)
        outer["From"] = "bob@example.test"
        outer.set_content("see below")
        outer.add_attachment(message)
        return outer
    return message


@settings(max_examples=100, deadline=None)
@given(sane_messages())
def test_sane_mail_has_the_parts_that_the_standard_library_finds(built: EmailMessage) -> None:
    raw = built.as_bytes()
    theirs = list(email.message_from_bytes(raw, policy=email.policy.default).walk())
    ours = entities.scan(raw).walk()
    assert [(e.main_type + b"/" + e.sub_type).decode() for e in ours] == [part.get_content_type() for part in theirs]
    for entity, part in zip(ours, theirs, strict=True):
        if not entity.children:
            assert text.body_bytes(raw, entity) == part.get_payload(decode=True)
        assert (text.file_name(entity) or "") == ((part.get_filename() or "").rpartition("/")[2])


@settings(max_examples=100, deadline=None)
@given(SAFE)
def test_a_subject_reads_as_it_was_written(subject: str) -> None:
    built = EmailMessage(policy=email.policy.SMTP)
    built["Subject"] = subject
    assert " ".join(summarise(built.as_bytes()).subject.split()) == " ".join(subject.split())


@settings(max_examples=100, deadline=None)
@given(HOSTILE)
def test_header_fields_lie_in_order_and_name_themselves(message: bytes) -> None:
    header = Header(message)
    at = 0
    for field in header.fields:
        assert at <= field.start < field.name_end <= field.end
        assert header.raw[field.start : field.name_end].lower() == field.name
        at = field.end
