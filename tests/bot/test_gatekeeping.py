"""The gate's runner, over a real version and the real dialogue environment."""

import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bot.abilities import Ability, Case, Tried
from bot.counterfactuals import Family, Swapped
from bot.evaluate import rate
from bot.gate_replay import difference
from bot.gate_triage import ability_findings, recall_findings, sameness_findings
from bot.gatekeeping import Gatekeeper
from bot.labelled import Example
from bot.urgency import Assessment, assess
from handover.editing import files, gate, publishing, signing, versions
from handover.edition import ROOT
from models.db import transaction
from models.editing import CheckOutcome, DialogueVersion, VersionState
from models.practitioner import RoleName
from models.urgency import Harm, Urgency
from tests.handover.desk import add_staff

QUESTIONS = "dialogues/questions.yml"
PERSON = "  - request_person\n"


class Gate:
    """A draft, its editor, and the gate it goes through."""

    def __init__(self, engine, authority, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.editor = add_staff(engine, authority, "Edi Tor", RoleName.EDITOR)
        self.keeper = Gatekeeper(engine, folder, "here")
        self.keeper.begin()
        with transaction(engine) as session:
            first = publishing.live_version(session)
            assert first is not None
            self.draft = versions.draft_from(session, self.editor, first, title="Try")

    def write(self, path: str, text: str) -> None:
        with transaction(self.engine) as session:
            before = versions.hashes_of(session, self.draft)[path]
            versions.write_file(session, self.editor, self.draft, path, text, expected=before)

    def check(self) -> dict[str, tuple[CheckOutcome, list[dict[str, str]]]]:
        with transaction(self.engine) as session:
            gate.ask(session, self.editor, self.draft)
        while self.keeper.step():
            pass
        with transaction(self.engine) as session:
            rows = gate.results(session, self.draft)
            return {row.name: (row.outcome, row.findings) for row in rows}

    def state(self) -> VersionState:
        with transaction(self.engine) as session:
            return session.get_one(DialogueVersion, self.draft.id).state


@pytest.fixture
def gated(engine, authority, tmp_path: Path) -> Gate:
    return Gate(engine, authority, tmp_path)


def test_a_shut_way_out_is_refused_with_the_way_there(gated: Gate):
    text = (ROOT / QUESTIONS).read_text("utf-8")
    gated.write(QUESTIONS, re.sub(PERSON, "", text, count=1))

    found = gated.check()

    outcome, findings = found["talk"]
    assert outcome is CheckOutcome.FAILED
    assert "request_person" in findings[0]["what"]
    assert "A child: tells something" in findings[0]["where"]
    assert found["phrases"][0] is CheckOutcome.NOT_NEEDED
    assert gated.state() is VersionState.REFUSED


def test_a_cancelled_check_ends_and_leaves_a_draft(gated: Gate):
    with transaction(gated.engine) as session:
        gate.ask(session, gated.editor, gated.draft)
    with pytest.raises(versions.NotOpenError):
        gated.write(QUESTIONS, "x: 1\n")
    with transaction(gated.engine) as session:
        gate.cancel(session, gated.editor, gated.draft)

    assert gated.keeper.step() is False
    assert gated.state() is VersionState.DRAFT


def test_a_process_that_ends_leaves_the_check_to_the_next(gated: Gate):
    ends = threading.Event()
    with transaction(gated.engine) as session:
        gate.ask(session, gated.editor, gated.draft)
    ends.set()

    assert Gatekeeper(gated.engine, gated.folder, "ends", stop=ends).step() is False
    assert gated.state() is VersionState.CHECKING


def test_one_broken_file_is_told_and_nothing_after_it_is_guessed(gated: Gate):
    gated.write(QUESTIONS, "first: [\n")

    found = gated.check()

    assert found["shape"][0] is CheckOutcome.FAILED
    assert "Line" in found["shape"][1][0]["what"]
    assert {found[name][0] for name in ("kindness", "talk", "training")} == {CheckOutcome.BROKEN}
    assert gated.state() is VersionState.REFUSED


def test_what_two_have_signed_stays_signed_when_it_is_checked_again(gated: Gate, authority):
    signers = {
        role: add_staff(gated.engine, authority, name, role)
        for role, name in zip(signing.SIGNERS, ("Ada Min", "Lea Dahl"), strict=True)
    }
    with transaction(gated.engine) as session:
        session.get_one(DialogueVersion, gated.draft.id).state = VersionState.CHECKED
        for role, who in signers.items():
            signing.sign(session, who, gated.draft, role)
    assert gated.state() is VersionState.SIGNED

    with transaction(gated.engine) as session:
        gate.ask(session, gated.editor, gated.draft)
    gate.run(gated.engine, gated.draft.id, gate.FILE_CHECKS, home=gated.folder)

    assert gated.state() is VersionState.SIGNED


def talk(**changed: object) -> dict[str, object]:
    turn = {"child": "hi", "replies": ["Hello"], "urgency": "urgent", "holder": "bot"}
    whole = {"id": "a-talk", "urgency": "urgent", "alert_turn": 1, "handover": True}
    return {**whole, "turns": [{**turn, **changed}], **changed}


def test_other_words_are_shown_to_be_read_and_being_heard_less_stops_a_version():
    assert difference(talk(), talk()) is None

    words = difference(talk(), talk(replies=["Hiya"]))
    assert words is not None
    assert words.is_note
    assert "“Hello”" in words.what
    assert "“Hiya”" in words.what

    for less in ({"urgency": "concern"}, {"alert_turn": None, "holder": "nobody"}):
        found = difference(talk(), talk(**less))
        assert found is not None
        assert not found.is_note
        assert found.what.startswith("A child would be heard less than today.")


def test_a_harm_or_language_that_is_heard_less_is_named_with_what_is_missed():
    told = Example(
        id="m7",
        text="x",
        level=Urgency.URGENT,
        harms=frozenset({Harm.NEGLECT}),
        language="pl",
        tags=(),
    )
    heard, missed = phrase_judged(Urgency.URGENT), phrase_judged(Urgency.CONCERN)

    assert list(recall_findings([(told, heard)], [(told, heard)])) == []
    found = [one.where for one in recall_findings([(told, heard)], [(told, missed)])]
    assert "language pl. Newly missed: m7" in found
    assert "harm neglect. Newly missed: m7" in found


def test_what_triage_can_tell_and_of_whom_must_not_get_worse():
    right = Ability(
        name="a_game_is_no_danger",
        least=Urgency.NO_CONCERN,
        most=Urgency.CONCERN,
        passes=0.9,
        cases=(Case(messages=("i died in fortnite",), asked=None, disclosed=Urgency.NO_CONCERN),),
    )
    well = Tried(ability=right, wrong=())
    badly = Tried(ability=right, wrong=((right.cases[0], Urgency.EMERGENCY),))
    assert list(ability_findings([well], [well])) == list(ability_findings([badly], [badly])) == []
    [found] = ability_findings([well], [badly])
    assert "“i died in fortnite” would be emergency" in found.what

    family = Family(swap="pronoun", sentences=(), most_shift=0.05, most_flips=0.1)
    same = Swapped(family=family, shifts={"he": 0.01}, flips=rate(0, 10))
    other = Swapped(family=family, shifts={"he": 0.2}, flips=rate(4, 10))
    assert [*sameness_findings([same], [same]), *sameness_findings([other], [other])] == []
    [found] = sameness_findings([same], [other])
    assert "40% of the sentences" in found.what


def phrase_judged(level: Urgency) -> Assessment:
    return replace(assess(""), level=level)


def test_a_new_release_is_live_unless_something_was_published(gated: Gate, tmp_path: Path):
    newer = {**files.read_folder(ROOT), "bot/cover.yml": "topics: []\notherwise: [Hello]\n"}
    files.write_folder(newer, tmp_path / "newer")

    with transaction(gated.engine) as session:
        first = publishing.live_version(session)
        assert first is not None
        brought = versions.import_files(session, tmp_path / "newer")
        again = versions.import_files(session, tmp_path / "newer")
        changed = versions.difference(session, first, brought)
        live = publishing.live_version(session)
        # As when a version of our own had been published since.
        brought.state = VersionState.RETIRED
        later = versions.import_files(session, ROOT)

    assert live is brought
    assert (brought.id, first.state) == (again.id, VersionState.RETIRED)
    assert [one.path for one in changed] == ["bot/cover.yml"]
    assert later.state is VersionState.DRAFT
