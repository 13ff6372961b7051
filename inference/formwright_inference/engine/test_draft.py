from .draft import Drafter

PROMPT = [100, 101, 102]
EXPECTED = [1, 5, 9, 0, 2, 5, 9, 0, 3, 5, 9]


def drafter(answer: list[int], expected: list[int] = EXPECTED) -> Drafter:
    tokens = PROMPT[:]
    made = Drafter(tokens, expected)
    tokens += answer
    return made


def test_the_expected_answer_is_guessed_from_where_the_answer_stands() -> None:
    assert drafter([]).expected(3) == [1, 5, 9]
    assert drafter([1, 5, 9, 0]).expected(2) == [2, 5]
    assert drafter(EXPECTED).expected(4) == []


def test_nothing_is_guessed_where_the_answer_is_another_until_it_comes_back() -> None:
    assert drafter([1, 7]).expected(4) == []
    assert drafter([1, 7, 7, 0]).expected(4) == []
    assert drafter([1, 7, 7, 0, 2]).expected(3) == [5, 9, 0]


def test_of_several_places_that_fit_the_nearest_is_taken() -> None:
    assert drafter([1, 7, 9, 0]).expected(2) == [2, 5]
    assert drafter([1, 5, 9, 0, 2, 8, 9, 0]).expected(2) == [3, 5]


def test_without_an_expected_answer_what_followed_before_is_guessed() -> None:
    made = drafter([101, 102, 103, 101, 102], [])
    assert made.expected(4) == []
    assert made.repeated(2) == [103, 101]
    assert made.repeated(0) == []
