"""Thunderbird: an account is set up, mail listed, read, flagged, searched, moved and sent; each is looked for on the server. With POSTROOM_SOAK=1 only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from interop.programs import Desk
from interop.thunderbird import thunderbird
from lines import wait_for

pytestmark = [
    pytest.mark.interop,
    pytest.mark.xdist_group("thunderbird"),
    pytest.mark.skipif(not os.environ.get("POSTROOM_SOAK"), reason="a desktop program takes its time"),
]

_SET_UP = """
const [address, password, imap, smtp, certificate] = words;
// what the program does when its user says that this certificate is to be trusted
const known = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).constructX509FromBase64(certificate);
const trusted = Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService);
for (const port of [imap, smtp]) trusted.rememberValidityOverride("localhost", port, {}, known, false);
for (const kind of ["imap", "smtp"]) {
  const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
  login.init(kind + "://localhost", null, kind + "://localhost", address, password, "", "");
  await Services.logins.addLoginAsync(login);
}
const made = MailServices.accounts.createIncomingServer(address, "localhost", "imap");
made.port = imap; made.socketType = Ci.nsMsgSocketType.SSL; made.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
const out = MailServices.outgoingServer.createServer("smtp").QueryInterface(Ci.nsISmtpServer);
out.hostname = "localhost"; out.port = smtp; out.username = address;
out.socketType = Ci.nsMsgSocketType.SSL; out.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
const identity = MailServices.accounts.createIdentity();
identity.email = address; identity.fullName = "Alice"; identity.smtpServerKey = out.key;
const account = MailServices.accounts.createAccount();
account.incomingServer = made; account.addIdentity(identity);
MailServices.accounts.defaultAccount = account;
made.performExpand(null);
done(true);
"""
_SUBJECTS = "if (inbox()) { inbox().updateFolder(null); done([...inbox().messages].map(each => each.mime2DecodedSubject)); } else { done([]); }"
_READ = """
const uri = inbox().getUriForMsg(header(inbox(), words[0]));
const text = await new Promise((resolve, reject) => {
  let found = "";
  const listener = {
    QueryInterface: ChromeUtils.generateQI(["nsIStreamListener", "nsIRequestObserver"]),
    onStartRequest() {}, onStopRequest(request, status) { resolve(found); },
    onDataAvailable(request, stream, offset, count) {
      const reader = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(Ci.nsIScriptableInputStream);
      reader.init(stream); found += reader.read(count);
    },
  };
  MailServices.messageServiceFromURI(uri).streamMessage(uri, listener, null, null, false, "", false);
});
inbox().markMessagesRead([header(inbox(), words[0])], true);
done(text);
"""
_FLAG = "inbox().markMessagesFlagged([header(inbox(), words[0])], true); done(true);"
_MOVE = """
MailServices.copy.copyMessages(inbox(), [header(inbox(), words[0])], folder(Ci.nsMsgFolderFlags.Archive), true, null, null, false);
done(true);
"""
_SEARCH = """
const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession);
session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, inbox());
const term = session.createTerm(), value = term.value;
value.attrib = Ci.nsMsgSearchAttrib.Body; value.str = words[0]; term.value = value;
term.attrib = Ci.nsMsgSearchAttrib.Body; term.op = Ci.nsMsgSearchOp.Contains; session.appendTerm(term);
const found = [];
await new Promise(resolve => session.registerListener({
  QueryInterface: ChromeUtils.generateQI(["nsIMsgSearchNotify"]),
  onNewSearch() {}, onSearchHit(hit) { found.push(hit.mime2DecodedSubject); }, onSearchDone() { resolve(); },
}) || session.search(null));
done(found);
"""
_SEND = """
const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
fields.from = words[0]; fields.to = words[0]; fields.subject = words[1]; fields.body = "sent by Thunderbird\\r\\n";
const params = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
params.composeFields = fields; params.format = Ci.nsIMsgCompFormat.PlainText;
params.identity = MailServices.accounts.defaultAccount.defaultIdentity;
const compose = Cc["@mozilla.org/messengercompose/compose;1"].createInstance(Ci.nsIMsgCompose);
compose.initialize(params);
await compose.sendMsg(Ci.nsIMsgCompDeliverMode.Now, params.identity, "", null, null);
done(true);
"""


def _found(desk: Desk, *criteria: str, mailbox: str = "INBOX") -> bytes:
    client = desk.server.imap()
    client.select(mailbox, readonly=True)
    found: bytes = client.search(None, *criteria)[1][0]
    client.logout()
    return found


def _base64(path: str) -> str:
    first = Path(path).read_text().split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]
    return "".join(first.split())


def test_thunderbird(desk: Desk) -> None:
    for subject, text in (
        ("to be read", "an ordinary text"),
        ("to be moved", "with a marmalade in it"),
        ("to be flagged", "x"),
    ):
        desk.deliver(subject, text)
    with thunderbird(desk.home) as program:
        program.run(
            _SET_UP, desk.user, desk.password, desk.port("imaps"), desk.port("submissions"), _base64(desk.certificate)
        )
        wait_for(lambda: len(program.run(_SUBJECTS)) >= 3, 40, "the mailbox is not listed")
        assert {"to be read", "to be moved", "to be flagged"} <= set(program.run(_SUBJECTS))
        assert "an ordinary text" in program.run(_READ, "to be read")
        wait_for(lambda: _found(desk, "SEEN", "SUBJECT", '"to be read"'), 20, "read is not told to the server")
        program.run(_FLAG, "to be flagged")
        wait_for(lambda: _found(desk, "FLAGGED", "SUBJECT", '"to be flagged"'), 20, "flagged is not told to the server")
        assert program.run(_SEARCH, "marmalade") == ["to be moved"]
        program.screenshot(desk.home / "screen.png")
        program.run(_MOVE, "to be moved")
        wait_for(lambda: _found(desk, "SUBJECT", '"to be moved"', mailbox="Archive"), 20, "not moved")
        program.run(_SEND, desk.user, "sent by Thunderbird")
        wait_for(lambda: "sent by Thunderbird" in desk.subjects(), 20, "not sent")
        wait_for(lambda: "sent by Thunderbird" in desk.subjects("Sent"), 20, "no copy in Sent")
