"""Faults: what pydantic finds wrong, in words for people: which field, and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from postroom.model.errors import Fault, Malformed

# what is allowed, in words of a command line; a fault that is not here says it itself
_UNKNOWN_FIELD = "unknown_field"  # of a request, which holds more than settings
_WANTED = {
    "bool_parsing": "on or off is wanted",
    "bool_type": "on or off is wanted",
    "dict_type": 'names and values are wanted, such as {{"imaps": "modern"}}',
    "enum": "{expected} is wanted",
    "extra_forbidden": "there is no such setting",
    "unknown_field": "there is no such field",
    "greater_than_equal": "at least {ge} is wanted",
    "int_from_float": "a whole number is wanted",
    "int_parsing": "a whole number is wanted",
    "int_parsing_size": "a whole number is wanted, and not so large a one",
    "int_type": "a whole number is wanted",
    "less_than_equal": "at most {le} is wanted",
    "model_type": "this is a page; name one of its settings",
    "string_too_long": "at most {max_length} characters are allowed",
    "string_type": "text is wanted",
    "tuple_type": 'a list is wanted, such as ["192.0.2.0/24", "2001:db8::/32"]',
}


def malformed(error: ValidationError) -> Malformed:
    """One error that names every faulty field."""
    faults = faults_of(error.errors(include_url=False, include_input=False))
    return Malformed("; ".join(str(fault) for fault in faults), faults=faults)


def faults_of(errors: Sequence[Any], skip: int = 0) -> list[Fault]:
    """From pydantic's list of errors; the first `skip` steps of a place say where a document lies and are left out."""
    found = []
    for fault in errors:
        kind = _UNKNOWN_FIELD if skip and fault["type"] == "extra_forbidden" else fault["type"]
        steps = [str(part) for part in fault["loc"] if not str(part).startswith("function-")]
        wanted = _WANTED.get(kind)
        text = wanted.format_map(fault.get("ctx", {})) if wanted else fault["msg"].removeprefix("Value error, ")
        found.append(Fault(".".join(steps[skip:]), text))
    return found
