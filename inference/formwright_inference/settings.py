"""The service's environment."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError


class SettingsRefused(Exception):
    """One line per wrong variable."""


class Settings(BaseModel):
    """Field names in upper case with their prefix are the variables, see `read_settings`."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8090
    base_dir: Path
    state_dir: Path
    token: Annotated[str, Field(min_length=16)]
    admin_token: Annotated[str, Field(min_length=16)]
    s3_endpoint: str | None = None
    threads: Annotated[int, Field(ge=1)] = os.cpu_count() or 1
    # 0.7 MiB each for a model of SmolLM2-135M's size: 32 windows of 250 tokens, prompt and answer.
    cache_blocks: Annotated[int, Field(ge=16)] = 256
    max_running: Annotated[int, Field(ge=1)] = 32
    # A form of 10 pages has about 60 windows; 16 clients at once still fit.
    max_queued: Annotated[int, Field(ge=1)] = 1024
    # 64 prompts of 4,096 tokens with their grammars.
    max_body_bytes: Annotated[int, Field(ge=1024)] = 8 << 20
    header_seconds: Annotated[float, Field(gt=0)] = 10
    body_seconds: Annotated[float, Field(gt=0)] = 15
    max_prompts: Annotated[int, Field(ge=1)] = 64
    max_prompt_tokens: Annotated[int, Field(ge=1)] = 4096
    max_tokens: Annotated[int, Field(ge=1)] = 2048
    request_seconds: Annotated[float, Field(gt=0)] = 300
    max_adapter_bytes: Annotated[int, Field(ge=1)] = 512 << 20
    # Live, rolled back from, candidate: each holds about 100 MiB beside the layers that all share.
    max_adapters: Annotated[int, Field(ge=2)] = 3
    # How long an adapter that no alias needs any more stays loaded, and one that an alias could be rolled back to.
    grace_seconds: Annotated[float, Field(ge=0)] = 600
    rollback_grace_seconds: Annotated[float, Field(ge=0)] = 24 * 3600
    drain_seconds: Annotated[int, Field(ge=0)] = 30

    @property
    def adapters_dir(self) -> Path:
        """Where adapters are kept, by digest; the only place that file:// may name."""
        return self.state_dir / "adapters"


_VARIABLES = {
    "base_dir": "FORMWRIGHT_BASE_DIR",
    "token": "FORMWRIGHT_INFERENCE_TOKEN",
    "admin_token": "FORMWRIGHT_ADMIN_TOKEN",
    "s3_endpoint": "FORMWRIGHT_S3_ENDPOINT",
}


def read_settings(env: dict[str, str]) -> Settings:
    """Each field from FORMWRIGHT_INFERENCE_<FIELD>, but for the few that other parts share. Raises SettingsRefused."""
    names = {field: _VARIABLES.get(field, f"FORMWRIGHT_INFERENCE_{field.upper()}") for field in Settings.model_fields}
    try:
        settings = Settings.model_validate({field: env[name] for field, name in names.items() if env.get(name)})
    except ValidationError as error:
        lines = [
            f"  {names[str(problem['loc'][0])]}: {problem['msg']}" for problem in error.errors(include_input=False)
        ]
        raise SettingsRefused("Wrong environment:\n" + "\n".join(lines)) from None
    if settings.token == settings.admin_token:
        raise SettingsRefused("Expected FORMWRIGHT_INFERENCE_TOKEN and FORMWRIGHT_ADMIN_TOKEN to differ.")
    return settings
