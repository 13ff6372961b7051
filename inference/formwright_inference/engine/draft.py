"""Guesses the next tokens: those of the answer that the caller expects, or what followed the last ones before."""

LONGEST_MATCH = 3
# After so many tokens that were not expected, the answer is looked for elsewhere, by its last two.
PATIENCE = 4
SHORTEST_RETURN = 2


class Drafter:
    """`tokens` is the sequence's own list, which grows; `expected`: the answer that the caller expects."""

    def __init__(self, tokens: list[int], expected: list[int]) -> None:
        self._tokens, self._expected = tokens, expected
        self._read = len(tokens)
        # Where the answer stands in what was expected; after a token that was not, where it was before.
        self._at, self._astray = 0, 0
        self._after: dict[tuple[int, ...], int] = {}
        self._indexed = 0

    def expected(self, at_most: int) -> list[list[int]]:
        """What the caller expects from here on, likeliest first: what was not expected came in between, or instead."""
        while self._read < len(self._tokens):
            self._read += 1
            self._follow()
        starts = (self._at, self._at + 1) if self._astray else (self._at,)
        return [self._expected[start : start + max(0, at_most)] for start in starts]

    def repeated(self, at_most: int) -> list[int]:
        """What followed the last occurrence of the longest ending that occurred before."""
        if at_most <= 0:
            return []
        self._index()
        for length in range(LONGEST_MATCH, 0, -1):
            after = self._after.get(tuple(self._tokens[-length:]))
            if after is not None:
                return self._tokens[after : after + at_most]
        return []

    def _follow(self) -> None:
        """One token on: as expected, after something between or left out, or at the nearest place that reads alike."""
        token = self._tokens[self._read - 1]
        for at in (self._at, self._at + 1):
            if at < len(self._expected) and self._expected[at] == token:
                self._at, self._astray = at + 1, 0
                return
        self._astray += 1
        if self._astray < PATIENCE:
            return
        ending = self._tokens[self._read - SHORTEST_RETURN : self._read]
        ends = range(SHORTEST_RETURN, len(self._expected) + 1)
        places = [end for end in ends if self._expected[end - SHORTEST_RETURN : end] == ending]
        if places:
            self._at, self._astray = min(places, key=lambda place: abs(place - self._at)), 0

    def _index(self) -> None:
        # The last token has no follower yet, so that it is indexed at the next call.
        for end in range(max(self._indexed, 1), len(self._tokens)):
            for length in range(1, min(LONGEST_MATCH, end) + 1):
                self._after[tuple(self._tokens[end - length : end])] = end
        self._indexed = len(self._tokens)
