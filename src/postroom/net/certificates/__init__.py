"""Certificates: the folder they lie in, what is looked at before one is kept, which one is shown for which name, and the first one.

Nothing here knows where a certificate comes from; orders are net.acme.
"""

from postroom.net.certificates.examination import SOON
from postroom.net.certificates.folder import CertificateFolder
from postroom.net.certificates.self_signed import CHAIN_NAME, KEY_NAME, ensure_self_signed, make_self_signed

__all__ = ["CHAIN_NAME", "KEY_NAME", "SOON", "CertificateFolder", "ensure_self_signed", "make_self_signed"]
