"""What is known of a running server: its processes and listeners, and how well it is. Times are Unix seconds."""

from __future__ import annotations

import enum
from dataclasses import dataclass

STATUS_NAME = "status.json"
"""What the supervisor writes of itself, in the folder of a running server."""


@dataclass(frozen=True, slots=True)
class ListenerState:
    """One socket that should listen, and why it does not."""

    door: str
    address: str
    port: int
    open: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A process of the server. `memory` in octets, None where it can't be told."""

    pid: int
    index: int
    restarts: int
    since: int
    serves: str
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class ServerState:
    """What the supervisor says of itself."""

    since: int
    settings_version: int
    port_offset: int
    listeners: list[ListenerState]
    processes: list[ProcessState]


@dataclass(frozen=True, slots=True)
class Storage:
    """Octets: of the disk that holds the data, and of the files of all accounts (None: not measured yet)."""

    total: int
    used: int
    free: int
    mail: int | None


@dataclass(frozen=True, slots=True)
class InterfaceState:
    """A network interface as the kernel tells it."""

    name: str
    addresses: list[str]
    is_up: bool
    is_loopback: bool


class State(enum.StrEnum):
    """How well something is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing that was looked at. `page` is where it is mended."""

    name: str
    title: str
    state: State
    text: str
    page: str
