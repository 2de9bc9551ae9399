"""SRS: there and back, over several forwarders, and never for what we did not write."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from postroom.mailauth import srs
from postroom.model.address import Address

KEY, OTHER = b"a secret", b"another secret"
NOW = 1_795_000_000
DAY = 86_400
ALICE = Address("alice", "example.test")


def test_there_and_back() -> None:
    rewritten = srs.forward(ALICE, "forward.test", KEY, NOW)
    assert rewritten.domain == "forward.test"
    assert rewritten.local_part.startswith("SRS0=")
    assert rewritten.local_part.endswith("=example.test=alice")
    assert srs.is_rewritten(rewritten)
    assert not srs.is_rewritten(ALICE)
    assert srs.restore(rewritten, [KEY], NOW) == ALICE
    assert srs.restore(rewritten, [OTHER, KEY], NOW) == ALICE
    assert srs.restore(rewritten, [OTHER], NOW) is None
    assert srs.restore(rewritten, [], NOW) is None


def test_it_ends_after_some_weeks() -> None:
    rewritten = srs.forward(ALICE, "forward.test", KEY, NOW)
    for days, is_valid in [
        (0, True),
        (1, True),
        (21, True),
        (22, False),
        (500, False),
        (-1, True),
        (-2, False),
        (1024 - 2, False),
    ]:
        assert (srs.restore(rewritten, [KEY], NOW + days * DAY) is not None) is is_valid, days


def test_a_chain_of_forwarders_is_one_step_back() -> None:
    first = srs.forward(ALICE, "one.test", KEY, NOW)
    second = srs.forward(first, "two.test", OTHER, NOW)
    third = srs.forward(second, "three.test", b"third", NOW)
    assert second.local_part.startswith("SRS1=")
    assert third.local_part.count("one.test") == 1
    assert len(third.local_part) == len(second.local_part)
    assert srs.restore(third, [b"third"], NOW) == first
    assert srs.restore(second, [OTHER], NOW) == first
    assert srs.restore(first, [KEY], NOW) == ALICE
    assert srs.restore(third, [OTHER], NOW) is None


def test_case_may_be_lost_on_the_way() -> None:
    for path in (ALICE, srs.forward(ALICE, "one.test", KEY, NOW)):
        rewritten = srs.forward(path, "two.test", KEY, NOW)
        for changed in (rewritten.local_part.upper(), rewritten.local_part.lower()):
            restored = srs.restore(Address(changed, "two.test"), [KEY], NOW)
            assert restored is not None
            assert restored.key.lower() == path.key.lower()


def test_a_change_of_any_letter_is_seen() -> None:
    rewritten = srs.forward(ALICE, "forward.test", KEY, NOW)
    for at in range(5, len(rewritten.local_part)):
        letter = "q" if rewritten.local_part[at] != "q" else "r"
        changed = rewritten.local_part[:at] + letter + rewritten.local_part[at + 1 :]
        assert srs.restore(Address(changed, "forward.test"), [KEY], NOW) is None


@given(
    st.text(min_size=1, max_size=60),
    st.sampled_from(["example.test", "a.b.test", "xn--bcher-kva.test"]),
    st.integers(0, 2**33),
)
def test_any_local_part_comes_back(local_part: str, domain: str, now: int) -> None:
    path = Address(local_part, domain)
    assert srs.restore(srs.forward(path, "forward.test", KEY, now), [KEY], now) in (
        path,
        None if srs.is_rewritten(path) else path,
    )


@given(st.text(max_size=80) | st.text("SRS01=+-ab.", max_size=60), st.integers(0, 2**33))
def test_nothing_of_a_stranger_is_restored(local_part: str, now: int) -> None:
    for start in ("", "SRS0=", "SRS1=", "SRS0=aaaaaa=aa=", "SRS1=aaaaaa=x.test=="):
        assert srs.restore(Address(start + local_part, "forward.test"), [KEY], now) is None
