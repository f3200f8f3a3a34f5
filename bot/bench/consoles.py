"""Many open consoles, many children writing: how long until a practitioner sees a message.

Real pages of a real service over HTTP: every console holds a live stream, and some are cut off
and come back with the place they had. A message counts as lost when a console that shows its
conversation never gets it. A busy child writes every two and a half seconds, which is fast for a
thumb; `--every 1` is a flood.
"""

import asyncio
import json
import random
import re
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from sqlalchemy import select

from bot.bench.figures import Figure, spread
from bot.bench.service import Running
from models.conversation import Conversation
from models.db import reading

_MARK = re.compile(rb"zq(\d+)z")
_PLACE = re.compile(rb"^id: ?(\d+)", re.MULTILINE)
_EMERGENCY_EVERY = 3.0  # seconds
_CUT_OFF = 0.05  # the share of consoles that lose their line, spread over the run
_ON_QUEUE = 5  # one console in so many shows the queue
_SETTLE_SECONDS = 6.0
_SEED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much goes on at once."""

    consoles: int = 200
    chats: int = 20
    seconds: int = 30
    every: float = 2.5
    """Seconds between two messages of one child."""


@dataclass(slots=True, kw_only=True)
class _Console:
    """One open page, and what it has seen when."""

    path: str
    conversation: int | None
    place: int | None = None
    seen: dict[int, float] = field(default_factory=dict)
    alerts: dict[int, float] = field(default_factory=dict)
    cut: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, kw_only=True)
class _Said:
    """What was written, to which conversation and when."""

    messages: dict[int, tuple[int, float]] = field(default_factory=dict)
    emergencies: dict[str, float] = field(default_factory=dict)


def measure(running: Running, load: Load, progress: Callable[[str], None]) -> list[Figure]:
    """Gives how long messages and emergencies take to a console, and how many were lost."""
    return asyncio.run(_measure(running, load, progress))


async def _measure(running: Running, load: Load, progress: Callable[[str], None]) -> list[Figure]:
    cookies = running.sign_in()
    limits = httpx.Limits(max_connections=load.consoles + load.chats + 20)
    async with (
        httpx.AsyncClient(
            base_url=running.address, cookies=cookies, limits=limits, timeout=30
        ) as client,
        # A provider that brings a child's message is nobody who has signed in.
        httpx.AsyncClient(base_url=running.address, limits=limits, timeout=30) as phones,
    ):
        children = [_address() for _ in range(load.chats)]
        for child in children:
            await _write(phones, child, "hello there")
        by_child = _conversations(running)
        consoles = [
            _console(number, [by_child[child] for child in children])
            for number in range(load.consoles)
        ]
        progress(f"Opening {load.consoles} consoles")
        watching = [asyncio.create_task(_watch(client, console)) for console in consoles]
        await asyncio.sleep(_SETTLE_SECONDS)
        said = _Said()
        progress(f"{load.chats} children write for {load.seconds} seconds")
        await asyncio.gather(
            *(
                _chat(phones, child, by_child[child], number, load, said)
                for number, child in enumerate(children)
            ),
            _emergencies(phones, load, said),
            _cut_off(consoles, load),
        )
        await asyncio.sleep(_SETTLE_SECONDS)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    return _figures(consoles, said, _conversations(running))


async def _watch(client: httpx.AsyncClient, console: _Console) -> None:
    while True:
        console.cut.clear()
        reading_on = asyncio.create_task(_read(client, console))
        cutting = asyncio.create_task(console.cut.wait())
        try:
            await asyncio.wait({reading_on, cutting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reading_on.cancel()
            cutting.cancel()
            await asyncio.gather(reading_on, cutting, return_exceptions=True)


async def _read(client: httpx.AsyncClient, console: _Console) -> None:
    headers = {} if console.place is None else {"Last-Event-ID": str(console.place)}
    async with client.stream("GET", console.path, headers=headers, timeout=60) as response:
        rest = b""
        async for part in response.aiter_raw():
            now = time.monotonic()
            *events, rest = (rest + part).split(b"\n\n")
            for event in events:
                _take_in(console, event, now)


def _take_in(console: _Console, event: bytes, now: float) -> None:
    place = _PLACE.search(event)
    if place is not None:
        console.place = int(place[1])
    for mark in _MARK.findall(event):
        console.seen.setdefault(int(mark), now)
    if console.conversation is None and b"event: board" in event:
        data = event[event.index(b"data:") + 5 :]
        for alert in json.loads(data)["alerts"]:
            console.alerts.setdefault(alert["conversation"], now)


async def _chat(
    phones: httpx.AsyncClient,
    child: str,
    conversation: int,
    number: int,
    load: Load,
    said: _Said,
) -> None:
    # Not all in the same instant.
    await asyncio.sleep(load.every * number / load.chats)
    for turn in range(max(1, round(load.seconds / load.every))):
        mark = number * 100_000 + turn
        begun = time.monotonic()
        said.messages[mark] = (conversation, begun)
        await _write(phones, child, f"then we went to the park zq{mark}z")
        await asyncio.sleep(max(0.0, load.every - (time.monotonic() - begun)))


async def _emergencies(phones: httpx.AsyncClient, load: Load, said: _Said) -> None:
    for _ in range(int(load.seconds / _EMERGENCY_EVERY)):
        child = _address()
        said.emergencies[child] = time.monotonic()
        await _write(phones, child, "help hes got a knife and hes coming up the stairs")
        await asyncio.sleep(_EMERGENCY_EVERY)


async def _cut_off(consoles: list[_Console], load: Load) -> None:
    chance = random.Random(_SEED)  # noqa: S311  # a repeatable draw, no secret
    unlucky = chance.sample(consoles, max(1, int(len(consoles) * _CUT_OFF)))
    for console in unlucky:
        await asyncio.sleep(load.seconds / (len(unlucky) + 1))
        console.cut.set()


async def _write(phones: httpx.AsyncClient, child: str, text: str) -> None:
    body = {"address": child, "id": uuid.uuid4().hex, "text": text}
    answer = await phones.post("/phone/telegram/messages", json=body)
    answer.raise_for_status()


def _console(number: int, conversations: list[int]) -> _Console:
    if number % _ON_QUEUE == 0:
        return _Console(path="/live", conversation=None)
    conversation = conversations[number % len(conversations)]
    return _Console(path=f"/conversations/{conversation}/live", conversation=conversation)


def _address() -> str:
    return f"simulated-{secrets.token_hex(16)}"


def _conversations(running: Running) -> dict[str, int]:
    with reading(running.engine) as session:
        return {
            conversation.address: conversation.id
            for conversation in session.scalars(select(Conversation))
        }


def _figures(consoles: list[_Console], said: _Said, by_child: dict[str, int]) -> list[Figure]:
    waits: list[float] = []
    lost = 0
    for console in consoles:
        for mark, (conversation, begun) in said.messages.items():
            if console.conversation != conversation:
                continue
            if mark in console.seen:
                waits.append(console.seen[mark] - begun)
            else:
                lost += 1
    alarms: list[float] = []
    missed = 0
    for child, begun in said.emergencies.items():
        seen = [
            console.alerts[by_child[child]] - begun
            for console in consoles
            if by_child[child] in console.alerts
        ]
        # Every console on the queue must show it; the slowest is what counts.
        if len(seen) < sum(console.conversation is None for console in consoles):
            missed += 1
        alarms.extend(seen)
    return [
        *spread("message to screen", waits, p95=150),
        Figure(name="messages not shown", value=lost, unit="", target=0),
        *spread("emergency to visible alert", alarms, p99=1000),
        Figure(name="emergencies not shown everywhere", value=missed, unit="", target=0),
        Figure(name="messages shown, over all consoles", value=len(waits), unit=""),
    ]
