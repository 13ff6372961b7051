from .blocks import BLOCK_TOKENS, BlockPool, block_keys

TOKENS = list(range(3 * BLOCK_TOKENS + 5))


def test_a_prompt_that_was_computed_is_reused_block_by_block() -> None:
    pool = BlockPool(16)
    keys = block_keys("a", TOKENS)
    first = pool.take(keys, 3, 4)
    pool.publish(first, len(TOKENS))
    second = pool.take(keys, 3, 4)
    assert first.cached_tokens == 0
    assert second.cached_tokens == 3 * BLOCK_TOKENS
    assert second.blocks[:3] == first.blocks[:3]
    assert second.blocks[3] != first.blocks[3]


def test_another_model_or_another_beginning_reuses_nothing() -> None:
    pool = BlockPool(16)
    pool.publish(pool.take(block_keys("a", TOKENS), 3, 4), len(TOKENS))
    assert pool.take(block_keys("b", TOKENS), 3, 4).cached_tokens == 0
    assert pool.take(block_keys("a", [9, *TOKENS]), 3, 4).cached_tokens == 0


def test_what_another_sequence_is_computing_is_known_until_it_is_there_or_given_up() -> None:
    pool = BlockPool(16)
    keys = block_keys("a", TOKENS)
    first = pool.take(keys, 3, 4)
    assert pool.is_computing(keys)
    pool.publish(first, BLOCK_TOKENS)
    assert pool.is_computing(keys)
    pool.give_back(first)
    assert not pool.is_computing(keys)
    assert pool.take(keys, 3, 4).cached_tokens == BLOCK_TOKENS


def test_blocks_that_nobody_holds_are_used_again_oldest_first() -> None:
    pool = BlockPool(4)
    old = pool.take(block_keys("a", TOKENS), 3, 3)
    pool.publish(old, len(TOKENS))
    pool.give_back(old)
    assert pool.available() == 4
    assert pool.take([], 0, 5) is None
    assert pool.take([], 0, 4) is not None
    assert pool.take([], 0, 1) is None


def test_a_reused_block_counts_once_when_room_is_judged() -> None:
    pool = BlockPool(4)
    keys = block_keys("a", TOKENS)
    first = pool.take(keys, 3, 3)
    pool.publish(first, len(TOKENS))
    pool.give_back(first)
    again = pool.take(keys, 3, 4)
    assert again.cached_tokens == 3 * BLOCK_TOKENS
    assert pool.available() == 0


def test_a_table_grows_only_when_there_is_room_for_all_of_it() -> None:
    pool = BlockPool(4)
    table = pool.take([], 0, 2)
    assert not pool.extend(table, 5)
    assert len(table.blocks) == 2
    assert pool.extend(table, 4)
    assert len(set(table.blocks)) == 4
