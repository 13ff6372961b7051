from .draft import Drafter

PROMPT = [100, 101, 102]
EXPECTED = [1, 5, 9, 0, 2, 5, 9, 0, 3, 5, 9]


def drafter(answer: list[int], expected: list[int] = EXPECTED) -> Drafter:
    tokens = PROMPT[:]
    made = Drafter(tokens, expected)
    tokens += answer
    return made


def test_the_expected_answer_is_guessed_from_where_the_answer_stands() -> None:
    assert drafter([]).expected(3) == [[1, 5, 9]]
    assert drafter([1, 5, 9, 0]).expected(2) == [[2, 5]]
    assert drafter(EXPECTED).expected(4) == [[]]


def test_after_a_token_that_was_not_expected_it_may_have_come_between_or_instead() -> None:
    assert drafter([1, 7]).expected(2) == [[5, 9], [9, 0]]
    assert drafter([1, 7, 8]).expected(2) == [[5, 9], [9, 0]]
    assert drafter([1, 7, 5]).expected(2) == [[9, 0]]
    assert drafter([1, 7, 9]).expected(2) == [[0, 2]]


def test_what_was_expected_may_be_left_out() -> None:
    assert drafter([1, 9, 0]).expected(2) == [[2, 5]]


def test_an_answer_that_is_elsewhere_is_found_again_at_the_nearest_place_that_reads_alike() -> None:
    assert drafter([1, 7, 7, 7, 7, 0, 3]).expected(2) == [[5, 9]]
    assert drafter([8, 8, 8, 8, 8, 9, 0]).expected(2) == [[2, 5]]


def test_without_an_expected_answer_what_followed_before_is_guessed() -> None:
    made = drafter([101, 102, 103, 101, 102], [])
    assert not any(made.expected(4))
    assert made.repeated(2) == [103, 101]
    assert made.repeated(0) == []
