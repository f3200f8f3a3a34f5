"""Courtesies to the child's phone that nobody waits for: "typing" while an answer is made."""

import datetime as dt
from collections.abc import Callable, Mapping
from concurrent.futures import Executor

from sqlalchemy import Engine, select

from bot.channels.base import Channel, ChannelError
from models.base import utc_now
from models.conversation import Conversation
from models.db import glance, reading, transaction

type Typing = Callable[[int], None]
"""Says that an answer to a conversation is being made."""

# An older hint is of somebody who has stopped writing since.
_STILL_WRITING = dt.timedelta(seconds=8)


def typing_shower(engine: Engine, channels: Mapping[int, Channel], threads: Executor) -> Typing:
    """Gives what shows "typing" on the child's phone, on a thread of its own."""

    def show(conversation_id: int) -> None:
        with reading(engine) as session:
            conversation = session.get_one(Conversation, conversation_id)
            channel = channels.get(conversation.account_id)
            address = conversation.address
            is_wanted = (
                conversation.capability.shows_typing
                and conversation.covered_at is None
                and conversation.stopped_at is None
            )
        if channel is None or not is_wanted:
            return
        try:
            channel.show_typing(address)
        except ChannelError:
            # An answer follows, or a person is told that it could not: "typing" is no promise.
            return

    def begin(conversation_id: int) -> None:
        try:
            threads.submit(show, conversation_id)
        except RuntimeError:
            # The process ends; the answer itself is in the rows.
            return

    return begin


def pass_on_typing(engine: Engine, typing: Typing) -> bool:
    """Takes the hints that practitioners are writing, and shows them; False when there was none.

    The console leaves a hint in the row, because it knows no provider.
    """
    # Somebody idle must not take the write lock many times a second.
    if glance(engine, _IS_HINTED) is None:
        return False
    since = utc_now() - _STILL_WRITING
    fresh = []
    with transaction(engine) as session:
        for conversation in session.scalars(_HINTED):
            if conversation.typing_at is not None and conversation.typing_at > since:
                fresh.append(conversation.id)
            conversation.typing_at = None
    for conversation_id in fresh:
        typing(conversation_id)
    return True


# Made once: this is asked several times a second.
_HINTED = (
    select(Conversation)
    .where(Conversation.typing_at.is_not(None))
    .limit(50)
    .with_for_update(skip_locked=True)
)
_IS_HINTED = select(Conversation.id).where(Conversation.typing_at.is_not(None)).limit(1)
