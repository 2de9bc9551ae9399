"""Installs the Debian packages that tests or benches need, or says which are missing; standard library only.

As root it runs apt-get; otherwise it prints the one line to run and exits with 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
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
        "ip": "iproute2",
        "chromium": "chromium",
        "/usr/share/doc/fonts-noto-cjk": "fonts-noto-cjk",
        "pebble": "pebble",
    },
    "soak": {
        "/usr/lib/dovecot/imap": "dovecot-imapd",
        "thunderbird": "thunderbird",
        "Xvfb": "xvfb",
        "/usr/share/doc/installation-guide-amd64/ja": "installation-guide-amd64",
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
        "/usr/lib/dovecot/modules/lib21_fts_xapian_plugin.so": "dovecot-fts-xapian",
        "/usr/share/doc/installation-guide-amd64/ko": "installation-guide-amd64",
    },
}

# a second mail server beside Postfix: Debian lets only one be installed, so that it is unpacked, and its user made
UNPACKED = {"test": ("exim4-daemon-light", "exim4-base")}
UNPACK_FOLDER = Path("/var/lib/postroom-tests")
EXIM = UNPACK_FOLDER / "usr" / "sbin" / "exim4"
EXIM_USER = "Debian-exim"


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
    unpacked = UNPACKED.get(purpose, ()) if not EXIM.exists() else ()
    if not missing and not unpacked:
        return 0
    if (os.geteuid() != 0 or not shutil.which("apt-get")) and not missing:
        return 0  # its tests need root as well, and are left out without
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"postroom: missing for `make {purpose}`: {' '.join(missing)}", file=sys.stderr)
        print(f"  run: sudo apt-get install --no-install-recommends {' '.join(missing)}", file=sys.stderr)
        return 1
    print(f"Installing Debian packages: {' '.join((*missing, *unpacked))} ...", flush=True)
    commands = [["apt-get", "update", "-qq"]]
    if missing:
        commands.append(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing])
    with _no_service_started():
        if not all(_ran(command) for command in commands):
            return 1
    return 0 if not unpacked or _unpack(unpacked) else 1


def _ran(command: list[str], folder: Path | None = None) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, cwd=folder)
    if done.returncode != 0:
        told = (done.stdout + done.stderr)[-2000:]
        print(f"postroom: {' '.join(command[:2])} failed:\n{told}", file=sys.stderr)
    return done.returncode == 0


def _unpack(packages: Sequence[str]) -> bool:
    """What they need is installed, they are not."""
    libraries = ["libdb5.3", "libgnutls-dane0", "libidn12", "libidn2-0", "libnsl2", "libpcre2-8-0"]
    UNPACK_FOLDER.mkdir(parents=True, exist_ok=True)
    if not _ran(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *libraries]):
        return False
    with tempfile.TemporaryDirectory() as folder:
        if not _ran(["apt-get", "download", "-qq", *packages], Path(folder)):
            return False
        if not all(_ran(["dpkg", "-x", str(file), str(UNPACK_FOLDER)]) for file in Path(folder).glob("*.deb")):
            return False
    with contextlib.suppress(KeyError):
        pwd.getpwnam(EXIM_USER)
        return True
    command = ["adduser", "--system", "--group", "--no-create-home", "--quiet", "--allow-bad-names", EXIM_USER]
    return _ran(command)


if __name__ == "__main__":
    sys.exit(main())
