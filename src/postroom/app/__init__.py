"""The composition root: settings → adapters → services → doors, for one worker; and what a command-line tool opens.

Only this package and `cli` build adapters.
"""

from postroom.app.adapters import Adapters, SystemClock, build_adapters
from postroom.app.folder import DataFolder, is_running
from postroom.app.services import Secrets, Services, build_doors, build_services
from postroom.app.serving import run_worker, serve

__all__ = [
    "Adapters",
    "DataFolder",
    "Secrets",
    "Services",
    "SystemClock",
    "build_adapters",
    "build_doors",
    "build_services",
    "is_running",
    "run_worker",
    "serve",
]
