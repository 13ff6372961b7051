"""Which models there are: registered by digest, named by aliases, loaded in memory as far as needed."""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic, time

from formwright_contracts.models import AdapterManifest, AliasState

from .adapter_files import AdapterFiles
from .aliases import Aliases
from .engine import Engine, GenerationRequest
from .engine.lora import AdapterRefused
from .sources import source_of

logger = logging.getLogger("formwright.inference")
BASE = "base"
WARM_SECONDS = 120  # one token takes milliseconds; other work on the cores may take the rest


class UnknownModel(Exception):
    """No model has that name."""


class InUse(Exception):
    """What was asked for would take away a model that is needed."""


@dataclass
class Adapter:
    """A registered adapter; `names` are those it was loaded under."""

    digest: str
    manifest: AdapterManifest
    names: set[str] = field(default_factory=set)
    created: int = field(default_factory=lambda: int(time()))


class Registry:
    """Safe to call from several threads; loading is done by one at a time."""

    def __init__(
        self, engine: Engine, files: AdapterFiles, aliases: Aliases, *, s3_endpoint: str | None, max_adapters: int
    ) -> None:
        self.engine, self.files, self.aliases = engine, files, aliases
        self._s3_endpoint, self._max_adapters = s3_endpoint, max_adapters
        self.adapters: dict[str, Adapter] = {}
        self.started = int(time())
        self._used: dict[str, float] = {}
        self._lock = threading.RLock()

    def load_live(self) -> None:
        """Loads what the aliases point to; a service can answer from then on."""
        self._load_known(self.aliases.live().values())

    def load_previous(self, moved_within: float) -> None:
        """Loads what the aliases moved in these last seconds would be rolled back to: a rollback then takes no time."""
        self._load_known(self.aliases.previous(moved_within))

    def _load_known(self, digests: Iterable[str]) -> None:
        for digest in dict.fromkeys(digests):
            try:
                self._register(digest)
                self.ensure_loaded(digest)
            except (AdapterRefused, InUse, OSError) as error:
                logger.error("adapter not loaded at start", extra={"digest": digest, "reason": str(error)})

    @property
    def not_ready(self) -> list[str]:
        """Aliases whose adapter cannot answer."""
        return [alias for alias, digest in self.aliases.live().items() if digest not in self.engine.loaded]

    def resolve(self, model: str) -> str:
        """The key of a base model's name, an adapter's digest, a name it was loaded under, or an alias."""
        if model in (BASE, self.engine.name):
            return BASE
        alias = self.aliases.get(model)
        key = str(alias.digest.root) if alias and alias.digest else model
        for adapter in list(self.adapters.values()):
            if key == adapter.digest or key in adapter.names:
                return adapter.digest
        raise UnknownModel(f"There is no model {model[:100]!r} here; /v1/models lists them.")

    def load(self, name: str, uri: str, digest: str) -> Adapter:
        """Fetches, verifies, loads beside and warms. Raises AdapterRefused, InUse, OSError when the disk is full."""
        with self._lock:
            for alias, live in self.aliases.live().items():
                if alias == name and live != digest:
                    raise InUse(f"{name} is an alias of another adapter; load under another name and move the alias.")
            for adapter in self.adapters.values():
                if name in adapter.names and adapter.digest != digest:
                    raise InUse(f"{name} is loaded with another digest; unload it or choose another name.")
            self.files.fetch(digest, source_of(uri, self.files.root, self._s3_endpoint))
            known = digest in self.adapters
            adapter = self._register(digest)
            try:
                self.ensure_loaded(digest)
            except (AdapterRefused, InUse, OSError):
                if not known:
                    del self.adapters[digest]
                raise
            adapter.names.add(name)
            return adapter

    def unload(self, name: str) -> str:
        """Forgets an adapter; answers under way are finished. Raises InUse when an alias points to it, UnknownModel."""
        with self._lock:
            digest = self.resolve(name)
            if digest == BASE:
                raise InUse("The base model is not unloaded by hand.")
            if digest in self.aliases.live().values():
                raise InUse(f"{name[:100]} is live; move its alias first.")
            self.engine.unload(digest)
            del self.adapters[digest]
            return digest

    def set_alias(self, alias: str, digest: str, *, reason: str = "set") -> AliasState:
        """Raises UnknownModel for an adapter that is not registered, InUse for a name that means something else."""
        with self._lock:
            if digest not in self.adapters:
                raise UnknownModel(f"Adapter {digest} is not loaded; load it first.")
            if alias in (BASE, self.engine.name) or alias in self.adapters:
                raise InUse(f"{alias} names a model already.")
            self.ensure_loaded(digest)
            return self.aliases.set(alias, digest, reason)

    def rollback(self, alias: str) -> AliasState:
        """Raises NothingToRollBack, AdapterRefused when the earlier adapter is gone from the disk."""
        with self._lock:
            state = self.aliases.get(alias)
            if state and state.previous and str(state.previous.root) not in self.adapters:
                self._register(str(state.previous.root))
            if state and state.previous:
                self.ensure_loaded(str(state.previous.root))
            return self.aliases.rollback(alias)

    def ensure_loaded(self, key: str) -> None:
        """Brings a registered model into memory and lets it answer once. Raises AdapterRefused, InUse, OSError."""
        self._used[key] = monotonic()
        if key in self.engine.loaded:
            return
        with self._lock:
            if key in self.engine.loaded:
                return
            self._make_room(key)
            self.engine.load(key, None if key == BASE else self.files.folder(key))
            self._warm(key)
            logger.info("model loaded", extra={"model": key})

    def unload_unneeded(self, grace_seconds: float, rollback_grace_seconds: float) -> None:
        """Takes out of memory what no alias needs and nobody used for so long; it is loaded again when asked for."""
        with self._lock:
            needed = {*self.aliases.live().values(), *self.aliases.previous(rollback_grace_seconds)}
            for key in self.engine.loaded:
                if key not in needed and monotonic() - self._used.get(key, 0) > grace_seconds:
                    self.engine.unload(key)
                    logger.info("model unloaded", extra={"model": key})

    def state_of(self, digest: str) -> str:
        """candidate, live or retired."""
        if digest in self.aliases.live().values():
            return "live"
        return "retired" if digest in self.aliases.ever_live() else "candidate"

    def _register(self, digest: str) -> Adapter:
        manifest = self.files.verify(digest)
        return self.adapters.setdefault(digest, Adapter(digest, manifest))

    def _make_room(self, key: str) -> None:
        if key == BASE:
            return
        loaded = [other for other in self.engine.loaded if other != BASE]
        needed = {*self.aliases.live().values(), *self.aliases.previous()}
        retired = [other for other in loaded if other not in needed and self.state_of(other) == "retired"]
        while len(loaded) >= self._max_adapters and retired:
            loaded.remove(oldest := retired.pop(0))
            self.engine.unload(oldest)
        if len(loaded) >= self._max_adapters:
            raise InUse(f"{len(loaded)} adapters are loaded, the most there may be; unload one first.")

    def _warm(self, key: str) -> None:
        done = threading.Event()
        request = GenerationRequest("warm up", max_tokens=2, grammar='root ::= ("a" | "b"){2}')
        job = self.engine.submit(key, [self.engine.prepare(request, 64)], lambda _: done.set())
        if not done.wait(WARM_SECONDS) or job.error:
            self.engine.unload(key)
            reason = job.error or f"no answer within {WARM_SECONDS} s"
            raise AdapterRefused(f"The model did not answer after it was loaded: {reason}")
