"""The watchdog: it sees from outside what stands still, and says so without naming a child."""

import httpx
import pytest

from bot import climbing, watching
from bot.clock import hold_lease
from bot.pagers.teams import TeamsPager
from bot.watching import Watchdog
from models.escalation import AlertWay
from tests.door import Door
from tests.fakes.pagers import FakeHooks


@pytest.fixture
def well(door: Door) -> Door:
    """Gives a front door with somebody on duty and a clock that ticks."""
    door.practitioner("Dora Duty")
    hold_lease(door.engine, "clock", "one")
    return door


def _wrong(door: Door) -> set[str]:
    return {one.about for one in watching.troubles(watching.look(door.engine))}


def test_nothing_is_wrong_while_everything_runs(well: Door):
    well.child_says("hes coming up the stairs with a knife")
    well.work()
    climbing.climb_due(well.engine)

    assert _wrong(well) == set()


def test_a_clock_that_stopped_and_the_calls_it_did_not_make_are_seen(well: Door):
    well.child_says("hes coming up the stairs with a knife")
    well.work()

    well.clock.forward(minutes=5)

    assert {"clock", "late_steps"} <= _wrong(well)


def test_a_worker_that_stopped_is_seen(well: Door):
    well.child_says("hello")

    well.clock.forward(minutes=4)

    assert {"inbox", "limbo"} <= _wrong(well)


def test_an_authority_that_nobody_works_for_is_seen(door: Door):
    hold_lease(door.engine, "clock", "one")

    assert _wrong(door) == {"nobody"}


def test_it_tells_people_once_in_a_while_and_monitors_always(well: Door):
    hooks = FakeHooks()
    dog = Watchdog(well.engine, {AlertWay.TEAMS: TeamsPager(hooks.url)}, None, "https://x/queue")
    server = watching.serve(dog, 0)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    well.child_says("my dad hits me every night")
    well.clock.forward(minutes=4)

    dog.watch_once()
    dog.watch_once()

    health, metrics = httpx.get(f"{address}/health"), httpx.get(f"{address}/metrics")
    server.shutdown()
    server.server_close()
    hooks.close()
    assert len(hooks.calls) == 1
    assert b"dad" not in hooks.calls[0].body
    assert health.status_code == 503
    assert 'frontdoor_trouble{check="clock"} 1.0' in metrics.text
