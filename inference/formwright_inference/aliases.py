"""Which digest a name means: a file that is replaced whole."""

import json
import math
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from formwright_contracts.models import AliasState
from pydantic import BaseModel


class _Move(BaseModel):
    alias: str
    digest: str
    previous: str | None
    at: str
    reason: str


class _State(BaseModel):
    aliases: dict[str, AliasState] = {}
    history: list[_Move] = []


class NothingToRollBack(Exception):
    """The alias never pointed to another adapter."""


class Aliases:
    """A move is on disk before anyone sees it; when it cannot be written, the alias stays where it was."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state = _State.model_validate_json(path.read_bytes()) if path.exists() else _State()

    def get(self, alias: str) -> AliasState | None:
        return self._state.aliases.get(alias)

    def all(self) -> list[AliasState]:
        return list(self._state.aliases.values())

    def live(self) -> dict[str, str]:
        """Alias → digest."""
        return {state.alias: str(state.digest.root) for state in self.all() if state.digest}

    def previous(self, moved_within: float = math.inf) -> set[str]:
        """Digests to roll back to, of the aliases that moved in these last seconds."""
        now = datetime.now(UTC)
        return {
            str(state.previous.root)
            for state in self.all()
            if state.previous and state.at and (now - state.at).total_seconds() <= moved_within
        }

    def ever_live(self) -> set[str]:
        return {move.digest for move in self._state.history}

    def set(self, alias: str, digest: str, reason: str = "set") -> AliasState:
        """Raises OSError, and then nothing has changed. Setting what is set already changes nothing."""
        old = self.get(alias)
        before = str(old.digest.root) if old and old.digest else None
        if old and before == digest:
            return old
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        moved = AliasState.model_validate({"alias": alias, "digest": digest, "previous": before, "at": at})
        move = _Move(alias=alias, digest=digest, previous=before, at=at, reason=reason)
        state = _State(aliases={**self._state.aliases, alias: moved}, history=[*self._state.history, move])
        self._write(state)
        self._state = state
        return moved

    def rollback(self, alias: str) -> AliasState:
        """To the adapter that was live before; a second rollback goes forth again."""
        state = self.get(alias)
        if state is None or state.previous is None:
            raise NothingToRollBack(f"{alias} has no adapter that was live before.")
        return self.set(alias, str(state.previous.root), "rollback")

    def _write(self, state: _State) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=".aliases-", dir=self.path.parent)
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(state.model_dump(mode="json"), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, self.path)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise
