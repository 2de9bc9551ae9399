"""Mail programs that read: curl, fetchmail, mpop, getmail, imapfilter, Python's libraries; by IMAP and POP3, with TLS from the start and after STARTTLS."""

from __future__ import annotations

import imaplib
import poplib

import imapclient
import pytest

from interop.programs import Desk

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-readers")]


def test_curl_by_imap(desk: Desk) -> None:
    desk.deliver("for curl")
    login = ("-u", f"{desk.user}:{desk.password}")
    status = desk.run(
        "curl",
        "-sS",
        "--cacert",
        desk.certificate,
        f"imaps://localhost:{desk.port('imaps')}/INBOX",
        *login,
        "-X",
        "STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY)",
    )
    assert "UIDVALIDITY" in status
    fetched = desk.run(
        "curl",
        "-sS",
        "--cacert",
        desk.certificate,
        "--ssl-reqd",
        f"imap://localhost:{desk.port('imap')}/INBOX;UID=1",
        *login,
    )
    assert "Subject: " in fetched


def test_curl_by_pop3(desk: Desk) -> None:
    desk.deliver("for curl by pop3")
    listing = desk.run(
        "curl",
        "-sS",
        "--cacert",
        desk.certificate,
        "-u",
        f"{desk.user}:{desk.password}",
        f"pop3s://localhost:{desk.port('pop3s')}/",
    )
    assert listing.strip()


def test_fetchmail_by_imap(desk: Desk) -> None:
    desk.deliver("for fetchmail")
    configuration = desk.file(
        "fetchmailrc",
        f'poll localhost protocol IMAP port {desk.port("imaps")} user "{desk.user}" password "{desk.password}" ssl sslcertck'
        f' sslcertfile {desk.certificate} keep mda "cat >> {desk.home}/fetched"\n',
    )
    desk.run("fetchmail", "-f", configuration, "--pidfile", f"{desk.home}/pid", "-i", f"{desk.home}/ids", "--all", "-v")
    assert "Subject: for fetchmail" in (desk.home / "fetched").read_text()


def test_fetchmail_by_pop3_with_stls(desk: Desk) -> None:
    desk.deliver("for fetchmail by pop3")
    configuration = desk.file(
        "fetchmailrc",
        f'poll localhost protocol POP3 port {desk.port("pop3")} uidl user "{desk.user}" password "{desk.password}" sslproto TLS1.2+ sslcertck'
        f' sslcertfile {desk.certificate} keep mda "cat >> {desk.home}/fetched"\n',
    )
    command = ("fetchmail", "-f", configuration, "--pidfile", f"{desk.home}/pid", "-i", f"{desk.home}/ids", "-v")
    desk.run(*command)
    assert "Subject: for fetchmail by pop3" in (desk.home / "fetched").read_text()
    size = (desk.home / "fetched").stat().st_size
    desk.run(*command, good=(1,))  # 1: no new mail, since the UIDLs are the same
    assert (desk.home / "fetched").stat().st_size == size


@pytest.mark.parametrize(("door", "starttls"), [("pop3s", "off"), ("pop3", "on")])
def test_mpop(desk: Desk, door: str, starttls: str) -> None:
    desk.deliver(f"for mpop {door}")
    for folder in ("new", "cur", "tmp"):
        (desk.home / "Maildir" / folder).mkdir(parents=True)
    configuration = desk.file(
        "mpoprc",
        f"defaults\ntls on\ntls_starttls {starttls}\ntls_trust_file {desk.certificate}\naccount a\nhost localhost\nport {desk.port(door)}\n"
        f"user {desk.user}\npasswordeval echo {desk.password}\ndelivery maildir {desk.home}/Maildir\nkeep on\nuidls_file {desk.home}/uidls\n",
    )
    desk.run("mpop", "-C", configuration, "a")
    bodies = [path.read_text() for path in (desk.home / "Maildir" / "new").iterdir()]
    assert any(f"Subject: for mpop {door}" in body for body in bodies)


def test_getmail(desk: Desk) -> None:
    desk.deliver("for getmail")
    configuration = desk.file(
        "getmailrc",
        f"[retriever]\ntype = SimplePOP3SSLRetriever\nserver = localhost\nport = {desk.port('pop3s')}\nusername = {desk.user}\npassword = {desk.password}\n"
        f'ca_certs = {desk.certificate}\n[destination]\ntype = MDA_external\npath = /usr/bin/tee\narguments = ("-a", "{desk.home}/mbox")\n'
        "allow_root_commands = true\n[options]\nread_all = true\ndelete = false\n",
    )
    desk.file("mbox", "")
    desk.run("getmail", "--getmaildir", str(desk.home), "-r", configuration)
    assert "Subject: for getmail" in (desk.home / "mbox").read_text()


def test_imapfilter(desk: Desk) -> None:
    desk.deliver("for imapfilter")
    script = desk.file(
        "filter.lua",
        "options.timeout = 20\noptions.certificates = true\n"
        f"a = IMAP {{ server = 'localhost', port = {desk.port('imaps')}, username = '{desk.user}', password = '{desk.password}', ssl = 'auto' }}\n"
        "r = a.INBOX:contain_subject('for imapfilter')\nassert(#r == 1, 'search')\na:create_mailbox('filtered')\n"
        "r:copy_messages(a['filtered'])\nassert(#a['filtered']:select_all() == 1, 'copy')\na['filtered']:select_all():mark_flagged()\n"
        "assert(#a['filtered']:is_flagged() == 1, 'flag')\na:delete_mailbox('filtered')\n",
    )
    desk.run("env", f"SSL_CERT_FILE={desk.certificate}", "imapfilter", "-t", desk.certificate, "-c", script)


def test_imaplib_with_starttls(desk: Desk) -> None:
    desk.deliver("for imaplib")
    client = imaplib.IMAP4("localhost", desk.port("imap"), timeout=20)
    client.starttls(desk.server.context())
    client.login(desk.user, desk.password)
    client.select()
    assert client.search(None, "SUBJECT", '"for imaplib"')[1][0]
    client.logout()


def test_imapclient(desk: Desk) -> None:
    desk.deliver("for imapclient")
    client = imapclient.IMAPClient("localhost", port=desk.port("imaps"), ssl_context=desk.server.context())
    client.login(desk.user, desk.password)
    client.select_folder("INBOX")
    found = client.search(["SUBJECT", "for imapclient"])
    assert len(found) == 1
    facts = client.fetch(
        found, ["ENVELOPE", "BODYSTRUCTURE", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[HEADER]", "BODY.PEEK[]"]
    )[found[0]]
    assert facts[b"ENVELOPE"].subject == b"for imapclient"
    assert facts[b"RFC822.SIZE"] == len(facts[b"BODY[]"])
    client.create_folder("py&日本語")
    assert "py&日本語" in [name for _, _, name in client.list_folders()]
    client.append("py&日本語", b"Subject: kept\r\n\r\nx\r\n", [imapclient.SEEN])
    client.select_folder("py&日本語")
    assert set(client.get_flags([1])[1]) == {imapclient.SEEN, imapclient.RECENT}
    client.idle()
    client.idle_check(timeout=0.2)
    client.idle_done()
    client.select_folder("INBOX")
    client.delete_folder("py&日本語")
    client.logout()


def test_poplib_with_stls(desk: Desk) -> None:
    desk.deliver("for poplib")
    client = poplib.POP3("localhost", desk.port("pop3"), timeout=20)
    client.stls(desk.server.context())
    client.user(desk.user)
    client.pass_(desk.password)
    count = client.stat()[0]
    assert len(client.uidl()[1]) == count
    assert b"Subject: for poplib" in client.top(count, 0)[1]
    client.rset()
    client.quit()


def test_mbsync_both_ways_with_flags(desk: Desk) -> None:
    """isync: what is on the server comes down, what is changed here goes up, what is deleted there goes here."""
    for number in range(5):
        desk.deliver(f"for mbsync {number}")
    configuration = desk.file(
        "mbsyncrc",
        f"IMAPAccount a\nHost localhost\nPort {desk.port('imap')}\nUser {desk.user}\nPass {desk.password}\nSSLType STARTTLS\nCertificateFile {desk.certificate}\n\n"
        f"IMAPStore far\nAccount a\n\nMaildirStore near\nPath {desk.home}/mail/\nInbox {desk.home}/mail/INBOX\nSubFolders Verbatim\n\n"
        "Channel c\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\n",
    )
    (desk.home / "mail").mkdir()
    sync = ("mbsync", "-c", configuration, "-a")
    desk.run(*sync)
    inbox = desk.home / "mail" / "INBOX"
    here = sorted(path for folder in ("new", "cur") for path in (inbox / folder).iterdir())
    assert len(here) == len(desk.subjects())
    flagged = next(path for path in here if "Subject: for mbsync 2\n" in path.read_text().replace("\r\n", "\n"))
    flagged.rename(inbox / "cur" / (flagged.name.partition(":")[0].partition(";")[0].split(":2,")[0] + ":2,FS"))
    (inbox / "new" / "1.upload.host").write_text("From: alice@example.test\nSubject: uploaded by mbsync\n\nup\n")
    (inbox / "cur").mkdir(exist_ok=True)
    desk.run(*sync)
    assert "uploaded by mbsync" in desk.subjects()
    client = desk.server.imap()
    client.select("INBOX")
    number = client.search(None, "SUBJECT", '"for mbsync 2"')[1][0].split()[0].decode()
    flags = client.fetch(number, "(FLAGS)")[1][0]
    assert isinstance(flags, bytes) and b"\\Flagged" in flags and b"\\Seen" in flags
    gone = client.search(None, "SUBJECT", '"for mbsync 3"')[1][0].split()[0].decode()
    client.store(gone, "+FLAGS.SILENT", "(\\Deleted)")
    client.expunge()
    client.logout()
    desk.run(*sync)
    left = [path.read_text() for folder in ("new", "cur") for path in (inbox / folder).iterdir()]
    assert not any("Subject: for mbsync 3" in text for text in left)
    assert len(left) == len(desk.subjects())
