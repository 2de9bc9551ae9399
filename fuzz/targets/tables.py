"""Tables of accounts: any octets are lines that can be used, lines with a reason, or no table at all."""

from __future__ import annotations

from postroom.admin.people.account_csv import Action, Outcome, read_table
from postroom.model.errors import Malformed, OverLimit

SEEDS = (
    "\ufeffaddress,name,quota,role,password,disabled,aliases\na@b.test,Ä,5,user,secret words,no,c@b.test d@b.test\n".encode(),
    b'address;role\r\n"a@b.test";domain administrator\r\n\'=1,x\r\n',
    b'name,address\n"two\nlines",a@b.test\n,\n',
)


def accounts(data: bytes) -> None:
    try:
        lines = read_table(data)
    except (Malformed, OverLimit) as error:
        assert error.public
        return
    for line in lines:
        if isinstance(line, Outcome):
            assert line.action is Action.ERROR and line.error and line.line >= 2
        else:
            assert str(line.address) and line.line >= 2
