"""Installs the Debian packages that tests or benches need, or says which are missing; standard library only.

As root it runs apt-get; otherwise it prints the one line to run and exits with 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# program, or path of a file, that must be there → package that brings it
PACKAGES = {
    "test": {
        "swaks": "swaks",
        "/usr/share/doc/libnet-ssleay-perl": "libnet-ssleay-perl",  # without it swaks speaks no TLS
        "msmtp": "msmtp",
        "curl": "curl",
        "s-nail": "s-nail",
        "mbsync": "isync",
        "fetchmail": "fetchmail",
        "mpop": "mpop",
        "mutt": "mutt",
        "getmail": "getmail6",
        "imapfilter": "imapfilter",
        "neomutt": "neomutt",
        "offlineimap": "offlineimap3",
        "/usr/share/perl5/Mail/IMAPClient.pm": "libmail-imapclient-perl",
        "/usr/share/perl5/IO/Socket/SSL.pm": "libio-socket-ssl-perl",
        "postfix": "postfix",
        "/usr/lib/dovecot/imap": "dovecot-imapd",
        "openssl": "openssl",
        "faketime": "faketime",
        "strace": "strace",
    },
    "soak": {
        "/usr/lib/dovecot/imap": "dovecot-imapd",
        "thunderbird": "thunderbird",
        "Xvfb": "xvfb",
        "import": "imagemagick",  # the screenshot
        "php": "php-cli",
        "/usr/share/roundcube/index.php": "roundcube-core",
        "/usr/share/doc/php8.2-sqlite3": "php-sqlite3",
    },
    "bench": {
        "smtp-source": "postfix",
        "dovecot": "dovecot-core",
        "/usr/lib/dovecot/imap": "dovecot-imapd",
        "/usr/lib/dovecot/lmtp": "dovecot-lmtpd",
        "/usr/lib/dovecot/pop3": "dovecot-pop3d",
    },
}


def is_there(wanted: str) -> bool:
    if wanted.startswith("/"):
        return Path(wanted).exists()
    return shutil.which(wanted, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


@contextlib.contextmanager
def _no_service_started() -> Iterator[None]:
    """Tests start servers of their own: Debian asks this file before it starts one that was installed, 101 means no."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--for", dest="purpose", choices=sorted(PACKAGES), required=True)
    purpose = parser.parse_args().purpose
    missing = sorted({package for wanted, package in PACKAGES[purpose].items() if not is_there(wanted)})
    if not missing:
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"postroom: missing for `make {purpose}`: {' '.join(missing)}", file=sys.stderr)
        print(f"  run: sudo apt-get install --no-install-recommends {' '.join(missing)}", file=sys.stderr)
        return 1
    print(f"Installing Debian packages: {' '.join(missing)} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_service_started():
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
        ):
            done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
            if done.returncode != 0:
                told = (done.stdout + done.stderr)[-2000:]
                print(f"postroom: {' '.join(command[:2])} failed:\n{told}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
