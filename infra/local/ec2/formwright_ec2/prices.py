"""Spot prices: a file of today's, and the changes that a drill makes."""

import json
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from .records import now

_PriceFile = TypeAdapter(dict[str, dict[str, float]])


class Price(BaseModel):
    """Dollars per hour of a type in a zone, valid from `since` until the next one."""

    instance_type: str
    zone: str
    dollars: float
    since: datetime


class PriceBook:
    """All prices ever valid, kept in the state folder once a drill has changed one."""

    def __init__(self, file: Path, state: Path) -> None:
        self._state = state
        if state.exists():
            self._prices = TypeAdapter(list[Price]).validate_json(state.read_bytes())
            return
        since = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        self._prices = [
            Price(instance_type=kind, zone=zone, dollars=dollars, since=since)
            for kind, zones in _PriceFile.validate_json(file.read_bytes()).items()
            for zone, dollars in zones.items()
        ]

    def current(self, instance_type: str, zone: str) -> float | None:
        """Dollars per hour now; None when the zone does not offer the type."""
        valid = [p for p in self._prices if (p.instance_type, p.zone) == (instance_type, zone)]
        return max(valid, key=lambda p: p.since).dollars if valid else None

    def change(self, instance_type: str, zone: str, dollars: float) -> None:
        """A new price from now on."""
        self._prices.append(Price(instance_type=instance_type, zone=zone, dollars=dollars, since=now()))
        beside = self._state.with_suffix(".new")
        beside.write_text(json.dumps([p.model_dump(mode="json") for p in self._prices]))
        beside.replace(self._state)

    def history(self, region: str, start: datetime | None, end: datetime | None) -> list[Price]:
        """As DescribeSpotPriceHistory: newest first; the price already valid at `start` is included."""
        found: list[Price] = []
        by_place: dict[tuple[str, str], list[Price]] = {}
        for price in self._prices:
            if price.zone.startswith(region):
                by_place.setdefault((price.instance_type, price.zone), []).append(price)
        for prices in by_place.values():
            prices.sort(key=lambda p: p.since)
            for at, price in enumerate(prices):
                until = prices[at + 1].since if at + 1 < len(prices) else None
                if (end is None or price.since <= end) and (start is None or until is None or until > start):
                    found.append(price)
        return sorted(found, key=lambda p: p.since, reverse=True)
