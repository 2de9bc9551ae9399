"""Checks of mail that other servers bring: one module per check, and `pipeline`, which runs them and joins what they say.

Rules of this room:

- A check gives a Finding: a Verdict, and its results for Authentication-Results. It neither answers the client nor raises for what the world does.
- What can't be found out now is an outage: the setting of the check says whether it counts as not made, or whether the sender shall try again.
- All that one message may ask of the DNS is bounded by one budget (`budget`); a check that breaks is an outage and one line of the log.
- Whoever is exempt costs nothing: no object is made for the message.
"""
