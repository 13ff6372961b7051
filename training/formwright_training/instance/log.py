"""The instance's log."""

import sys


def say(text: str) -> None:
    """Writes a line."""
    print(text, file=sys.stderr, flush=True)
