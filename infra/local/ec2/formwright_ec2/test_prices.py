"""Spot prices over time."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from .prices import PriceBook
from .records import now


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"c7i.large": {"us-east-1a": 0.04, "us-west-2a": 0.05}}))
    return path


def test_a_zone_that_does_not_offer_a_type_has_no_price(file: Path, tmp_path: Path) -> None:
    book = PriceBook(file, tmp_path / "state.json")
    assert book.current("c7i.large", "us-east-1a") == 0.04
    assert book.current("c7i.large", "us-east-1b") is None


def test_a_change_is_valid_at_once_and_kept_over_a_restart(file: Path, tmp_path: Path) -> None:
    PriceBook(file, tmp_path / "state.json").change("c7i.large", "us-east-1a", 0.09)
    assert PriceBook(file, tmp_path / "state.json").current("c7i.large", "us-east-1a") == 0.09


def test_history_holds_the_price_already_valid_at_its_start_and_no_older_one(file: Path, tmp_path: Path) -> None:
    book = PriceBook(file, tmp_path / "state.json")
    book.change("c7i.large", "us-east-1a", 0.09)
    later = now() + timedelta(seconds=5)
    assert [p.dollars for p in book.history("us-east-1", later, None)] == [0.09]
    assert [p.dollars for p in book.history("us-east-1", None, None)] == [0.09, 0.04]
    assert [p.dollars for p in book.history("us-east-1", None, now() - timedelta(days=1))] == [0.04]


def test_a_file_that_is_no_price_list_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('{"c7i.large": {"us-east-1a": "cheap"}}')
    with pytest.raises(ValidationError, match="us-east-1a"):
        PriceBook(file, tmp_path / "state.json")
