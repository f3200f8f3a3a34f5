"""Going live and coming back: two signatures, ready machines, the urgent way, failing turns."""

from collections.abc import Iterator
from pathlib import Path
from typing import override

import pytest
from sqlalchemy import Engine

from bot import inbox
from bot.channels.base import IncomingMessage
from bot.editions import Dialogues, Shelf
from bot.following import Follower
from handover import edition
from handover.editing import files, publishing, signing, switching, versions
from handover.editing.publishing import NotReadyError
from handover.editing.versions import NotAllowedError, NotOpenError
from handover.edition import PROGRAM, ROOT
from models.authority import Authority
from models.channel import MessageKind
from models.db import reading, transaction
from models.editing import DialogueVersion, VersionState
from models.practitioner import Practitioner, RoleName
from models.publishing import DialogueSwitch, SwitchState
from tests.door import Door
from tests.fakes.clock import MovableClock
from tests.fakes.server import Answer, Call, FakeServer
from tests.handover.desk import add_staff

COVER = "bot/cover.yml"
QUESTIONS = "dialogues/questions.yml"
ASKED = "dialogues/domain/responses_questions.yml"
_COVER = "topics: []\notherwise: [hello]\n"
_FAILED = "3 times within 60 seconds a turn failed, or nothing answered."
_ASKED = """responses:
  utter_ask_safe_now:
    - text: Are you safe?
      buttons: [{title: "Yes", payload: /yes}, {title: "No", payload: /no}]
"""


class Desk:
    """Those who have a hand in a version, and the version before them."""

    def __init__(self, engine: Engine, authority: Authority, folder: Path) -> None:
        self.engine = engine
        roles = {
            "editor": RoleName.EDITOR,
            "admin": RoleName.ADMIN,
            "lead": RoleName.SAFEGUARDING_LEAD,
            "publisher": RoleName.PUBLISHER,
        }
        self.staff: dict[str, Practitioner] = {
            name: add_staff(engine, authority, f"{name.title()} Person", role)
            for name, role in roles.items()
        }
        files.write_folder({COVER: _COVER, ASKED: _ASKED, QUESTIONS: "budget: 10\n"}, folder)
        with transaction(engine) as session:
            self.first = versions.import_files(session, folder)

    def checked(
        self, path: str = COVER, text: str = "topics: []\notherwise: [maths]\n"
    ) -> DialogueVersion:
        """Gives a draft that has passed the gate."""
        with transaction(self.engine) as session:
            before = publishing.live_version(session) or self.first
            draft = versions.draft_from(session, self.staff["editor"], before, title="New words")
            expected = versions.hashes_of(session, draft)[path]
            versions.write_file(session, self.staff["editor"], draft, path, text, expected=expected)
            draft.state = VersionState.CHECKED
            return draft

    def sign(self, who: str, version: DialogueVersion, role: RoleName) -> None:
        with transaction(self.engine) as session:
            signing.sign(session, self.staff[who], version, role)

    def signed(self, **changed: str) -> DialogueVersion:
        """Gives a version that two people have signed."""
        version = self.checked(**changed)
        self.sign("admin", version, RoleName.ADMIN)
        self.sign("lead", version, RoleName.SAFEGUARDING_LEAD)
        return version

    def publish(self, version: DialogueVersion, who: str = "publisher") -> int:
        with transaction(self.engine) as session:
            return publishing.publish(session, self.staff[who], version, why="Kinder").id

    def switched(self, version: DialogueVersion) -> None:
        """Publishes with one machine that is ready at once."""
        switch = self.publish(version)
        with transaction(self.engine) as session:
            switching.note_stage(session, "machine", version.fingerprint)
            assert switching.switch_if_ready(session, switch)

    def live(self) -> str | None:
        with reading(self.engine) as session:
            return switching.wanted(session).live


@pytest.fixture
def desk(engine: Engine, authority: Authority, tmp_path: Path, clock: MovableClock) -> Desk:
    del clock
    return Desk(engine, authority, tmp_path)


def test_two_different_people_sign_before_anything_goes_live(desk: Desk):
    version = desk.checked()
    with transaction(desk.engine) as session:
        both = session.merge(desk.staff["admin"])
        both.roles = [*both.roles, *session.merge(desk.staff["lead"]).roles]

    with pytest.raises(NotAllowedError, match="Only an admin and a safeguarding lead"):
        desk.sign("editor", version, RoleName.ADMIN)
    desk.sign("admin", version, RoleName.ADMIN)
    with pytest.raises(NotReadyError, match="two different people"):
        desk.publish(version)
    desk.staff["admin"] = both
    with pytest.raises(NotAllowedError, match="Somebody else must give the other"):
        desk.sign("admin", version, RoleName.SAFEGUARDING_LEAD)
    desk.sign("lead", version, RoleName.SAFEGUARDING_LEAD)
    with pytest.raises(NotAllowedError, match="publisher"):
        desk.publish(version, "editor")
    desk.publish(version)

    assert desk.live() is None


def test_a_version_goes_live_when_every_machine_is_ready_and_not_before(desk: Desk, clock):
    version = desk.signed()
    switch = desk.publish(version)
    with transaction(desk.engine) as session:
        switching.note_stage(session, "gone", None)
    clock.forward(seconds=20)

    with transaction(desk.engine) as session:
        switching.note_stage(session, "one", version.fingerprint)
        switching.note_stage(session, "two", None)
        assert not switching.switch_if_ready(session, switch)
    assert desk.live() is None
    with transaction(desk.engine) as session:
        switching.note_stage(session, "two", version.fingerprint)
        assert switching.switch_if_ready(session, switch)

    assert desk.live() == version.fingerprint
    with reading(desk.engine) as session:
        found = publishing.history(session)[0]
        assert (found.version.state, found.why) == (VersionState.LIVE, "Kinder")
        assert found.before is not None
        assert found.before.state is VersionState.RETIRED


def test_a_version_that_is_edited_while_it_waits_does_not_go_live(desk: Desk):
    version = desk.signed()
    switch = desk.publish(version)
    with transaction(desk.engine) as session:
        draft = session.get_one(DialogueVersion, version.id)
        expected = versions.hashes_of(session, draft)[COVER]
        editor = desk.staff["editor"]
        versions.write_file(
            session, editor, draft, COVER, "topics: []\notherwise: [worse]\n", expected=expected
        )
        switching.note_stage(session, "machine", draft.fingerprint)

    with transaction(desk.engine) as session:
        assert not switching.switch_if_ready(session, switch)

    assert desk.live() is None
    with reading(desk.engine) as session:
        found = session.get_one(DialogueSwitch, switch)
        assert found.problem == "The version was changed after it was signed."


def test_nothing_is_switched_when_a_machine_finds_a_wrong_answer(desk: Desk):
    version = desk.signed()
    switch = desk.publish(version)

    with transaction(desk.engine) as session:
        switching.fail(session, switch, "Emergency: the answer must have 999 in it.")
        switching.note_stage(session, "one", version.fingerprint)
        assert not switching.switch_if_ready(session, switch)

    assert desk.live() is None
    with reading(desk.engine) as session:
        assert publishing.waiting(session) is None
        assert session.get_one(DialogueVersion, version.id).state is VersionState.SIGNED


def test_turns_that_fail_soon_after_bring_the_version_before_back(desk: Desk, clock):
    first, second = desk.signed(), None
    desk.switched(first)
    clock.forward(hours=1)
    second = desk.signed(text="topics: []\notherwise: [history]\n")
    desk.switched(second)

    with transaction(desk.engine) as session:
        switching.note_failures(session, second.fingerprint, 2)
        switching.note_failures(session, first.fingerprint, 5)
        assert not switching.is_failing(session)
    clock.forward(seconds=30)
    with transaction(desk.engine) as session:
        switching.note_failures(session, second.fingerprint, 1)
        assert switching.is_failing(session)
        switching.roll_back_if_failing(session)

    assert desk.live() == first.fingerprint
    with reading(desk.engine) as session:
        newest = publishing.history(session)[0]
        assert newest.rolled_back_by_id is None
        assert newest.rolled_back_why == _FAILED
        assert not switching.is_failing(session)


def test_a_version_that_never_answers_is_taken_back(desk: Desk, tmp_path: Path, clock):
    first, second = desk.signed(), None
    desk.switched(first)
    clock.forward(hours=1)
    second = desk.signed(text="topics: []\notherwise: [history]\n")
    desk.switched(second)
    nobody = Dialogues(["http://127.0.0.1:9"], "secret")
    shelf = Shelf(desk.engine, tmp_path / "data")
    follower = Follower(desk.engine, shelf, nobody, asks_dialogue=True, patience=0)

    # While the service starts, no version answers yet: that is no fault of the one that is live.
    starting = Follower(desk.engine, shelf, nobody, asks_dialogue=True, patience=0)
    starting.begin()
    for _ in range(6):
        starting.step()
    edition.go_live(PROGRAM)
    for _ in range(3):
        follower.step()
    assert desk.live() == second.fingerprint
    for _ in range(2):
        follower.step()

    assert desk.live() == first.fingerprint


class FailingOnTurns(FakeServer):
    """A dialogue process that is up with whatever edition is asked for, and fails on turns."""

    @override
    def answer(self, call: Call) -> Answer:
        named = call.headers.get("x-dialogue-edition", "")
        return Answer(body={"edition": named}) if call.path == "/health" else Answer(status=500)


@pytest.fixture
def dialogues() -> Iterator[Dialogues]:
    """Gives the dialogue of a process that fails on every turn."""
    with FailingOnTurns() as server:
        found = Dialogues([server.url], "secret")
        yield found
        found.close()
        edition.go_live(PROGRAM)


# The rows are the same on both, and reading a version's phrases takes seconds.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_version_whose_dialogue_fails_on_childrens_turns_is_taken_back_by_itself(
    desk: Desk, door: Door, dialogues: Dialogues, tmp_path: Path
):
    version = desk.signed(text=f"{(ROOT / COVER).read_text('utf-8')}# Another.\n")
    desk.switched(version)
    follower = Follower(
        desk.engine, Shelf(desk.engine, tmp_path / "data"), dialogues, asks_dialogue=True
    )
    follower.step()
    assert edition.live().name == version.fingerprint

    for number in range(3):
        inbox.receive(
            desk.engine,
            door.account_id,
            IncomingMessage(
                external_id=f"m{number}",
                address=f"770090012{number}",
                kind=MessageKind.TEXT,
                text="hi",
            ),
        )
    while inbox.drain(desk.engine, dialogues, worker="test"):
        pass
    door.send()
    follower.step()
    follower.step()

    assert (desk.live(), edition.live()) == (None, PROGRAM)
    assert len(door.channel.sent) == 3
    with reading(desk.engine) as session:
        [found] = publishing.history(session)
        assert found.rolled_back_by_id is None
        assert found.rolled_back_why == _FAILED


def test_failures_long_after_the_switch_are_not_the_versions(desk: Desk, clock):
    version = desk.signed()
    desk.switched(version)
    clock.forward(minutes=11)

    with transaction(desk.engine) as session:
        switching.note_failures(session, version.fingerprint, 9)
        assert not switching.is_failing(session)


def test_a_publisher_takes_a_version_back_and_who_and_why_stay_known(desk: Desk):
    desk.switched(desk.signed())

    with transaction(desk.engine) as session:
        with pytest.raises(NotAllowedError):
            publishing.roll_back(session, desk.staff["lead"], why="x")
        publishing.roll_back(session, desk.staff["publisher"], why="It reads badly")

    assert desk.live() is None
    with transaction(desk.engine) as session:
        [found] = publishing.history(session)
        assert found.rolled_back_by_id == desk.staff["publisher"].id
        assert found.rolled_back_why == "It reads badly"
        with pytest.raises(NotReadyError, match="nothing to go back to"):
            publishing.roll_back(session, desk.staff["publisher"], why="again")


def test_urgent_words_need_one_signature_and_somebody_elses_look_afterwards(desk: Desk):
    words, more = desk.checked(), desk.checked(QUESTIONS, "budget: 3\n")
    asked = desk.checked(ASKED, _ASKED.replace("Are you", "Are you all"))
    done = desk.checked(ASKED, _ASKED.replace("/no", "/skip"))
    heard = desk.checked(COVER, _COVER.replace("[]", "[{words: [maths], say: [hi]}]"))
    for version in (words, more, done, heard):
        desk.sign("lead", version, RoleName.SAFEGUARDING_LEAD)
    lead = desk.staff["lead"]

    with transaction(desk.engine) as session:
        assert publishing.beyond_words(session, asked) == []
        for version in (more, done, heard):
            with pytest.raises(NotReadyError, match="also changes"):
                publishing.publish_words(session, lead, version, why="A number is wrong")
        with pytest.raises(NotReadyError, match="Say why"):
            publishing.publish_words(session, lead, words, why=" ")
        switch = publishing.publish_words(session, lead, words, why="A number is wrong").id
        switching.note_stage(session, "machine", words.fingerprint)
        assert switching.switch_if_ready(session, switch)

    later = desk.signed(text="topics: []\notherwise: [later]\n")
    with pytest.raises(NotReadyError, match="went live with one signature"):
        desk.publish(later)
    with transaction(desk.engine) as session:
        due = publishing.open_review(session)
        assert due is not None
        with pytest.raises(NotAllowedError, match="Somebody else"):
            publishing.review(session, lead, due)
        publishing.review(session, desk.staff["admin"], due)
    desk.publish(later)


def test_a_signature_on_another_text_is_none(desk: Desk):
    version = desk.checked()
    desk.sign("admin", version, RoleName.ADMIN)
    with transaction(desk.engine) as session:
        changed = session.get_one(DialogueVersion, version.id)
        expected = versions.hashes_of(session, changed)[COVER]
        versions.write_file(
            session,
            desk.staff["editor"],
            changed,
            COVER,
            "topics: []\notherwise: [art]\n",
            expected=expected,
        )

    with pytest.raises(NotOpenError, match="passed every check"):
        desk.sign("lead", version, RoleName.SAFEGUARDING_LEAD)
    with transaction(desk.engine) as session:
        again = session.get_one(DialogueVersion, version.id)
        assert signing.missing(session, again) == list(signing.SIGNERS)


def test_a_switch_that_no_machine_takes_up_is_called_off(desk: Desk, clock):
    desk.publish(desk.signed())
    clock.forward(minutes=11)

    with transaction(desk.engine) as session:
        assert switching.is_late(session)
        switching.give_up_late(session)
        switch = session.get_one(DialogueSwitch, 1)

    assert switch.state is SwitchState.FAILED


def test_the_pages_say_what_is_missing_put_it_live_and_take_it_back(desk: Desk, desk_of):
    version = desk.checked()
    page = f"/dialogue/{version.number}/publish"
    publisher = desk_of(desk.staff["publisher"])
    assert "Missing: a safeguarding lead" in publisher.get(page).text
    assert publisher.post(page, why="Now").status_code == 422
    desk.sign("admin", version, RoleName.ADMIN)
    desk.sign("lead", version, RoleName.SAFEGUARDING_LEAD)

    assert publisher.post(page, why="Now").status_code == 302
    assert "It is going live" in publisher.get(page).text
    with transaction(desk.engine) as session:
        switch = publishing.waiting(session)
        assert switch is not None
        switching.note_stage(session, "machine", version.fingerprint)
        switching.switch_if_ready(session, switch.id)

    assert f"Version {version.number} is live" in publisher.get(page).text
    assert "Say why you take it back" in publisher.post("/dialogue/roll-back", why="").text
    assert publisher.post("/dialogue/roll-back", why="It reads badly").status_code == 302
    history = publisher.get("/dialogue/history").text
    assert "Taken back" in history
    assert "by Publisher Person: It reads badly" in history
    assert desk_of(desk.staff["editor"]).post("/dialogue/roll-back", why="x").status_code == 403
    assert desk.live() is None
