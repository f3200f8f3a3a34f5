"""The benchmarks run for real, in small; how fast is for `frontdoor bench` to say."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import frontdoor
from bot.bench import consoles, lists
from bot.bench.figures import Figure, as_text, spread
from bot.bench.service import BenchError, service
from models.db import open_engine
from models.encryption import new_keyring
from models.migrating import migrate

_MODELS = Path(__file__).resolve().parents[2] / "var"


def test_every_message_and_emergency_reaches_every_console(tmp_path) -> None:
    with service(_MODELS, tmp_path, with_dialogue=False, progress=print) as running:
        load = consoles.Load(consoles=10, chats=2, seconds=4, every=1)
        found = {one.name: one for one in consoles.measure(running, load, print)}

    assert found["messages not shown"].value == 0
    assert found["emergencies not shown everywhere"].value == 0
    # Eight consoles show a conversation, and each of its four messages.
    assert found["messages shown, over all consoles"].value == 8 * 4


def test_the_lists_are_read_over_a_short_and_a_long_history(tmp_path) -> None:
    with service(_MODELS, tmp_path, with_dialogue=False, progress=print) as running:
        found = lists.measure(running, 50, print)

    assert {one.name for one in found} >= {"/queue p95", "/queue?list=ended p50"}
    assert all(one.ratio is not None for one in found)


def test_a_database_with_children_in_it_is_refused(tmp_path) -> None:
    url = f"sqlite:///{tmp_path}/real.db"
    engine = open_engine(url, new_keyring())
    migrate(engine)
    engine.dispose()
    place = tmp_path / "bench"
    place.mkdir()

    with (
        pytest.raises(BenchError, match="not empty"),
        service(_MODELS, place, database_url=url, progress=print),
    ):
        pass


def test_an_unknown_benchmark_is_named_as_such() -> None:
    answer = CliRunner().invoke(frontdoor, ["bench", "nonsense"])

    assert answer.exit_code == 2
    assert "nonsense" in answer.output


def test_a_figure_says_whether_it_meets_its_target() -> None:
    slow = Figure(name="slow", value=10, unit="ms", target=8)
    fast = Figure(name="fast", value=200, unit="/s", target=150, is_most=False)

    assert not slow.is_met
    assert fast.is_met
    assert "NOT MET" in as_text([slow], 0.005)


def test_a_spread_is_in_milliseconds_and_needs_something_measured() -> None:
    assert [one.value for one in spread("x", [0.001] * 99 + [0.5])] == [1.0, 1.0, 500.0]
    with pytest.raises(ValueError, match="nothing was measured"):
        spread("x", [])
