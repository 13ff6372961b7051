"""The key-value cache's blocks: who holds which, and which prompt beginnings are already computed."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice

BLOCK_TOKENS = 32  # fixed by the CPU plugin


@dataclass
class Table:
    """A sequence's blocks in order. `keys[i]` identifies the tokens up to the end of block i, full blocks only."""

    blocks: list[int]
    keys: list[bytes]
    cached_tokens: int
    published: int = field(default=0)


class BlockPool:
    """Blocks are counted by their holders. One that nobody holds keeps its content until it is needed elsewhere."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = list(range(size))
        self._holders = [0] * size
        self._key_of: dict[int, bytes] = {}
        self._block_of: dict[bytes, int] = {}
        self._idle: OrderedDict[int, None] = OrderedDict()
        self._computing: set[bytes] = set()

    def available(self) -> int:
        return len(self._free) + len(self._idle)

    def is_computing(self, keys: list[bytes]) -> bool:
        """Whether another sequence is about to compute the first of these blocks that the cache lacks."""
        missing = next((key for key in keys if key not in self._block_of), None)
        return missing is not None and missing in self._computing

    def take(self, keys: list[bytes], reusable: int, total: int) -> Table | None:
        """`total` blocks, the first of them (at most `reusable`) already computed; None when too few are left."""
        known: list[int] = []
        for key in islice(keys, reusable):
            if key not in self._block_of:
                break
            known.append(self._block_of[key])
        idle = sum(1 for block in known if self._holders[block] == 0)
        if total - len(known) > self.available() - idle:
            return None
        for block in known:
            self._hold(block)
        fresh = [self._fresh() for _ in range(total - len(known))]
        self._computing.update(keys[len(known) :])
        return Table(known + fresh, keys, len(known) * BLOCK_TOKENS, len(known))

    def extend(self, table: Table, total: int) -> bool:
        """Makes the table `total` blocks long; False, and no change, when too few are left."""
        missing = total - len(table.blocks)
        if missing > self.available():
            return False
        table.blocks += [self._fresh() for _ in range(missing)]
        return True

    def publish(self, table: Table, computed_tokens: int) -> None:
        """Lets others reuse the blocks of a prompt that are computed by now."""
        while table.published < len(table.keys) and (table.published + 1) * BLOCK_TOKENS <= computed_tokens:
            key, block = table.keys[table.published], table.blocks[table.published]
            self._computing.discard(key)
            if key not in self._block_of:
                self._block_of[key], self._key_of[block] = block, key
            table.published += 1

    def give_back(self, table: Table) -> None:
        self._computing.difference_update(table.keys[table.published :])
        for block in reversed(table.blocks):
            self._holders[block] -= 1
            if self._holders[block] == 0:
                if block in self._key_of:
                    self._idle[block] = None
                else:
                    self._free.append(block)

    def _hold(self, block: int) -> None:
        self._holders[block] += 1
        self._idle.pop(block, None)

    def _fresh(self) -> int:
        if self._free:
            block = self._free.pop()
        else:
            block, _ = self._idle.popitem(last=False)
            del self._block_of[self._key_of.pop(block)]
        self._holders[block] = 1
        return block


def block_keys(model: str, tokens: list[int]) -> list[bytes]:
    """A key per full block: of the model and of every token up to the block's end."""
    keys, state = [], hashlib.blake2b(model.encode(), digest_size=16)
    for begin in range(0, len(tokens) - BLOCK_TOKENS + 1, BLOCK_TOKENS):
        state.update(str(tokens[begin : begin + BLOCK_TOKENS]).encode())
        keys.append(state.copy().digest())
    return keys
