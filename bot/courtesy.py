"""Courtesies to the child's phone that nobody waits for: "typing" while an answer is made."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor

from sqlalchemy import Engine

from bot.channels.base import Channel, ChannelError
from models.conversation import Conversation
from models.db import reading

type Typing = Callable[[int], None]
"""Says that an answer to a conversation is being made."""


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
