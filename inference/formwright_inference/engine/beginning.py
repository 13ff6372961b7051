"""A prompt cut into the cache's blocks, so that prompts that begin alike are recognised."""

import hashlib

BLOCK_TOKENS = 32  # fixed by the CPU plugin


class Beginning:
    """`keys[i]`: of the model and of every token up to the end of full block i."""

    def __init__(self, model: str, tokens: list[int]) -> None:
        self._tokens = tokens[:]
        state = hashlib.blake2b(model.encode(), digest_size=16)
        self._root, self.keys = state.digest(), []
        for at in range(len(tokens) // BLOCK_TOKENS):
            state.update(str(self.block(at)).encode())
            self.keys.append(state.digest())

    @property
    def most_reused(self) -> int:
        """The last token is computed always: its output chooses the next one."""
        return len(self._tokens) - 1

    @property
    def reusable(self) -> int:
        """Full blocks that may be taken from the cache."""
        return self.most_reused // BLOCK_TOKENS

    def block(self, at: int) -> list[int]:
        """The tokens of a block, fewer in the last."""
        return self._tokens[at * BLOCK_TOKENS : (at + 1) * BLOCK_TOKENS]

    def before(self, at: int) -> bytes:
        """The key of what stands before a block."""
        return self.keys[at - 1] if at else self._root


def common_length(one: list[int], other: list[int]) -> int:
    """How many tokens two lists begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
