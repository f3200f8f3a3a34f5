"""Versions of the bot's files: byte for byte in and out, conflicts shown, hostile files refused."""

import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from handover.editing import bringing, files, versions, yaml_files
from handover.editing.bringing import ImportRefusedError, archive_of, import_into_draft
from handover.editing.versions import ConflictError, NotAllowedError, NotOpenError
from models.audit import AuditEvent
from models.db import reading, transaction
from models.editing import DialogueText, DialogueVersion, VersionState
from models.practitioner import Practitioner, RoleName
from tests.handover.desk import add_staff

PROGRAM = Path(__file__).resolve().parents[2]
COVER = "bot/cover.yml"
SMALL = {
    COVER: "topics: []\r\notherwise: [Hello]\n",
    "dialogues/domain/responses_ending.yml": "# Said last.\nresponses: {}\n",
    "handover/wording_data/cy.yml": "stopped:\n  - Iawn, wedi stopio \u2013 ŵ.\n",
}


@pytest.fixture
def editor(engine, authority) -> Practitioner:
    return add_staff(engine, authority, "Edi Tor", RoleName.EDITOR)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    files.write_folder(SMALL, tmp_path / "small")
    return tmp_path / "small"


@pytest.fixture
def draft(engine: Engine, editor: Practitioner, small: Path) -> DialogueVersion:
    with transaction(engine) as session:
        first = versions.import_files(session, small)
        return versions.draft_from(session, editor, first, title="Kinder words")


def now(engine: Engine, version: DialogueVersion) -> DialogueVersion:
    with transaction(engine) as session:
        return session.get_one(DialogueVersion, version.id)


def test_the_programs_own_files_come_out_byte_for_byte(engine, editor, tmp_path: Path):
    with transaction(engine) as session:
        first = versions.import_files(session, PROGRAM)
        assert versions.import_files(session, PROGRAM).id == first.id
        draft = versions.draft_from(session, editor, first, title="The same")
        texts_before = session.scalar(select(func.count()).select_from(DialogueText))

        versions.export(session, draft, tmp_path / "out")
        paths = versions.hashes_of(session, draft)

        # Files that two versions share are kept once.
        assert texts_before == len(set(paths.values()))
    written = {
        p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.yml")
    }
    assert written == set(paths)
    assert {"dialogues/questions.yml", "bot/phrases/say-home.yml", COVER} <= written
    assert "handover/wording_data/help_numbers.yml" in written
    for path in paths:
        assert (tmp_path / "out" / path).read_bytes() == (PROGRAM / path).read_bytes(), path


def test_an_edit_through_data_keeps_comments_and_every_other_line():
    for path in (
        "dialogues/questions.yml",
        "dialogues/languages/cy.yml",
        "bot/phrases/say-home.yml",
    ):
        text = (PROGRAM / path).read_text("utf-8")
        again = yaml_files.dumped(yaml_files.load_to_edit(text))
        assert len(versions.compare(path, text, again).lines) <= 7, path
        assert yaml_files.load(path, again) == yaml_files.load(path, text)


def test_a_change_is_written_and_what_was_signed_is_a_draft_again(engine, editor, draft):
    with transaction(engine) as session:
        session.get_one(DialogueVersion, draft.id).state = VersionState.SIGNED
        versions.write_file(
            session, editor, draft, COVER, "topics: []\n", expected=files.sha256(SMALL[COVER])
        )

    with reading(engine) as session:
        assert now(engine, draft).state is VersionState.DRAFT
        assert now(engine, draft).fingerprint != draft.fingerprint
        [changed] = versions.difference(
            session, session.get_one(DialogueVersion, draft.parent_id), draft
        )
        assert (changed.path, changed.kind) == (COVER, "changed")
        assert "-otherwise: [Hello]" in changed.lines
        acts = session.scalars(
            select(AuditEvent.action).where(AuditEvent.practitioner_id == editor.id)
        )
        assert {"dialogue_drafted", "dialogue_file_written"} <= set(acts)


def test_what_a_colleague_changed_meanwhile_is_shown_and_not_overwritten(engine, editor, draft):
    seen = files.sha256(SMALL[COVER])
    with transaction(engine) as session:
        versions.write_file(session, editor, draft, COVER, "topics: [theirs]\n", expected=seen)

    with transaction(engine) as session, pytest.raises(ConflictError) as conflict:
        versions.write_file(session, editor, draft, COVER, "topics: [mine]\n", expected=seen)

    assert conflict.value.text == "topics: [theirs]\n"
    with reading(engine) as session:
        assert versions.text_of(session, draft, COVER) == "topics: [theirs]\n"


def test_only_editors_write_and_only_into_what_is_open(engine, editor, anna, draft):
    with transaction(engine) as session:
        first = session.get_one(DialogueVersion, draft.parent_id)
        with pytest.raises(NotAllowedError):
            versions.draft_from(session, anna, first, title="Mine")
        with pytest.raises(NotOpenError, match="Make a draft"):
            versions.write_file(session, editor, first, COVER, "", expected=None)
        session.get_one(DialogueVersion, draft.id).state = VersionState.CHECKING
        with pytest.raises(NotOpenError, match="Cancel the check"):
            versions.write_file(session, editor, draft, COVER, "", expected=None)


def test_an_export_comes_back_in_and_only_what_changed_is_written(engine, editor, draft):
    changed = {**SMALL, COVER: "topics: []\notherwise: [Hi]\n"}
    with transaction(engine) as session:
        assert import_into_draft(
            session, editor, draft, archive_of(changed), expected=draft.fingerprint
        ) == [COVER]
        assert versions.files_of(session, draft) == changed
        with pytest.raises(ConflictError):
            import_into_draft(
                session, editor, draft, archive_of(SMALL), expected="as it was before"
            )


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
HOSTILE = {
    "a tag that makes an object": ({COVER: "a: !!python/object/apply:os.system [x]\n"}, "tags"),
    "an alias bomb": ({COVER: BOMB}, "anchors and aliases"),
    "a deep nest": ({COVER: "[" * 5000 + "]" * 5000}, "nested too deep"),
    "broken YAML": ({COVER: "topics: [\n"}, "not valid YAML"),
    "a key twice": ({COVER: "topics: []\ntopics: []\n"}, "duplicate key"),
    "two documents": ({COVER: "a: 1\n---\nb: 2\n"}, "one document"),
    "a way up": ({"../bot/cover.yml": "a: 1\n"}, "no file of a version"),
    "a way up inside": ({"bot/phrases/../../x.yml": "a: 1\n"}, "no file of a version"),
    "an absolute path": ({"/etc/cron.d/x.yml": "a: 1\n"}, "no file of a version"),
    "a program": ({"bot/cover.py": "import os\n"}, "no file of a version"),
    "a folder too far": ({"bot/phrases/deep/x.yml": "a: 1\n"}, "no file of a version"),
    "zero bytes": ({COVER: "a: \x00\n"}, "zero byte"),
    "a file too large": ({COVER: "a" * (files.MOST_FILE_BYTES + 1)}, "larger than"),
    "too much in all": (
        {f"bot/phrases/{n}.yml": "a" * 1024 * 1023 for n in range(9)}, "larger than"),
    "too many files": ({f"bot/phrases/{n}.yml": "a: 1" for n in range(400)}, "holds 400 files"),
    "nothing": ({}, "empty"),
    "a list for the questions": ({"dialogues/questions.yml": "[]\n"}, "It should hold"),
    "an empty file": ({COVER: "\n"}, "It should hold"),
    "a number for a text": ({"handover/wording_data/en.yml": "holding: 999\n"}, "list of texts"),
    "a text for a response": (
        {"dialogues/domain/responses_ending.yml": "responses: {utter_stop: Bye}\n"}, "no texts"),
    "a condition without a name": (
        {"dialogues/domain/responses_ending.yml":
            "responses: {utter_stop: [{text: Bye, condition: [{}]}]}\n"}, "has no name"),
    "a meaning that is a list": (
        {"dialogues/data/nlu/talk.yml": "nlu: [{intent: [a], examples: '- a'}]\n"}, "is a text"),
    "examples without a dash": (
        {"dialogues/data/nlu/talk.yml": "nlu: [{intent: a, examples: hello}]\n"}, "with a dash"),
    "a language under another's name": (
        {"dialogues/languages/cy.yml": "language: pl\nresponses: {}\n"}, "Write cy"),
    "a key that brings others in": ({COVER: "<<: {topics: []}\notherwise: []\n"}, "<< is not"),
}  # fmt: skip


def test_a_hostile_archive_is_refused_in_words_and_changes_nothing(engine, editor, draft):
    for name, (brought, says) in HOSTILE.items():
        packed = archive_of(brought)
        with transaction(engine) as session, pytest.raises(ImportRefusedError) as refused:
            import_into_draft(session, editor, draft, packed, expected=draft.fingerprint)
        assert says in " ".join(refused.value.problems), name

    with reading(engine) as session:
        assert versions.files_of(session, draft) == SMALL
        assert now(engine, draft).fingerprint == draft.fingerprint


def test_what_is_no_archive_or_far_too_large_is_refused_at_once(small: Path):
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr(COVER, "a: 1\n")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(COVER, "a: 2\n")
    # Bytes of what is packed, and of a name: each is found only where it is unpacked.
    torn = bytearray(archive_of({COVER: "topics: []\notherwise: [Hello]\n"}))
    torn[45] ^= 0xFF
    strange = archive_of({"bot/cov\u00e9r.yml": "a: 1\n"}).replace("\u00e9".encode(), b"\xff\xfe")
    for content, says in (
        (bytes(torn), "no zip archive"),
        (strange, "no zip archive"),
        (b"MZ" * 100, "no zip archive"),
        (b"\0" * 50 * 1024 * 1024, "larger than"),
        (twice.getvalue(), "holds a file twice"),
        (archive_of({COVER: "a: 1\n"})[:-30], "no zip archive"),
    ):
        with pytest.raises(ImportRefusedError, match=says):
            bringing._archive(content)
    (small / "bot" / "signals.yml").symlink_to(small / COVER)
    with pytest.raises(ImportRefusedError, match="no file of a version"):
        bringing._folder(small)
