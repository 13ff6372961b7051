"""A key of its own for each instance, good for its run's prefix only, as an instance role with tags gives on AWS."""

import json

import boto3
from botocore.client import BaseClient
from botocore.config import Config as BotoConfig
from botocore.exceptions import ClientError

from .config import IdentityConfig
from .records import InstanceKeys, InstanceRecord

#: Folders below the bucket that any training instance may read.
_SHARED = ("datasets", "bases", "bundles", "adapters")


def policy(bucket: str, run: str) -> str:
    """An IAM policy document: read what is known by digest, read and write the run's own prefix."""
    arn = f"arn:aws:s3:::{bucket}"
    own = f"{arn}/runs/{run}/*"
    statements = [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [own, *(f"{arn}/{name}/*" for name in _SHARED)]},
        {
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            "Resource": [own],
        },
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [arn]},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Identities:
    """Gives and takes the keys through the object store's IAM API."""

    def __init__(self, config: IdentityConfig) -> None:
        self._config = config

    def _iam(self) -> BaseClient:
        return boto3.client(
            "iam",
            endpoint_url=self._config.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self._config.access_key_id,
            aws_secret_access_key=self._config.secret_access_key,
            config=BotoConfig(connect_timeout=5, read_timeout=10, retries={"max_attempts": 4}),
        )

    def grant(self, record: InstanceRecord) -> InstanceKeys:
        """Makes the instance's key. Raises ClientError when the object store refuses."""
        iam = self._iam()
        try:
            iam.create_user(UserName=record.id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityAlreadyExists":
                raise
        run = record.tags.get(self._config.run_tag, record.id)
        iam.put_user_policy(UserName=record.id, PolicyName="run", PolicyDocument=policy(self._config.bucket, run))
        key = iam.create_access_key(UserName=record.id)["AccessKey"]
        return InstanceKeys(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])

    def revoke(self, record: InstanceRecord) -> None:
        """Takes the instance's key away; nothing happens when it is gone already."""
        iam = self._iam()
        steps = [
            lambda: iam.delete_access_key(UserName=record.id, AccessKeyId=record.keys.access_key_id),
            lambda: iam.delete_user_policy(UserName=record.id, PolicyName="run"),
            lambda: iam.delete_user(UserName=record.id),
        ]
        for step in steps if record.keys else []:
            try:
                step()
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchEntity":
                    raise
        record.keys = None
