"""Grammars: EBNF as xgrammar and llama.cpp write it, followed token by token."""

import re
from functools import lru_cache

import llguidance
import llguidance.numpy as bitmasks
import numpy as np
from llguidance.gbnf_to_lark import gbnf_to_lark

from .request import RequestRefused

MAX_GRAMMAR_CHARACTERS = 256 << 10  # a window of 200 markers with 500 words of its own needs about 20 KiB
MAX_NESTING = 50
# What one step may cost. Our largest grammars use a hundredth; past it the answer is refused, not the service stuck.
LIMITS = llguidance.LLParserLimits(
    max_items_in_row=2_000,
    initial_lexer_fuel=1_000_000,
    step_lexer_fuel=200_000,
    step_max_items=50_000,
    max_lexer_states=50_000,
    max_grammar_size=500_000,
)

# A rule that lists words, as most of a window's grammar does. The converter reads letter by letter, so that it is given
# a mark in place of the list.
_WORD = r'"(?:[^"\\\n]|\\["\\nrt])*"'
_WORD_LIST = re.compile(rf"^([\w-]+ ::= )({_WORD}(?: \| {_WORD})+)$", re.MULTILINE)
_MARK = "@words "


class GrammarTokens:
    """The vocabulary as grammars see it; makes a follower per prompt."""

    def __init__(self, tokenizer_json: str, vocabulary: int, end: int) -> None:
        self._tokens = llguidance.LLTokenizer(tokenizer_json, n_vocab=vocabulary, eos_token=end)
        self.vocabulary, self.end = vocabulary, end

    def follow(self, grammar: str) -> "GrammarFollower":
        """Raises RequestRefused when the grammar cannot be read or costs too much."""
        matcher = llguidance.LLMatcher(self._tokens, _lark(grammar), log_level=0, limits=LIMITS)
        if matcher.is_error():
            raise RequestRefused(
                f"The grammar was not accepted: {_first_line(matcher.get_error())}", "structured_outputs.grammar"
            )
        return GrammarFollower(matcher, self)


class GrammarFollower:
    """Where an answer is in its grammar."""

    def __init__(self, matcher: llguidance.LLMatcher, tokens: GrammarTokens) -> None:
        self._matcher, self._tokens = matcher, tokens
        self._mask = bitmasks.allocate_token_bitmask(1, tokens.vocabulary)

    def forced(self) -> list[int]:
        """Tokens that must come next, taken as written."""
        tokens = self._matcher.compute_ff_tokens()
        if tokens and not self._matcher.consume_tokens(tokens):
            self._fail()
        return tokens

    def allowed(self) -> np.ndarray:
        """Ids of the tokens that may come next."""
        bitmasks.fill_next_token_bitmask(self._matcher, self._mask, 0)
        if self._matcher.is_error():
            self._fail()
        bits = np.unpackbits(self._mask.view(np.uint8), bitorder="little", count=self._tokens.vocabulary)
        return np.flatnonzero(bits)

    def acceptable(self, tokens: list[int]) -> int:
        """How many of the tokens may come next, one after the other."""
        return self._matcher.validate_tokens(tokens)

    def take(self, token: int) -> None:
        if not self._matcher.consume_token(token):
            self._fail()

    @property
    def finished(self) -> bool:
        return self._matcher.is_stopped()

    def _fail(self) -> None:
        raise RequestRefused(
            f"The grammar cost too much to follow: {_first_line(self._matcher.get_error())}",
            "structured_outputs.grammar",
        )


@lru_cache(maxsize=256)
def _lark(grammar: str) -> str:
    where = "structured_outputs.grammar"
    if len(grammar) > MAX_GRAMMAR_CHARACTERS:
        raise RequestRefused(
            f"Expected the grammar to have at most {MAX_GRAMMAR_CHARACTERS} characters, got {len(grammar)}.", where
        )
    if _nesting(grammar) > MAX_NESTING:
        raise RequestRefused(f"Expected groups to be nested at most {MAX_NESTING} deep.", where)
    try:
        return llguidance.grammar_from("lark", to_lark(grammar))
    except RecursionError:
        raise RequestRefused("The grammar's rules are nested too deeply.", where) from None
    except Exception as error:  # the converter raises bare Exception, IndexError among others
        raise RequestRefused(f"The grammar is not EBNF: {_first_line(str(error))}", where) from None


def to_lark(grammar: str) -> str:
    """What gbnf_to_lark gives, in a fifth of its time."""
    if _MARK in grammar:
        return gbnf_to_lark(grammar)
    lists: list[str] = []

    def mark(rule: re.Match[str]) -> str:
        lists.append("\n     | ".join(re.findall(_WORD, rule[2])))
        return f'{rule[1]}"{_MARK}{len(lists) - 1}"'

    lark = gbnf_to_lark(_WORD_LIST.sub(mark, grammar))
    return re.sub(rf'"{_MARK}(\d+)"', lambda found: lists[int(found[1])], lark)


def _nesting(grammar: str) -> int:
    depth = deepest = 0
    for character in grammar:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _first_line(message: str) -> str:
    return message.strip().split("\n")[0][:300]
