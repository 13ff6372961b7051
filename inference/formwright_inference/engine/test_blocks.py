from .beginning import BLOCK_TOKENS, Beginning
from .blocks import BlockPool, Table

TOKENS = list(range(3 * BLOCK_TOKENS + 5))


class Pool(BlockPool):
    """Remembers what was copied."""

    def __init__(self, size: int) -> None:
        super().__init__(size, lambda source, to: self.copied.append((source, to)))
        self.copied: list[tuple[int, int]] = []

    def begin(self, tokens: list[int], blocks: int = 4, model: str = "a") -> Table | None:
        return self.take(Beginning(model, tokens), blocks)


def test_a_prompt_that_was_computed_is_reused_block_by_block() -> None:
    pool = Pool(16)
    first = pool.begin(TOKENS)
    pool.publish(first, len(TOKENS))
    second = pool.begin(TOKENS)
    assert first.cached_tokens == 0
    assert second.cached_tokens == 3 * BLOCK_TOKENS
    assert second.blocks[:3] == first.blocks[:3]
    assert second.blocks[3] != first.blocks[3]


def test_another_model_or_another_beginning_reuses_nothing() -> None:
    pool = Pool(16)
    pool.publish(pool.begin(TOKENS), len(TOKENS))
    assert pool.begin(TOKENS, model="b").cached_tokens == 0
    assert pool.begin([9, *TOKENS]).cached_tokens == 0


def test_where_two_prompts_part_within_a_block_what_they_share_is_copied() -> None:
    pool = Pool(16)
    first = pool.begin(TOKENS)
    pool.publish(first, len(TOKENS))
    second = pool.begin([*TOKENS[:50], *range(1000, 1050)])
    assert second.cached_tokens == 50
    assert pool.copied == [(first.blocks[1], second.blocks[1])]
    assert pool.begin([*TOKENS[:35], *range(2000, 2050)]).cached_tokens == BLOCK_TOKENS


def test_the_last_token_is_computed_even_when_all_is_known() -> None:
    pool = Pool(16)
    whole = TOKENS[: 2 * BLOCK_TOKENS]
    pool.publish(pool.begin(whole), len(whole))
    assert pool.begin(whole).cached_tokens == len(whole) - 1


def test_a_prompt_waits_for_what_another_is_computing_until_it_is_there_or_given_up() -> None:
    pool = Pool(16)
    same, alike = Beginning("a", TOKENS), Beginning("a", [*TOKENS[:20], *range(1000, 1040)])
    other = Beginning("a", [*TOKENS[:12], *range(2000, 2040)])
    first = pool.begin(TOKENS)
    assert pool.worth_waiting(same) and pool.worth_waiting(alike)
    assert not pool.worth_waiting(other)
    pool.publish(first, BLOCK_TOKENS)
    assert pool.worth_waiting(same) and not pool.worth_waiting(alike)
    pool.give_back(first)
    assert not pool.worth_waiting(same)
    assert pool.begin(TOKENS).cached_tokens == BLOCK_TOKENS


def test_blocks_that_nobody_holds_are_used_again_oldest_first() -> None:
    pool = Pool(4)
    old = pool.begin(TOKENS)
    pool.publish(old, len(TOKENS))
    pool.give_back(old)
    other = [9] * (4 * BLOCK_TOKENS)
    assert pool.available() == 4
    assert pool.begin(other, 5) is None
    assert pool.begin(other, 4) is not None
    assert pool.begin(TOKENS, 1) is None


def test_what_was_evicted_is_not_found_and_what_is_left_is() -> None:
    pool = Pool(5)
    table = pool.begin(TOKENS)
    pool.publish(table, len(TOKENS))
    pool.give_back(table)
    held = pool.begin([9] * 3 * BLOCK_TOKENS, 3)
    assert held is not None
    pool.give_back(held)
    assert pool.begin(TOKENS).cached_tokens in range(3 * BLOCK_TOKENS)


def test_a_reused_block_counts_once_when_room_is_judged() -> None:
    pool = Pool(4)
    first = pool.begin(TOKENS)
    pool.publish(first, len(TOKENS))
    pool.give_back(first)
    again = pool.begin(TOKENS)
    assert again.cached_tokens == 3 * BLOCK_TOKENS
    assert pool.available() == 0


def test_a_table_grows_only_when_there_is_room_for_all_of_it() -> None:
    pool = Pool(4)
    table = pool.begin(TOKENS[:5], 1)
    assert pool.extend(table, 3)
    assert len(set(table.blocks)) == 3
    assert not pool.extend(table, 5)
    assert len(table.blocks) == 3
