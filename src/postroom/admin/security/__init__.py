"""Security › TLS and certificates: the profiles and whom they shut out, what certificates are kept, ordering and renewing them."""
