"""Tells whether a talk is of a small child whom nobody grown up looks after.

The words for it come over several messages: "my mum went out", "its just me and my brother", "hes
only 2". By the guide that is an emergency as soon as it is grave at all.
"""

from collections.abc import Sequence

from bot.phrases.book import the_book

_REACH = 6  # messages


def is_small_child(text: str, told: Sequence[str]) -> bool:
    """Tells whether the talk so far says that a small child is alone, with nobody else there."""
    book = the_book()
    read = [book.read(one) for one in (*told[-_REACH:], text)]
    heard = {
        cue
        for cue in ("left_alone", "small_child", "grown_up_there")
        if any(book.has_cue(one, cue) for one in read)
    }
    return heard == {"left_alone", "small_child"}
