"""Splitting what is said so that a channel carries it, with nothing lost."""

from hypothesis import given
from hypothesis import strategies as st

from handover.outgoing import Choice, shown_text, split
from models.channel import CAPABILITIES, ChannelName

_LINES = st.text(alphabet=st.sampled_from("ab \n.é😀"), max_size=200)


@given(text=_LINES, limit=st.integers(5, 60))
def test_no_part_is_too_long_or_empty_and_nothing_is_lost(text: str, limit: int):
    parts = split(text, limit)

    assert all(len(part) <= limit for part in parts)
    assert all(part.strip() for part in parts) or not text.strip()
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(words=st.lists(st.text(alphabet="abc", min_size=1, max_size=9), min_size=1, max_size=40))
def test_no_word_is_cut_that_fits(words: list[str]):
    parts = split(" ".join(words), 20)

    assert " ".join(parts).split() == words


def test_a_paragraph_is_kept_whole_where_it_can_be():
    first, second = "a" * 30, "b" * 30

    assert split(f"{first}\n\n{second}", 40) == [first, second]


@given(number=st.integers(1, 15), channel=st.sampled_from(ChannelName))
def test_choices_are_buttons_or_numbers_but_never_lost(number: int, channel: ChannelName):
    choices = [Choice(title=f"Choice {n}", payload=f"/{n}") for n in range(number)]
    capability = CAPABILITIES[channel]

    shown = shown_text("Which?", choices, capability)

    are_buttons = number <= capability.buttons
    assert all((choice.title in shown) is not are_buttons for choice in choices)
