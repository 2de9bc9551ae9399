"""The full-text index, joined: as searches ask it in each worker, and the process that follows what arrives."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

from postroom.app.adapters import Adapters, build_adapters
from postroom.app.folder import DataFolder
from postroom.app.metering import Metering
from postroom.index.extract.extractor import Extractor
from postroom.index.follower import Follower
from postroom.index.index_files import IndexFiles
from postroom.index.indexing import Indexing
from postroom.index.text_index import FileTextIndex
from postroom.model.email import ChangeNotice
from postroom.model.ids import AccountId
from postroom.net.limits import ConnectionLimits
from postroom.notify.local import INDEXER
from postroom.observe.meter import Meter
from postroom.servers import allocation
from postroom.servers.live import Live
from postroom.servers.worker import Worker
from postroom.settings.search import SearchSettings
from postroom.store.indexed_mail import FileIndexedMail

_NICE = 10  # the indexer takes what mail leaves of the processors


@dataclass(frozen=True, slots=True)
class IndexRooms:
    """The index of one process."""

    mail: FileIndexedMail
    files: IndexFiles
    extractor: Extractor
    indexing: Indexing
    index: FileTextIndex

    async def close(self) -> None:
        """Files, threads, and the process that reads attachments."""
        await asyncio.to_thread(self.extractor.close)
        await self.files.close()


def build_index(adapters: Adapters, settings: Callable[[], SearchSettings]) -> IndexRooms:
    """Nothing is opened before it is needed."""
    mail = FileIndexedMail(adapters.store.files, adapters.pool)
    files = IndexFiles(mail, adapters.store.files.folder)
    extractor = Extractor()
    indexing = Indexing(mail, files, extractor.document, lambda: not settings().cjk_characters)
    return IndexRooms(mail, files, extractor, indexing, FileTextIndex(mail, files, indexing, settings))


async def follow(data: DataFolder, meter: Meter, control: socket.socket) -> None:
    """The indexer's process, until drained."""
    os.nice(_NICE)
    adapters = build_adapters(data, name=INDEXER)
    live = Live(adapters.settings, data.certificates)
    rooms = build_index(adapters, lambda: live.settings.search)
    try:
        follower = Follower(
            rooms.mail,
            rooms.files,
            rooms.indexing,
            adapters.index_states,
            settings=lambda: live.settings.search,
            accounts=adapters.store.files.account_ids,
        )

        def deliver(notice: ChangeNotice) -> None:
            follower.notice(AccountId(notice.account_id))

        bus = adapters.bus
        loop = asyncio.get_running_loop()
        loop.add_reader(bus.socket.fileno(), lambda: bus.receive(deliver, lambda: None))
        metering = Metering(meter, adapters)
        allocation.freeze()
        await Worker(control, {}, live.reload, ConnectionLimits(), [follower.run, metering.run]).run()
        loop.remove_reader(bus.socket.fileno())
        await metering.write_flow()
    finally:
        await rooms.close()
        await adapters.close()
