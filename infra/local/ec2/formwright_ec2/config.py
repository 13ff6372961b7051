"""What the platform tells the EC2 part, in one JSON file that only the owner can read."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class ImageConfig(BaseModel):
    """The machine image: what a fresh instance finds."""

    model_config = ConfigDict(extra="forbid")

    #: Put in front of the instance's PATH, after its own `bin`.
    path: list[Path]
    env: dict[str, str] = {}
    #: Name of the instance profile and of its role.
    role: str = "formwright-instance"


class IdentityConfig(BaseModel):
    """The object store's IAM API, where each instance gets a key of its own."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str
    bucket: str
    access_key_id: str
    secret_access_key: str
    #: The tag that names an instance's run.
    run_tag: str


class Config(BaseModel):
    """Everything `python -m formwright_ec2 --config FILE` needs."""

    model_config = ConfigDict(extra="forbid")

    host: str = "127.0.0.1"
    port: int
    state_dir: Path
    #: JSON: `{instanceType: {zone: dollars per hour}}`.
    prices: Path
    image: ImageConfig
    #: None: instances get no credentials.
    identities: IdentityConfig | None = None
    image_id: str = "ami-formwright-local"
    #: Bearer token of the control endpoint.
    control_token: str
    #: Access key id to secret key: whoever signs with another is refused.
    credentials: dict[str, str]
    #: Seconds between SIGTERM and SIGKILL when an instance ends.
    grace_seconds: float = 5.0
