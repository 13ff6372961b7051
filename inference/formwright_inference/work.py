"""Whom a request works for: the run and stage of its W3C `baggage`, for logs and spans."""

from contextvars import ContextVar
from urllib.parse import unquote

_NOBODYS: dict[str, str | None] = {"run": None, "stage": None}
_current: ContextVar[dict[str, str | None]] = ContextVar("work", default=_NOBODYS)
# Longer than any run's name; what a client sends is not written down without bound.
MAX_CHARACTERS = 200


def enter(baggage: str | None) -> dict[str, str | None]:
    """Sets what the rest of this request works for."""
    entries = dict(pair.split(";")[0].strip().split("=", 1) for pair in (baggage or "").split(",") if "=" in pair)
    found = {key: _text(entries.get(f"formwright.{key}")) for key in _NOBODYS}
    _current.set(found)
    return found


def current() -> dict[str, str | None]:
    """`run` and `stage`, null where a line is no run's."""
    return _current.get()


def _text(value: str | None) -> str | None:
    return unquote(value)[:MAX_CHARACTERS] if value else None
