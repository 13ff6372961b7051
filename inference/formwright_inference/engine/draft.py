"""Guesses the next tokens by looking up the last ones earlier in the prompt and the answer."""

LONGEST_MATCH = 3


class Drafter:
    """`tokens` is the sequence's own list, which grows."""

    def __init__(self, tokens: list[int]) -> None:
        self._tokens = tokens
        self._after: dict[tuple[int, ...], int] = {}
        self._indexed = 0

    def guess(self, at_most: int) -> list[int]:
        """What followed the last occurrence of the longest ending that occurred before."""
        if at_most <= 0:
            return []
        self._index()
        for length in range(LONGEST_MATCH, 0, -1):
            after = self._after.get(tuple(self._tokens[-length:]))
            if after is not None:
                return self._tokens[after : after + at_most]
        return []

    def _index(self) -> None:
        # The last token has no follower yet, so that it is indexed at the next call.
        for end in range(max(self._indexed, 1), len(self._tokens)):
            for length in range(1, min(LONGEST_MATCH, end) + 1):
                self._after[tuple(self._tokens[end - length : end])] = end
        self._indexed = len(self._tokens)
