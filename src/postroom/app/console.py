"""The admin API and the pages of the console, built from the same adapters as a worker; large, so that only the console's process loads it."""

from __future__ import annotations

from collections.abc import Callable

import postroom
from postroom.admin.jobs import Jobs
from postroom.app import operating
from postroom.app.adapters import Adapters
from postroom.app.administration import build_domain_dns, build_indexing, build_people
from postroom.model.session import IpAddress
from postroom.net.limits import contains
from postroom.servers.adminapi.application import BOUNDS, build_application
from postroom.servers.adminapi.desk import Desk
from postroom.servers.http.door import http_door
from postroom.servers.http.pages import Pages
from postroom.servers.http.site import Site
from postroom.servers.listener import Door
from postroom.servers.live import Live
from postroom.settings.document import Settings
from postroom.settings.security import CONSOLE
from postroom.web import console_folder

HOME = "/console/"


def build_console(adapters: Adapters, live: Live) -> tuple[Door, Jobs]:
    """What serves the console behind its listener, and the jobs whose `run` must be at work."""
    desk = build_desk(adapters, lambda: live.settings)
    site = Site([(HOME, Pages(console_folder(), HOME))], build_application(desk), HOME)
    return http_door(CONSOLE, site, lambda: live.admission(CONSOLE), BOUNDS), desk.jobs


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
        indexing=build_indexing(adapters, people),
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
