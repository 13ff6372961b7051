"""The base model's folder, verified."""

import hashlib
from pathlib import Path

from formwright_contracts.models import FolderManifest


class BaseRefused(Exception):
    """The base model is missing or is not the one that its manifest describes."""


def base_digest(folder: Path) -> str:
    """The sha256 of the base model's manifest, after checking its files against it. Raises BaseRefused."""
    try:
        content = (folder / "manifest.json").read_bytes()
        for entry in FolderManifest.model_validate_json(content).files:
            with (folder / entry.path).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
                    raise BaseRefused(
                        f"{entry.path} of the base model differs from the sha256 of its manifest: it is damaged. "
                        f"Delete {folder}, then `node scripts/setup.mjs` makes it again."
                    )
    except FileNotFoundError as error:
        raise BaseRefused(f"{error.filename} is missing; `node scripts/setup.mjs` makes the base model.") from None
    except ValueError:
        raise BaseRefused(f"{folder / 'manifest.json'} is not a manifest.") from None
    return hashlib.sha256(content).hexdigest()
