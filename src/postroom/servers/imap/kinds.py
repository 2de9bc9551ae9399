"""What a command function is, for the table and the session that uses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Function = Callable[[Any, Any], Awaitable[None]]
"""(session, event) → None; each function names the type of its event."""
Commands = Mapping[type, Function]
