"""ACME's doors: what an authority asks while an order runs (RFC 8555 §8.3, RFC 8737). They are open only then, and know nothing but the answers."""
