"""Editing what the bot says in the console, without scripts: forms, refusals, two signatures."""

import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from bot.phrase_checks import phrase_findings
from dialogues import proving
from handover.editing import gate, versions
from handover.editing.bringing import MOST_ARCHIVE_BYTES, archive_of
from handover.editing.files import write_folder
from handover.editing.material import Material
from handover.edition import PROGRAM, ROOT, Edition
from handover.views.dialogue import version_of
from models.db import transaction
from models.editing import VersionState
from models.practitioner import Practitioner, RoleName
from tests.handover.desk import Desk, add_staff

ASKED = "dialogues/domain/responses_questions.yml"
WELSH = "dialogues/languages/cy.yml"
COVER = "bot/cover.yml"
NLU = "dialogues/data/nlu/always_there.yml"
_FILE_CHECKS = [check.name for check in gate.FILE_CHECKS]
_SEEN = re.compile(r'name="seen" value="([^"]*)"')


@pytest.fixture
def editor(engine, authority):
    return add_staff(engine, authority, "Edi Tor", RoleName.EDITOR)


@pytest.fixture
def desk(engine, editor, desk_of: Callable[[Practitioner], Desk]) -> Desk:
    """Gives an editor's browser with one draft, version 2."""
    with transaction(engine) as session:
        versions.import_files(session, ROOT)
    sitting = desk_of(editor)
    sitting.get("/dialogue")
    sitting.post("/dialogue/drafts", title="Kinder words", source="1")
    return sitting


def seen_on(desk: Desk, path: str) -> str:
    found = _SEEN.search(desk.get(path).text)
    assert found is not None
    return found[1].replace("&#34;", '"').replace("&quot;", '"')


def text_of(engine, path: str, number: int = 2) -> str:
    with transaction(engine) as session:
        version = version_of(session, number)
        return versions.text_of(session, version, path)


def test_a_question_and_its_welsh_are_changed_and_the_difference_shows_just_that(engine, desk):
    page = "/dialogue/2/texts/utter_ask_age"
    seen = seen_on(desk, page)
    answer = desk.post(
        page,
        seen=seen,
        **{f"text-{ASKED}-1": "What age are you?", f"text-{WELSH}-1": "Beth yw dy oed di?"},
    )

    assert answer.status_code == 302
    difference = desk.get("/dialogue/2/difference").text
    assert "What age are you?" in difference
    assert "Beth yw dy oed di?" in difference
    with transaction(engine) as session:
        first, draft = (version_of(session, number) for number in (1, 2))
        changed = versions.difference(session, first, draft)
    assert [sum(line[0] in "+-" for line in one.lines) for one in changed] == [2, 2]
    # Written by a colleague meanwhile, the same form is shown again and overwrites nothing.
    late = desk.post(page, seen=seen, **{f"text-{ASKED}-1": "Your age?"})
    assert late.status_code == 409
    assert "Your age?" in late.text
    assert "What age are you?" in text_of(engine, ASKED)


def test_every_kind_has_its_table_and_a_page_behind_it(desk):
    for path, says in {
        "": "Nothing yet: it is the same as version 1",
        "/questions": "Safe now: is no or not sure",
        "/questions/1/when": "They ask for a worker they have already",
        "/texts/utter_ask_age/buttons": "Every question keeps this way out",
        "/answers": "ask_tell_parents",
        "/numbers": "0800 1111",
        "/openings": "emergency",
        "/files": "bot/phrases/say-home.yml",
        "/flow": "At every step",
        "/examples": "request person",
        "/examples/request_person": "dialogues/data/nlu/always_there.yml",
        "/phrases": "hit at home",
        "/phrases/hit_at_home": "Must not fire on",
        "/cover": "A new topic",
        "/texts/emergency": "Polish",
        "/texts/utter_can_delete": "Not translated yet",
        "/files/bot/cover.yml": "homework help",
    }.items():
        page = desk.get(f"/dialogue/2{path}")
        assert page.status_code == 200, path
        assert says in page.text, path
    assert desk.get("/dialogue/2/texts/utter_nothing").status_code == 404
    assert desk.get("/dialogue/2/files/bot/cover.py").status_code == 404
    assert desk.get("/dialogue/99").status_code == 404


class Entered(HTMLParser):
    """The fields of a page's form, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        name, value = held.get("name", ""), held.get("value", "")
        if tag == "select":
            self.select = name
        is_sent = held.get("type") != "checkbox" or "checked" in held
        if tag == "input" and name and is_sent:
            self.fields.setdefault(name, []).append(value)
        if tag == "option" and (self.select not in self.fields or "selected" in held):
            self.fields[self.select] = [value]


def entered(page: str) -> dict[str, str | list[str]]:
    """Gives what a browser would send of a page's form, its token left out."""
    reader = Entered()
    reader.feed(page[page.index('<form method="post" novalidate') :])
    del reader.fields["csrf_token"]
    return {
        name: values if len(values) > 1 else values[0] for name, values in reader.fields.items()
    }


def test_questions_move_in_their_order(engine, desk):
    page = "/dialogue/2/questions"
    desk.post(f"{page}/0", seen=seen_on(desk, page), move="down")
    questions = text_of(engine, "dialogues/questions.yml")
    assert questions.find("field: safe_now") < questions.find("field: current_location")
    assert desk.post(f"{page}/0", seen=seen_on(desk, page), move="up").status_code == 422


def test_when_a_question_is_asked_is_chosen_from_rows_and_what_they_cannot_show_stays(engine, desk):
    path = "dialogues/questions.yml"
    odd = "{slot: shared_phone, in: [null]}"
    stays = "{slot: turns, not_in: [1, 2]}"
    file = f"/dialogue/2/files/{path}"
    before = text_of(engine, path).replace(odd, f"{odd}\n      - {stays}")
    desk.post(file, seen=seen_on(desk, file), text=before)
    page = "/dialogue/2/questions/10/when"
    shown = desk.get(page).text
    assert "This form cannot show it. It stays as it is" in shown
    form = entered(shown)
    assert desk.post(page, **form).status_code == 302
    assert text_of(engine, path) == before

    form = entered(desk.get(page).text)
    more = desk.post(page, **{**form, "do": "add", "add-slot": "urgency"})
    assert "This is not saved yet" in more.text
    assert text_of(engine, path) == before
    form = entered(more.text)
    none = desk.post(page, **form)
    assert none.status_code == 422
    assert "Choose at least one value of “How urgent it is found to be”" in none.text
    form |= {"row-4-kind": "not_in", "row-4-value": ['"urgent"', '"emergency"']}
    fewer = entered(desk.post(page, **form, do="remove-0").text)
    assert desk.post(page, **fewer).status_code == 302
    written = text_of(engine, path)
    assert (
        f"{odd}\n      - {stays}\n      - {{slot: urgency, not_in: [emergency, urgent]}}" in written
    )
    assert "own_worker" not in written.partition("field: must_not_know")[2].partition("field:")[0]


def test_buttons_are_added_moved_and_titled_in_every_language_and_ways_out_stay(
    engine, desk, tmp_path
):
    page = "/dialogue/2/texts/utter_ask_trusted_adult/buttons"
    form = entered(desk.get(page).text)
    assert form["b-0-1-cy"] == "Dwi ddim yn gwybod"
    # A way out is neither offered to be taken out, nor lost when the form says so.
    for row in ("0", "2"):
        assert entered(desk.post(page, **form, do=f"remove-0-{row}").text) == form
    lost = desk.post(page, **{**form, "b-0-2-does": "/ask_cost"})
    assert "Every question keeps the button “Talk to a person”" in lost.text

    form = entered(desk.post(page, **form, do="remove-0-1").text)
    form = entered(desk.post(page, **form, do="add-0").text)
    wrong = desk.post(page, **{**form, "b-0-2-title": "Talk to a person", "b-0-2-pl": "x" * 25})
    for says in (
        "Choose what button 3 does",
        "Enter what button 3 says in Welsh",
        "Two buttons are called “Talk to a person”",
        "has 25 characters. WhatsApp shows 24 at most",
    ):
        assert wrong.text.count(says) == 2, says
    form |= {"b-0-2-does": "/ask_who_sees", "b-0-2-title": "Who sees it?", "b-0-2-cy": "Sgipio"}
    other = desk.post(page, **form)
    assert "“Sgipio” is what another button is called" in other.text
    form |= {"b-0-2-cy": "Pwy sy'n ei weld?", "b-0-2-pl": "Kto to widzi?"}
    moved = entered(desk.post(page, **form, do="up-0-2").text)
    assert desk.post(page, **moved).status_code == 302

    asked = text_of(engine, ASKED).partition("  utter_ask_trusted_adult:")[2]
    assert asked.index("/skip") < asked.index("/ask_who_sees") < asked.index("/request_person")
    assert "  '/ask_who_sees': \"Pwy sy'n ei weld?\"\n" in text_of(engine, WELSH)
    assert "Kto to widzi?" in text_of(engine, "dialogues/languages/pl.yml")
    late = desk.post(page, **{**form, "b-0-0-title": "Next one"})
    assert late.status_code == 409
    assert "What a colleague wrote meanwhile" in late.text
    with transaction(engine) as session:
        files, live = (versions.files_of(session, version_of(session, number)) for number in (2, 1))
    found = gate.look(Material(files=files, live=live), gate.FILE_CHECKS)
    assert found == {name: [] for name in _FILE_CHECKS}
    write_folder(files, tmp_path)
    assert proving.file_faults(tmp_path) == []


def test_an_answer_is_added_with_its_examples_rule_and_welsh(engine, desk):
    page = "/dialogue/2/answers/new"
    form = {
        "name": "what_to_bring",
        "text": "You do not have to bring anything.",
        "welsh": "Does dim rhaid dod a dim.",
        "examples": "what do i bring\nshould i bring stuff\ndo i need anything\nwhat shall i take",
    }
    few = desk.post(page, seen=seen_on(desk, page), **form)
    assert few.status_code == 422
    assert "at least 5 examples" in few.text

    form["examples"] += "\nwhat should i have with me"
    assert desk.post(page, seen=seen_on(desk, page), **form).status_code == 302
    assert "utter_what_to_bring" in text_of(engine, WELSH)
    assert "ask_what_to_bring" in text_of(engine, "dialogues/data/rules/reactions.yml")
    assert "what to bring" in desk.get("/dialogue/2/answers").text


def test_a_question_is_added_with_its_ways_out_place_and_conditions(engine, desk, tmp_path):
    page = "/dialogue/2/questions/new"
    form = {
        "seen": seen_on(desk, page),
        "field": "parents_know",
        "text": "Does a parent or carer know about this?",
        "welsh": "",
        "after": "5",
        "unless": ["adult", "danger"],
    }
    assert "Enter the question in Welsh" in desk.post(page, **form).text
    assert "Choose what" in desk.post(page, **{**form, "field": "wants", "welsh": "?"}).text

    answer = desk.post(page, **{**form, "welsh": "Ydy rhiant yn gwybod am hyn?"})

    assert answer.status_code == 302
    shown = desk.get("/dialogue/2/questions").text
    assert shown.index("Does a parent or carer know") > shown.index("When did this start?")
    assert "parents_know" not in desk.get(page).text
    with transaction(engine) as session:
        files, live = (versions.files_of(session, version_of(session, number)) for number in (2, 1))
    material = Material(files=files, live=live)
    assert gate.look(material, gate.FILE_CHECKS) == {name: [] for name in _FILE_CHECKS}
    write_folder(files, tmp_path)
    assert proving.file_faults(tmp_path) == []
    assert proving.talk_faults(tmp_path) == []


def test_a_phrase_is_added_and_tried_on_its_own_lines(engine, desk, tmp_path):
    page = "/dialogue/2/phrases/new"
    form = {
        "seen": seen_on(desk, page),
        "name": "shut_in_shed",
        "level": "",
        "harms": ["physical_abuse"],
        "says": "shut|locked me in ...3 shed",
        "fires": "my uncle locked me in the garden shed",
        "silent": "the dog is locked in the shed",
    }
    assert "Choose how urgent it is" in desk.post(page, **form).text
    assert "already" in desk.post(page, **{**form, "level": "urgent", "name": "hit_at_home"}).text

    answer = desk.post(page, **{**form, "level": "urgent"})

    assert answer.headers["Location"].endswith("/dialogue/2/phrases/shut_in_shed")
    assert findings_of(engine, tmp_path / "right") == []
    desk.post(
        "/dialogue/2/phrases/shut_in_shed",
        seen=seen_on(desk, "/dialogue/2/phrases/shut_in_shed"),
        level="urgent",
        says="shut|locked me in ...3 shed",
        fires="she put me in the shed",
        silent="i locked me in the shed by mistake",
    )
    found = findings_of(engine, tmp_path / "wrong")
    assert "It does not fire on its example “she put me in the shed”." in found
    assert any(one.startswith("It fires on “i locked me in the shed") for one in found)


def findings_of(engine, folder) -> list[str]:
    with transaction(engine) as session:
        write_folder(versions.files_of(session, version_of(session, 2)), folder)
    draft = Edition(folder.name, folder)
    return [one.what for one in phrase_findings(draft, PROGRAM)]


def test_a_help_number_is_changed_only_by_who_compared_it(engine, desk):
    page = "/dialogue/2/numbers"
    entered = {"number": "85258", "name": "Shout, by text message", "source": "https://x.example"}
    refused = desk.post(f"{page}/shout", seen=seen_on(desk, page), **entered)
    assert refused.status_code == 422
    assert "compared the number with its source" in refused.text

    desk.post(f"{page}/shout", seen=seen_on(desk, page), compared="yes", **entered)
    assert "by text message" in text_of(engine, "handover/wording_data/help_numbers.yml")


def test_examples_phrases_and_the_cover_are_changed_as_lines(engine, desk):
    meaning = "/dialogue/2/examples/request_person"
    path = "dialogues/data/nlu/always_there.yml"
    assert (
        desk.post(meaning, seen=seen_on(desk, meaning), **{f"lines-{path}": ""}).status_code == 422
    )
    more = "can i have a human\r\nget me someone real please"
    desk.post(meaning, seen=seen_on(desk, meaning), **{f"lines-{path}": more})
    assert "      - get me someone real please\n" in text_of(engine, path)

    phrase = "/dialogue/2/phrases/hit_at_home"
    form = {"says": "zebra", "fires": "a zebra", "silent": "a horse", "level": "concern"}
    desk.post(phrase, seen=seen_on(desk, phrase), **form)
    written = text_of(engine, "bot/phrases/say-home.yml")
    assert "phrase: hit_at_home\n  level: concern" in written
    assert "fires: [a zebra]" in written

    cover = "/dialogue/2/cover"
    topics = len(re.findall(r'name="words-', desk.get(cover).text))
    form = {"otherwise": "Ask me a sum."}
    for place in range(topics):
        form |= {f"words-{place}": f"word{place}", f"say-{place}": f"Text {place}."}
    form |= {"words-0": "", "say-0": ""}
    assert desk.post(cover, seen=seen_on(desk, cover), **form).status_code == 302
    written = text_of(engine, COVER)
    assert written.count("- words:") == topics - 1
    assert f"Text {topics - 1}." in written
    assert "# What the bot says while somebody is there" in written


def test_a_file_that_a_colleague_changed_is_shown_and_broken_yaml_is_not_kept(engine, desk):
    page = f"/dialogue/2/files/{COVER}"
    before, seen = text_of(engine, COVER), seen_on(desk, page)
    broken = desk.post(page, seen=seen, text="topics: [")
    assert broken.status_code == 422
    assert "not valid YAML" in broken.text

    desk.post(page, seen=seen, text=before.replace("\n", "\r\n") + "# theirs\r\n")
    late = desk.post(page, seen=seen, text=before + "# mine\n")
    assert late.status_code == 409
    assert "# theirs" in late.text
    assert text_of(engine, COVER) == before + "# theirs\n"
    fresh = _SEEN.search(late.text)
    assert fresh is not None
    again = desk.post(page, seen=fresh[1].replace("&#34;", '"'), text=before + "# both\n")
    assert again.status_code == 302


def fresh_on(page: str) -> str:
    found = _SEEN.search(page)
    assert found is not None
    return found[1].replace("&#34;", '"').replace("&quot;", '"')


def test_what_two_write_into_one_file_is_shown_to_the_later_and_both_are_kept(engine, desk):
    page = "/dialogue/2/texts/utter_ask_safe_now"
    seen = seen_on(desk, page)
    first, second = (f"text-{ASKED}-{number}" for number in (1, 2))
    as_it_was = {
        first: "Are you safe right now?",
        second: "I want to check: are you in a safe place at the moment?",
    }
    desk.post(page, seen=seen, **{**as_it_was, first: "Are you safe now?"})

    late = desk.post(page, seen=seen, **{**as_it_was, second: "Is where you are safe?"})

    assert late.status_code == 409
    assert "What a colleague wrote meanwhile" in late.text
    # Their words stand where nothing was changed, and what was sent next is against them.
    assert ">Are you safe now?</textarea>" in late.text
    mine = {first: "Are you safe now?", second: "Is where you are safe?"}
    assert desk.post(page, seen=fresh_on(late.text), **mine).status_code == 302
    written = text_of(engine, ASKED)
    assert "Are you safe now?" in written
    assert "Is where you are safe?" in written

    page = "/dialogue/2/examples/stop"
    seen = seen_on(desk, page)
    box = f"lines-{NLU}"
    lines = re.findall(r"(?s)<textarea[^>]*>(.*?)</textarea>", desk.get(page).text)[0]
    lines = html.unescape(lines)
    desk.post(page, seen=seen, **{box: f"{lines}\nplease halt"})
    late = desk.post(page, seen=seen, **{box: f"{lines}\nhalt this chat"})
    assert late.status_code == 409
    assert "please halt\nhalt this chat</textarea>" in late.text


def test_a_comment_names_a_line_that_is_there_and_a_page_of_nothing_is_not_found(desk):
    page = "/dialogue/2/texts/utter_ask_age"
    desk.post(page, seen=seen_on(desk, page), **{f"text-{ASKED}-1": "What age are you?"})
    shown = desk.get("/dialogue/2/difference").text
    line = re.search(r"Line </span>(\d+)</td><td><span[^>]*>New: ", shown)
    assert line is not None
    desk.post("/dialogue/2/comments", words="Is it kind?", file=ASKED, line=line[1])
    assert f"on line {line[1]}: Is it kind?" in desk.get("/dialogue/2/difference").text

    for wrong in ("0", "99999", "9" * 30, "x", ""):
        desk.post("/dialogue/2/comments", words="Where?", file=ASKED, line=wrong)
        assert "Line must be a number from 1 to" in desk.get("/dialogue/2/difference").text
    far = 9**30
    for nothing in (
        *(f"/dialogue/{far}", f"/dialogue/2/difference?against={far}"),
        *("/dialogue/2/texts/buttons", f"/dialogue/{far}/publish"),
    ):
        assert desk.get(nothing).status_code == 404
    assert desk.post(page, seen="[1").status_code == 400


def test_a_draft_with_a_file_of_another_shape_can_still_be_opened_and_checked(engine, editor, desk):
    with transaction(engine) as session:
        versions.write_all(session, editor, version_of(session, 2), {COVER: "otherwise: []\n"})

    page = desk.get("/dialogue/2").text
    assert "One of them cannot be read" in page
    assert "Check this version" in page
    assert desk.get(f"/dialogue/2/files/{COVER}").status_code == 200
    mended = desk.post(
        f"/dialogue/2/files/{COVER}",
        seen=seen_on(desk, f"/dialogue/2/files/{COVER}"),
        text="topics: []\notherwise: [Hello]\n",
    )
    assert mended.status_code == 302


def test_an_export_is_brought_in_again_and_a_hostile_one_changes_nothing(engine, desk):
    packed = desk.get("/dialogue/1/export.zip").data
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.read(COVER) == (ROOT / COVER).read_bytes()
    desk.get("/dialogue/2")

    def bring(content: bytes) -> tuple[int, str]:
        with transaction(engine) as session:
            seen = version_of(session, 2).fingerprint
        answer = desk.client.post(
            "/dialogue/2/import",
            data={
                "csrf_token": desk.token,
                "fingerprint": seen,
                "archive": (io.BytesIO(content), "x.zip"),
            },
        )
        return answer.status_code, answer.text

    assert bring(archive_of({COVER: "a: !!python/object:os.system x\n"}))[0] == 422
    assert bring(archive_of({"../up.yml": "a: 1\n"}))[0] == 422
    far_too_large = desk.client.post(
        "/dialogue/2/import",
        data=b"\0" * (MOST_ARCHIVE_BYTES + 100_000),
        content_type="multipart/form-data; boundary=x",
    )
    assert far_too_large.status_code == 413
    assert text_of(engine, COVER) == (ROOT / COVER).read_text("utf-8")
    assert bring(archive_of({COVER: "topics: []\notherwise: [Hello]\n"}))[0] == 302
    assert text_of(engine, COVER).startswith("topics: []")


def test_checks_are_asked_for_cancelled_and_signed_by_two(engine, authority, desk, desk_of):
    desk.get("/dialogue/2")
    desk.post("/dialogue/2/check")
    assert "Being checked" in desk.get("/dialogue/2").text
    assert 'data-checking="yes"' in desk.get("/dialogue/2/checks").text
    desk.post("/dialogue/2/check", cancel="yes")
    assert "Being checked" not in desk.get("/dialogue/2").text

    with transaction(engine) as session:
        draft = version_of(session, 2)
        draft.state = VersionState.CHECKED
        assert gate.next_asked(session) is None
    both = add_staff(engine, authority, "Bo Both", RoleName.ADMIN, RoleName.SAFEGUARDING_LEAD)
    lead = add_staff(engine, authority, "Lea Dahl", RoleName.SAFEGUARDING_LEAD)
    first, second = desk_of(both), desk_of(lead)
    first.get("/dialogue/2")
    first.post("/dialogue/2/sign", role="admin")
    first.post("/dialogue/2/sign", role="safeguarding_lead")
    with transaction(engine) as session:
        assert version_of(session, 2).state is VersionState.CHECKED
    second.get("/dialogue/2")
    second.post("/dialogue/2/comments", words="Kind and clear.", file=COVER, line="3")
    second.post("/dialogue/2/sign", role="safeguarding_lead")
    page = second.get("/dialogue/2").text
    assert "Signed" in page
    assert "bot/cover.yml line 3" in page
    assert desk.post("/dialogue/2/sign", role="admin").status_code == 403
    # A change afterwards makes both signatures worth nothing.
    seen = json.loads(seen_on(desk, f"/dialogue/2/files/{COVER}"))
    desk.post(
        f"/dialogue/2/files/{COVER}", seen=json.dumps(seen), text=text_of(engine, COVER) + "# x\n"
    )
    assert "Nobody has signed it as it is now" in desk.get("/dialogue/2").text
