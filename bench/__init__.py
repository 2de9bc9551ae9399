"""Speed and memory, ours against Postfix + Dovecot, side by side in one run: `make bench`, or `python -m bench ROW …` for some rows.

Each row warms both sides up, alternates them, takes at least five rounds and prints the medians with minimum and maximum. A ratio holds on a noisy machine, an
absolute time does not. Load comes from C programs where there is one.
"""
