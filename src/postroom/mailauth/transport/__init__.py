"""What a domain asks of the TLS on the way to it, and what it wants told of that: DANE, MTA-STS and TLS-RPT. Pure; who looks up, fetches and connects is `mta`.

RFC 6698 and RFC 7672, RFC 8461, RFC 8460.
"""
