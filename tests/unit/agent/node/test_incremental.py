from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.node.incremental import IncrementalMap


def test_only_the_items_between_the_common_ends_are_rendered_again() -> None:
    rendered: list[int] = []

    def render(item: int) -> str:
        rendered.append(item)
        return str(item)

    results = IncrementalMap(render)
    results.apply((1, 2, 5, 6))
    rendered.clear()

    assert results.apply((1, 2, 3, 5, 6)) == ["1", "2", "3", "5", "6"]
    assert rendered == [3]


def test_the_same_items_give_the_same_list() -> None:
    results = IncrementalMap(str)

    assert results.apply((1, 2)) is results.apply((1, 2))


@given(st.lists(st.lists(st.integers(0, 3)), max_size=5))
def test_any_sequence_after_any_other_is_rendered_as_if_it_were_the_first(
    sequences: list[list[int]],
) -> None:
    results = IncrementalMap(str)

    for items in sequences:
        assert results.apply(items) == [str(item) for item in items]
