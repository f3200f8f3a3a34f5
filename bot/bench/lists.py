"""How fast the console's lists are over a long history, against the same pages of a short one."""

import datetime as dt
import secrets
import time
from collections.abc import Callable
from dataclasses import replace

import httpx
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bot.bench.figures import Figure, spread
from bot.bench.service import Running
from models.authority import Authority, ChannelAccount
from models.base import utc_now
from models.channel import ChannelName
from models.conversation import (
    Author,
    Child,
    Conversation,
    Handover,
    HandoverReason,
    Holder,
    Message,
)
from models.db import transaction
from models.escalation import Escalation, Rung
from models.urgency import Urgency

_PAGES = ("/queue", "/queue?list=mine", "/queue?list=open", "/queue?list=ended")
_TIMES = 60
_BATCH = 2000
_WAITING = 400  # of all, as many as a bad night could leave
_MESSAGES_EACH = 3
_LEVELS = (Urgency.CONCERN, Urgency.NO_CONCERN, Urgency.URGENT, Urgency.CONCERN)


def measure(running: Running, conversations: int, progress: Callable[[str], None]) -> list[Figure]:
    """Gives the time of each list with so many conversations, and its ratio to a short history."""
    cookies = running.sign_in()
    # As many rows on each page as later: only the length of the history may differ.
    _fill(running, 2 * _WAITING, waiting=_WAITING, progress=progress)
    short = {page: _times(running, cookies, page) for page in _PAGES}
    _fill(running, conversations, waiting=0, progress=progress)
    progress(f"Reading the lists over {conversations:,} conversations")
    figures = []
    for page in _PAGES:
        found = spread(page, _times(running, cookies, page), p95=100)
        before = spread(page, short[page])
        figures += [
            replace(now, ratio=now.value / then.value)
            for now, then in zip(found, before, strict=True)
        ]
    return figures


def _times(running: Running, cookies: httpx.Cookies, page: str) -> list[float]:
    found = []
    with httpx.Client(base_url=running.address, cookies=cookies, timeout=60) as client:
        client.get(page).raise_for_status()
        for _ in range(_TIMES):
            begun = time.perf_counter()
            client.get(page).raise_for_status()
            found.append(time.perf_counter() - begun)
    return found


def _fill(
    running: Running, conversations: int, *, waiting: int, progress: Callable[[str], None]
) -> None:
    """Adds conversations that have ended, the first of them open and waiting for a person."""
    now = utc_now()
    for start in range(0, conversations, _BATCH):
        size = min(_BATCH, conversations - start)
        with transaction(running.engine) as session:
            _add(session, size, max(0, waiting - start), now - dt.timedelta(seconds=start))
        if start and start % 20_000 == 0:
            progress(f"{start:,} of {conversations:,} conversations written")


def _add(session: Session, size: int, waiting: int, before: dt.datetime) -> None:
    authority = session.scalars(select(Authority).order_by(Authority.id)).one()
    account_id = session.scalars(
        select(ChannelAccount.id).where(ChannelAccount.channel == ChannelName.SMS)
    ).first()
    children = list(
        session.scalars(
            insert(Child).returning(Child.id),
            [{"authority_id": authority.id, "name_to_use": "Kai"} for _ in range(size)],
        )
    )
    moments = [before - dt.timedelta(seconds=number) for number in range(size)]
    made = list(
        session.scalars(
            insert(Conversation).returning(Conversation.id, sort_by_parameter_order=True),
            [
                {
                    "authority_id": authority.id,
                    "account_id": account_id,
                    "child_id": child,
                    "address": f"simulated-{secrets.token_hex(16)}",
                    "address_digest": secrets.token_hex(32),
                    "channel": ChannelName.SMS,
                    "holder": Holder.NOBODY if number < waiting else Holder.BOT,
                    "urgency": _LEVELS[number % len(_LEVELS)],
                    "last_inbound_at": moments[number],
                    "ended_at": None if number < waiting else moments[number],
                }
                for number, child in enumerate(children)
            ],
        )
    )
    session.execute(
        insert(Message),
        [
            {
                "authority_id": authority.id,
                "conversation_id": conversation,
                "account_id": account_id,
                "author": Author.CHILD,
                "text": "my brother and me are ok today",
                "external_id": f"bench-{conversation}-{number}",
                "processed_at": before,
            }
            for conversation in made
            for number in range(_MESSAGES_EACH)
        ],
    )
    if waiting:
        session.execute(
            insert(Handover),
            [
                {
                    "authority_id": authority.id,
                    "conversation_id": conversation,
                    "reason": HandoverReason.CHILD_ASKED,
                    "urgency": _LEVELS[number % len(_LEVELS)],
                    "requested_at": moments[number],
                    "rung_at": moments[number],
                }
                for number, conversation in enumerate(made[:waiting])
            ],
        )
        session.execute(
            insert(Escalation),
            [
                {
                    "authority_id": authority.id,
                    "conversation_id": conversation,
                    "urgency": _LEVELS[number % len(_LEVELS)],
                    "since": moments[number],
                    "due_at": moments[number] + dt.timedelta(hours=1),
                    "rung": Rung.DUTY,
                    "next_at": before + dt.timedelta(days=1),
                    "called_at": before,
                    "climb": 1,
                }
                for number, conversation in enumerate(made[:waiting])
            ],
        )
