import time

import pytest
from llguidance.gbnf_to_lark import gbnf_to_lark

from ..conftest import BASE
from .base_model import BaseWeights
from .grammar import GrammarTokens, to_lark
from .request import RequestRefused

WINDOW = r"""root ::= "#" label "\n1" ( label ";" type ) "\n2" ( label ";" type | " +" )
label ::= word{1,4}
word ::= " Last" | " Name" | " \"Quoted\"" | " back\\slash" | " Größe" | " U.S."
type ::= "text" | "date"
"""


MODEL = BaseWeights(BASE)


@pytest.fixture(scope="module")
def tokens() -> GrammarTokens:
    return GrammarTokens(MODEL.tokenizer_json, MODEL.config.vocab_size, MODEL.config.eos_token_id)


def accepts(tokens: GrammarTokens, grammar: str, text: str) -> bool:
    """Whether the text can be an answer, token by token as the service goes."""
    follower = tokens.follow(grammar)
    left = MODEL.tokenizer.encode(text, add_special_tokens=False).ids
    while left and not follower.finished:
        forced = follower.forced()
        if left[: len(forced)] != forced:
            return False
        left = left[len(forced) :]
        if left and not forced:
            if left[0] not in follower.allowed():
                return False
            follower.take(left.pop(0))
    return not left and (follower.finished or tokens.end in follower.allowed())


@pytest.mark.parametrize("label", [" Last Name", ' "Quoted"', " back\\slash", " Größe", " U.S. Name"])
def test_an_answer_of_the_windows_words_is_accepted(tokens: GrammarTokens, label: str) -> None:
    assert accepts(tokens, WINDOW, f"#{label}\n1{label};date\n2 +")


@pytest.mark.parametrize("answer", ["# Invented\n1 Last;text\n2 +", "# Last\n1 Last;email\n2 +", "# Last\n1 +\n2 +"])
def test_other_words_types_and_lines_are_not(tokens: GrammarTokens, answer: str) -> None:
    assert not accepts(tokens, WINDOW, answer)


def test_what_must_come_is_known_without_the_model(tokens: GrammarTokens) -> None:
    follower = tokens.follow('root ::= "the only answer there is"')
    assert "".join(MODEL.tokenizer.decode([t]) for t in follower.forced()) == "the only answer there is"
    assert follower.finished


@pytest.mark.parametrize(
    "grammar",
    [
        "",
        "root ::= missing",
        'other ::= "a"',
        'root ::= "a',
        'root ::= "\\q"',
        "root ::= (" * 5000,
        'root ::= "a" | ' + "(" * 200 + '"b"' + ")" * 200,
        "root ::= [a-",
        "\\",
        "root ::= a\na ::= b\nb ::= c",
        'Root ::= "a"\nroot ::= "b"\nstart ::= "c"',
        "x" * 300_000,
    ],
)
def test_what_is_no_grammar_is_refused_with_a_reason(tokens: GrammarTokens, grammar: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        tokens.follow(grammar)
    assert refusal.value.param == "structured_outputs.grammar"


@pytest.mark.parametrize(
    "grammar",
    [
        'root ::= ((("a"{0,1000}){0,1000}){0,1000}){0,1000} "b"',
        "root ::= (a | a a | a a a)*\na ::= [a-z]+ | [a-y]+ | a a",
        'root ::= x x x x x x x x\nx ::= ("a" | "b" | y)*\ny ::= (x | "c")* [a-z]{0,500}',
    ],
)
def test_a_grammar_that_explodes_is_refused_or_followed_but_never_stays(tokens: GrammarTokens, grammar: str) -> None:
    started = time.monotonic()
    try:
        follower = tokens.follow(grammar)
        for _ in range(20):
            if follower.finished:
                break
            follower.forced()
            follower.take(int(follower.allowed()[0]))
    except RequestRefused:
        pass
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "words",
    [
        r'" a" | " b"',
        r'"\" | " | "\\" | "x\ny" | "Größe"',
        r'" a" | other | " b"',
        r'" a" | "\x41"',
        r'" a" | "@words 0"',
        r'" a"  |  " b"',
    ],
)
def test_lists_of_words_are_converted_as_the_converter_would(words: str) -> None:
    grammar = f'root ::= list-one{{1,3}} ";" other\nlist-one ::= {words}\nother ::= "x" | "y"'
    assert to_lark(grammar).split() == gbnf_to_lark(grammar).split()
