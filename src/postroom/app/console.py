"""The console's process: the admin API and the pages, built from the same adapters as a worker."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import postroom
from postroom.admin.jobs import Jobs
from postroom.app import operating
from postroom.app.adapters import Adapters, build_adapters
from postroom.app.administration import build_domain_dns, build_people
from postroom.app.folder import DataFolder
from postroom.app.metering import Metering
from postroom.model.session import IpAddress, Peer
from postroom.net.limits import ConnectionLimits, contains
from postroom.observe.meter import Meter
from postroom.servers import allocation
from postroom.servers.adminapi.application import BOUNDS, build_application
from postroom.servers.adminapi.desk import Desk
from postroom.servers.http.door import http_door
from postroom.servers.http.pages import Pages
from postroom.servers.http.site import Site
from postroom.servers.listener import Door
from postroom.servers.live import Live
from postroom.servers.worker import Worker
from postroom.settings.document import Settings
from postroom.settings.security import CONSOLE
from postroom.web import console_folder

HOME = "/console/"


async def serve_console(data: DataFolder, meter: Meter, control: socket.socket) -> None:
    """Until drained."""
    adapters = build_adapters(data)
    try:
        live = Live(adapters.settings, data.certificates)
        desk = build_desk(adapters, lambda: live.settings)
        site = Site([(HOME, Pages(console_folder(), HOME))], build_application(desk), HOME)
        doors = {CONSOLE: console_door(live, site)}
        metering = Metering(meter, adapters)
        background = [desk.jobs.run, metering.run, adapters.directory.last_seen.run]
        allocation.freeze()
        await Worker(control, doors, live.reload, ConnectionLimits(), background).run()
        await metering.write_flow()
    finally:
        await adapters.close()


def build_desk(adapters: Adapters, current: Callable[[], Settings]) -> Desk:
    """The services behind the API."""

    def trusted(address: IpAddress) -> bool:
        return contains(current().limits.trusted_networks, address)

    people = build_people(adapters)
    jobs = Jobs(adapters.clock)
    return Desk(
        current=current,
        trusted=trusted,
        version=postroom.__version__,
        identity=operating.identity(adapters, current),
        settings=operating.settings_admin(adapters),
        overview=operating.overview(adapters),
        presence=operating.presence(adapters),
        queue=operating.queue_admin(adapters),
        audit=operating.audit_reader(adapters),
        jobs=jobs,
        backups=operating.backups(adapters, jobs),
        branding=operating.branding(adapters),
        setup=operating.first_setup(adapters, people, current),
        tls=operating.tls_admin(adapters),
        certificates=operating.certificate_admin(adapters),
        accounts=people.accounts,
        domains=people.domains,
        domain_dns=build_domain_dns(adapters, people),
        groups=people.groups,
        aliases=people.aliases,
        table=people.table,
    )


def console_door(live: Live, app: Any) -> Door:
    """The console behind its listener, for the networks that may open it."""

    def may_enter(peer: Peer) -> bool:
        networks = live.settings.console.networks
        return not networks or contains(networks, peer.address)

    return http_door(CONSOLE, app, lambda: live.admission(CONSOLE), may_enter, BOUNDS)
