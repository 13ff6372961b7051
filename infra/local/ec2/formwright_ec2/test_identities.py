"""What an instance may do."""

import json

from .identities import policy


def test_an_instance_may_write_below_its_own_run_and_nowhere_else() -> None:
    statements = json.loads(policy("bucket", "r-1"))["Statement"]
    writes = [s["Resource"] for s in statements if "s3:PutObject" in s["Action"]]
    assert writes == [["arn:aws:s3:::bucket/runs/r-1/*"]]


def test_an_instance_reads_what_is_known_by_digest_and_no_other_run() -> None:
    statements = json.loads(policy("bucket", "r-1"))["Statement"]
    reads = next(s["Resource"] for s in statements if "s3:GetObject" in s["Action"])
    runs = [resource for resource in reads if "/runs/" in resource]
    assert runs == ["arn:aws:s3:::bucket/runs/r-1/*"]
    assert "arn:aws:s3:::bucket/datasets/*" in reads
