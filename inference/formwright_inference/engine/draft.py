"""Guesses the next tokens: those of the answer that the caller expects, or what followed the last ones before."""

LONGEST_MATCH = 3
# So many tokens in a row find the place where an answer that has left what was expected comes back to it.
SHORTEST_RETURN = 2


class Drafter:
    """`tokens` is the sequence's own list, which grows; `expected`: the answer that the caller expects."""

    def __init__(self, tokens: list[int], expected: list[int]) -> None:
        self._tokens, self._expected = tokens, expected
        self._begin = self._read = len(tokens)
        self._at: int | None = 0
        self._after: dict[tuple[int, ...], int] = {}
        self._indexed = 0

    def expected(self, at_most: int) -> list[int]:
        """What the caller expects from here on; nothing where the answer is another."""
        while self._read < len(self._tokens):
            self._read += 1
            self._follow()
        return [] if self._at is None else self._expected[self._at : self._at + max(0, at_most)]

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
        """Where in the expected answer the tokens read so far end: one further, or else the nearest place that fits."""
        at, token = self._at, self._tokens[self._read - 1]
        if at is not None and at < len(self._expected) and self._expected[at] == token:
            self._at = at + 1
            return
        for length in range(LONGEST_MATCH, SHORTEST_RETURN - 1, -1):
            ending = self._tokens[max(self._begin, self._read - length) : self._read]
            places = self._places(ending) if len(ending) == length else []
            if places:
                answered = self._read - self._begin
                self._at = min(places, key=lambda place: abs(place - answered))
                return
        self._at = None

    def _places(self, ending: list[int]) -> list[int]:
        ends = range(len(ending), len(self._expected) + 1)
        return [end for end in ends if self._expected[end - len(ending) : end] == ending]

    def _index(self) -> None:
        # The last token has no follower yet, so that it is indexed at the next call.
        for end in range(max(self._indexed, 1), len(self._tokens)):
            for length in range(1, min(LONGEST_MATCH, end) + 1):
                self._after[tuple(self._tokens[end - length : end])] = end
        self._indexed = len(self._tokens)
