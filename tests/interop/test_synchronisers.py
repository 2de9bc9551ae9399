"""Programs that keep a copy, and libraries with what came after RFC 3501: offlineimap, mutt and neomutt with a header cache, Mail::IMAPClient, imaplib, imapclient."""

from __future__ import annotations

from pathlib import Path

import imapclient
import pytest

from interop.programs import Desk

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-synchronisers")]


def _files(folder: Path) -> list[Path]:
    return sorted(path for name in ("new", "cur") for path in (folder / name).glob("*"))


def test_offlineimap_both_ways(desk: Desk) -> None:
    desk.deliver("for offlineimap one")
    desk.deliver("for offlineimap two")
    configuration = desk.file(
        "offlineimaprc",
        f"[general]\naccounts = a\nmetadata = {desk.home}/metadata\nui = basic\n[Account a]\nlocalrepository = near\nremoterepository = far\n"
        f"[Repository near]\ntype = Maildir\nlocalfolders = {desk.home}/mail\n[Repository far]\ntype = IMAP\nremotehost = localhost\n"
        f"remoteport = {desk.port('imaps')}\nremoteuser = {desk.user}\nremotepass = {desk.password}\nssl = yes\nsslcacertfile = {desk.certificate}\n",
    )
    # under a Python without the warnings of tests: its own are not ours
    sync = ("env", "-u", "PYTHONPATH", "-u", "PYTHONWARNINGS", "offlineimap", "-c", configuration, "-o")
    desk.run(*sync)
    inbox = desk.home / "mail" / "INBOX"
    assert len(_files(inbox)) == len(desk.subjects())
    one = next(path for path in _files(inbox) if "Subject: for offlineimap one" in path.read_text())
    two = next(path for path in _files(inbox) if "Subject: for offlineimap two" in path.read_text())
    one.rename(inbox / "cur" / (one.name.partition(":2,")[0] + ":2,FS"))
    two.unlink()
    desk.run(*sync)
    assert "for offlineimap two" not in desk.subjects()
    client = desk.server.imap()
    client.select("INBOX", readonly=True)
    found = client.search(None, "FLAGGED", "SEEN", "SUBJECT", '"for offlineimap one"')[1][0]
    client.logout()
    assert found


@pytest.mark.parametrize("program", ["mutt", "neomutt"])
def test_mutt_with_a_header_cache(desk: Desk, program: str) -> None:
    """It flags the message it is told to; at its second start the headers come from its cache."""
    desk.deliver(f"for {program} cached")
    configuration = desk.file(
        "muttrc",
        f'set imap_user = "{desk.user}"\nset imap_pass = "{desk.password}"\nset folder = "imaps://localhost:{desk.port("imaps")}/"\n'
        f'set spoolfile = "+INBOX"\nset certificate_file = "{desk.certificate}"\nset ssl_force_tls = yes\nset header_cache = "{desk.home}/headers/"\n'
        "set imap_condstore = yes\nset imap_qresync = yes\nset wait_key = no\nset confirmappend = no\nset quit = yes\nset delete = no\n",
    )
    (desk.home / "headers").mkdir()
    keys = f"<limit>~s 'for {program} cached'<enter><flag-message><sync-mailbox><quit>"
    for keys_now in (keys, "<quit>"):
        desk.run(
            "env",
            "TERM=xterm",
            "script",
            "-qec",
            f"{program} -F {configuration} -e 'push \"{keys_now.replace(chr(39), '')}\"'",
            "/dev/null",
        )
    assert any(path.is_file() and path.stat().st_size for path in (desk.home / "headers").rglob("*"))
    client = desk.server.imap()
    client.select("INBOX", readonly=True)
    found = client.search(None, "FLAGGED", "SUBJECT", f'"for {program} cached"')[1][0]
    client.logout()
    assert found, "the flag has not come to the server"


_PERL = r"""
use strict; use Mail::IMAPClient;
my ($port, $user, $password, $ca) = @ARGV;
my $c = Mail::IMAPClient->new(Server => 'localhost', Port => $port, User => $user, Password => $password, Uid => 1, Peek => 1,
    Ssl => [SSL_ca_file => $ca, SSL_verifycn_name => 'localhost']) or die "new: $@";
$c->create('perl') or die $c->LastError; $c->select('INBOX') or die $c->LastError;
my @found = $c->search('SUBJECT "for perl"'); @found == 1 or die "search @found";
my $text = $c->message_string($found[0]); length($text) == $c->size($found[0]) or die 'size';
$c->copy('perl', $found[0]) or die $c->LastError;
my $uid = $c->append_string('perl', "Subject: appended\r\n\r\nx\r\n", '\\Seen') or die $c->LastError;
$c->select('perl') or die $c->LastError; $c->message_count('perl') == 2 or die 'count';
$c->set_flag('Flagged', $uid) or die $c->LastError; my @flags = $c->flags($uid); grep { /Flagged/ } @flags or die "flags @flags";
my $copy = ($c->search('SUBJECT "for perl"'))[0]; $c->delete_message($copy) or die $c->LastError; $c->expunge or die $c->LastError;
$c->message_count('perl') == 1 or die 'expunge';
$c->idle or die $c->LastError; $c->done or die $c->LastError;
$c->select('INBOX'); $c->delete('perl') or die $c->LastError; $c->logout; print "perl is content\n";
"""


def test_mail_imapclient_of_imapsync(desk: Desk) -> None:
    desk.deliver("for perl")
    script = desk.file("client.pl", _PERL)
    said = desk.run("perl", script, str(desk.port("imaps")), desk.user, desk.password, desk.certificate)
    assert "perl is content" in said


def test_imaplib_with_condstore_and_move(desk: Desk) -> None:
    desk.deliver("for imaplib later")
    client = desk.server.imap()
    client.enable("QRESYNC")
    client.select("INBOX")
    uid = client.uid("search", "SUBJECT", '"for imaplib later"')[1][0].split()[-1].decode()
    kind, rows = client.uid("fetch", uid, "(FLAGS MODSEQ)")
    assert kind == "OK" and b"MODSEQ (" in rows[0]
    kind, _ = client.uid("store", uid, "(UNCHANGEDSINCE 1)", "+FLAGS", "(\\Flagged)")
    assert kind == "OK"
    kind, rows = client.uid("fetch", uid, "(FLAGS)")
    assert b"\\Flagged" not in rows[0], "changed since 1, so not stored"
    assert client._simple_command("UID", "MOVE", uid, "Archive")[0] == "OK"
    client.select("Archive")
    assert client.search(None, "SUBJECT", '"for imaplib later"')[1][0]
    client.logout()


def test_imapclient_with_condstore_and_move(desk: Desk) -> None:
    desk.deliver("for imapclient later")
    with imapclient.IMAPClient("localhost", port=desk.port("imaps"), ssl_context=desk.server.context()) as client:
        client.login(desk.user, desk.password)
        client.enable("CONDSTORE")
        chosen = client.select_folder("INBOX")
        assert b"HIGHESTMODSEQ" in chosen
        (uid,) = client.search(["SUBJECT", "for imapclient later"])
        before = client.fetch([uid], ["MODSEQ"])[uid][b"MODSEQ"][0]
        client.add_flags([uid], [imapclient.FLAGGED])
        changed = client.fetch(client.search(["ALL"]), ["FLAGS"], modifiers=[f"CHANGEDSINCE {before}"])
        assert set(changed) == {uid}
        client.idle()
        desk.deliver("while imapclient idles")
        told = client.idle_check(timeout=10)
        client.idle_done()
        assert any(b"EXISTS" in each for each in told), told
        client.move([uid], "Archive")
        client.select_folder("Archive")
        assert client.search(["SUBJECT", "for imapclient later"])
