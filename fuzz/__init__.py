"""Long random input for every parser: `python -m fuzz [--seconds N] [target …]`, or `make fuzz`.

A target takes octets and fails by raising: an exception that no parser may let out, or an AssertionError where the same octets in other pieces meant
something else. Seeds are the transcripts and samples of tests/; `mutation` bends them; `hunt` runs them, each input under a bound of processor time, and
keeps what failed in fuzz/findings/ with the command that replays it. Everything comes from the number `--seed`, so a run can be had again.
"""
