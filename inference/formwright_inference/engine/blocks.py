"""The key-value cache's blocks: who holds which, and which beginnings of prompts are already computed."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from .beginning import BLOCK_TOKENS, Beginning, common_length

# A copied part of a block, and the wait for one that is being computed, pay from so many tokens on.
FEWEST_COPIED = 8
FEWEST_WAITED_FOR = 16


@dataclass
class Table:
    """A sequence's blocks in order, and how many of its prompt's full blocks others may use already."""

    blocks: list[int]
    beginning: Beginning
    cached_tokens: int
    published: int


class BlockPool:
    """Blocks are counted by their holders. One that nobody holds keeps its content until it is needed elsewhere.

    `copy(source, to)` copies a block's content: the part of it that another prompt shares is not computed again.
    """

    def __init__(self, size: int, copy: Callable[[int, int], None]) -> None:
        self.size = size
        self._copy = copy
        self._free = list(range(size))
        self._holders = [0] * size
        self._known: dict[bytes, int] = {}
        self._place_of: dict[int, tuple[Beginning, int]] = {}
        # Blocks that follow a beginning, with their tokens: computed ones by number, and those being computed by key.
        self._after: dict[bytes, dict[int, list[int]]] = {}
        self._coming: dict[bytes, dict[bytes, list[int]]] = {}
        self._idle: OrderedDict[int, None] = OrderedDict()

    def available(self) -> int:
        return len(self._free) + len(self._idle)

    def worth_waiting(self, beginning: Beginning) -> bool:
        """Whether another sequence is computing right now what this prompt would otherwise compute again."""
        full = self._full(beginning)
        if full == len(beginning.keys):
            return False
        coming = self._coming.get(beginning.before(full), {})
        if beginning.keys[full] in coming:
            return True
        shared = max((common_length(beginning.block(full), tokens) for tokens in coming.values()), default=0)
        return shared - self._part(beginning, full)[1] >= FEWEST_WAITED_FOR

    def take(self, beginning: Beginning, total: int) -> Table | None:
        """`total` blocks, as many of the first as possible already computed; None when too few are left."""
        full = min(self._full(beginning), beginning.reusable)
        known = [self._known[key] for key in beginning.keys[:full]]
        idle = sum(1 for block in known if self._holders[block] == 0)
        if total - full > self.available() - idle:
            return None
        for block in known:
            self._hold(block)
        source, shared = self._part(beginning, full)
        shared = min(shared, beginning.most_reused - full * BLOCK_TOKENS)
        # The source may be the block that is taken: then it holds what would be copied.
        fresh = [self._fresh() for _ in range(total - full)]
        if shared >= FEWEST_COPIED and fresh:
            self._copy(source, fresh[0])
        else:
            shared = 0
        for at in range(full, len(beginning.keys)):
            self._coming.setdefault(beginning.before(at), {})[beginning.keys[at]] = beginning.block(at)
        return Table(known + fresh, beginning, full * BLOCK_TOKENS + shared, full)

    def extend(self, table: Table, total: int) -> bool:
        """Makes the table `total` blocks long; False, and no change, when too few are left."""
        missing = total - len(table.blocks)
        if missing > self.available():
            return False
        table.blocks += [self._fresh() for _ in range(missing)]
        return True

    def publish(self, table: Table, computed_tokens: int) -> None:
        """Lets others reuse the blocks of a prompt that are computed by now."""
        beginning = table.beginning
        while table.published < len(beginning.keys) and (table.published + 1) * BLOCK_TOKENS <= computed_tokens:
            at = table.published
            key, block = beginning.keys[at], table.blocks[at]
            self._no_longer_coming(beginning, at)
            if key not in self._known:
                self._known[key], self._place_of[block] = block, (beginning, at)
                self._after.setdefault(beginning.before(at), {})[block] = beginning.block(at)
            table.published += 1

    def give_back(self, table: Table) -> None:
        for at in range(table.published, len(table.beginning.keys)):
            self._no_longer_coming(table.beginning, at)
        for block in reversed(table.blocks):
            self._holders[block] -= 1
            if self._holders[block] == 0:
                if block in self._place_of:
                    self._idle[block] = None
                else:
                    self._free.append(block)

    def _full(self, beginning: Beginning) -> int:
        """How many of the prompt's full blocks are computed."""
        return next((at for at, key in enumerate(beginning.keys) if key not in self._known), len(beginning.keys))

    def _part(self, beginning: Beginning, full: int) -> tuple[int, int]:
        """The computed block that begins most like block `full` of the prompt, and with how many tokens."""
        wanted = beginning.block(full)
        after = self._after.get(beginning.before(full), {})
        shared, block = max(((common_length(wanted, tokens), block) for block, tokens in after.items()), default=(0, 0))
        return block, shared

    def _no_longer_coming(self, beginning: Beginning, at: int) -> None:
        coming = self._coming.get(beginning.before(at), {})
        coming.pop(beginning.keys[at], None)
        if not coming:
            self._coming.pop(beginning.before(at), None)

    def _hold(self, block: int) -> None:
        self._holders[block] += 1
        self._idle.pop(block, None)

    def _fresh(self) -> int:
        if self._free:
            block = self._free.pop()
        else:
            block, _ = self._idle.popitem(last=False)
            self._forget(block)
        self._holders[block] = 1
        return block

    def _forget(self, block: int) -> None:
        beginning, at = self._place_of.pop(block)
        del self._known[beginning.keys[at]]
        after = self._after[beginning.before(at)]
        del after[block]
        if not after:
            del self._after[beginning.before(at)]
