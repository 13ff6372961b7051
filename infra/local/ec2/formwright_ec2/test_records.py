"""Records survive a kill at any moment."""

from pathlib import Path

import pytest

from .records import InstanceRecord, RecordStore, now


def record(instance_id: str, **changes: object) -> InstanceRecord:
    """A running spot instance."""
    return InstanceRecord.model_validate(
        {
            "id": instance_id,
            "region": "us-east-1",
            "zone": "us-east-1a",
            "instance_type": "c7i.large",
            "image_id": "ami-1",
            "user_data": None,
            "tags": {},
            "client_token": "t",
            "token_scope": "us-east-1a",
            "fingerprint": "f",
            "spot_request_id": None,
            "max_price": None,
            "shutdown_behavior": "terminate",
            "profile": None,
            "metadata_tags": False,
            "launched_at": now(),
            **changes,
        }
    )


def test_a_store_opened_again_has_what_was_saved_last(tmp_path: Path) -> None:
    store = RecordStore(tmp_path)
    saved = record("i-1")
    store.save(saved)
    saved.state = "terminated"
    store.save(saved)
    again = RecordStore(tmp_path).get("i-1")
    assert again == saved
    assert (tmp_path / "i-1.json").stat().st_mode & 0o777 == 0o600


def test_half_a_file_written_beside_is_not_read(tmp_path: Path) -> None:
    store = RecordStore(tmp_path)
    store.save(record("i-1"))
    (tmp_path / "i-2.json.new").write_text('{"id": "i-')
    assert [r.id for r in RecordStore(tmp_path).all()] == ["i-1"]


@pytest.mark.parametrize(
    ("scope", "token", "found"),
    [("us-east-1a", "t", ["i-1"]), ("us-east-1b", "t", []), ("", "t", ["i-2"]), ("us-east-1a", "other", [])],
)
def test_a_token_counts_in_its_zone_or_where_none_was_named_in_its_region(
    tmp_path: Path, scope: str, token: str, found: list[str]
) -> None:
    store = RecordStore(tmp_path)
    store.save(record("i-1"))
    store.save(record("i-2", token_scope=""))
    assert [r.id for r in store.by_token("us-east-1", scope, token)] == found
