"""Our side: a fresh server with a hundred accounts, two workers, on loopback ports of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from bench.measure import Served

ACCOUNTS = 100
DOMAIN = "bench.test"
PASSWORD = "bench-password"
SINK_PORT = 31999  # where both sides send what is not theirs
_OFFSET = 30000


class Ours(Served):
    """Users are user, 1user … 100user, as smtp-source numbers its recipients."""

    name = "postroom"
    smtp_port = 25 + _OFFSET
    accepted_is_stored = True
    imap_port = 143 + _OFFSET
    pop3_port = 110 + _OFFSET

    def __init__(self, data: Path) -> None:
        self.data = data

    def __enter__(self) -> Ours:
        code = (
            "import sys; from pathlib import Path; from postroom.cli.setup import create_server, add_accounts;"
            "from postroom.cli.opened import run; from postroom.model.account import Role;"
            "data = Path(sys.argv[1]); count = int(sys.argv[2]);"
            f"create_server(data, 'mail.{DOMAIN}', '{DOMAIN}');"
            f"add_accounts(data, [(f'{{n}}user@{DOMAIN}', '', Role.USER, '{PASSWORD}') for n in ['', *range(1, count + 1)]]);"
            "run(data, lambda adapters: adapters.settings.change({'imap_pop3.secure_networks': ['127.0.0.0/8'],"
            " 'imap_pop3.max_connections': 5000, 'smtp.relay_networks': ['127.0.0.0/8'], 'relay.smart_host': '[127.0.0.1]',"
            f" 'relay.smart_host_port': {SINK_PORT}, 'relay.smart_host_tls': 'none'}}, 'bench'))"
        )
        subprocess.run([sys.executable, "-c", code, str(self.data), str(ACCOUNTS)], check=True)
        log = (self.data.parent / "ours.log").open("ab")
        command = [sys.executable, "-m", "postroom", "serve", "--data", str(self.data), "--port-offset", str(_OFFSET)]
        self._process = subprocess.Popen([*command, "--workers", "2", "--log-format", "json"], stdout=log, stderr=log)
        log.close()
        status = self.data / "run" / "status.json"
        for _ in range(300):
            if status.exists() and len(json.loads(status.read_bytes())["workers"]) == 2:
                break
            time.sleep(0.1)
        time.sleep(1.5)
        return self

    def all_pids(self) -> list[int]:
        """Everything that takes part."""
        return self.pids()

    def stored(self) -> int:
        """Messages in all mailboxes."""
        from postroom.app import DataFolder
        from postroom.store.engines.sqlite import connect

        total = 0
        for path in DataFolder(self.data).accounts.glob("*/*/mail.sqlite"):
            connection = connect(path, read_only=True, must_exist=True)
            total += int(connection.execute("SELECT message_count FROM account").fetchall()[0][0])
            connection.close()
        return total

    def user(self, number: int) -> tuple[str, str]:
        return f"{number}user@{DOMAIN}", PASSWORD
