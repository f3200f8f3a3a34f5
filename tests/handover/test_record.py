"""The record of a contact: what the child said beside what staff recorded, without any script."""

import re

import pytest
from sqlalchemy import select

from handover import record_fields, records
from handover.records import GatheredAnswer
from models.audit import AuditEvent
from models.authority import Nation
from models.contact import Answer, AnswerStatus, Contact, ReferralSource
from models.conversation import Author
from models.db import reading, transaction
from models.record import RECORD_FIELDS
from tests.door import add_authority
from tests.handover.desk import add_staff

HELP = "my stepdad hits me most weeks"


@pytest.fixture
def path(door) -> str:
    # The phrases alone then judge, which need no trained model.
    door.dialogue.cannot_score = True
    door.dialogue.answers = (
        GatheredAnswer(field="name_to_use", status=AnswerStatus.VALUE, value="Rosie"),
        GatheredAnswer(field="school", status=AnswerStatus.PREFER_NOT_TO_SAY),
        GatheredAnswer(field="concern_in_own_words", status=AnswerStatus.VALUE, value=HELP),
    )
    door.child_says(HELP)
    door.work()
    return f"/contacts/{door.contact().id}"


def _row(page: str, field: str) -> str:
    found = re.search(rf'id="field-{field}">(.+?)</tr>', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_every_field_a_child_can_give_is_in_the_record_of_every_nation() -> None:
    for nation in Nation:
        fields = record_fields.form(nation, 2026).fields

        assert set(RECORD_FIELDS) <= set(fields)


def test_every_code_list_says_where_it_comes_from_and_every_hint_is_a_code() -> None:
    form = record_fields.form(Nation.ENGLAND, 2026)
    known = {*form.codes["assessment_factors"].values, *form.codes["primary_need"].values}

    assert all(codes.source and codes.values for codes in form.codes.values())
    assert {code for found in form.hints.values() for code in found} <= known
    assert {source.value for source in ReferralSource} == set(form.codes["contact_source"].values)


def test_a_nation_without_a_list_of_its_own_writes_in_words() -> None:
    field = record_fields.form(Nation.SCOTLAND, 2026).fields["ethnicity"]

    assert field.codes is None
    assert field.type is record_fields.FieldType.TEXT


def test_a_later_year_uses_the_last_list_before_it() -> None:
    assert record_fields.form(Nation.WALES, 2031) == record_fields.form(Nation.WALES, 2026)


def test_what_the_child_said_and_declined_is_shown_with_its_message(
    door, anna, desk_of, path
) -> None:
    page = desk_of(anna).get(path).text

    assert HELP in _row(page, "concern_in_own_words")
    assert f"#message-{door.messages()[0].id}" in _row(page, "concern_in_own_words")
    assert "They would rather not say" in _row(page, "school")
    assert "Not asked" in _row(page, "religion")


def test_reading_a_record_is_kept(anna, desk_of, path, engine) -> None:
    desk_of(anna).get(path)

    with reading(engine) as session:
        read = session.scalars(select(AuditEvent).where(AuditEvent.action == "contact_read")).one()
        assert read.practitioner_id == anna.id


def test_what_staff_record_stands_beside_what_the_child_said(anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/sections/child")

    desk.post(f"{path}/sections/child", name_to_use="Rose", ethnicity="WBRI", **{"sex-status": ""})

    row = _row(desk.get(path).text, "name_to_use")
    assert "Rosie" in row
    assert "Rose<" in row
    assert "Anna Okafor" in row
    assert "WBRI White British" in desk.get(path).text
    assert "Record of Rosie" in desk.get(path).text


def test_each_change_stays_in_the_history(anna, ben, desk_of, path) -> None:
    first, second = desk_of(anna), desk_of(ben)
    first.get(f"{path}/sections/home")
    first.post(f"{path}/sections/home", school="Hill School", seen="0")
    form = second.get(f"{path}/sections/home").text
    seen = re.search(r'name="seen" value="(\d+)"', form)
    assert seen is not None

    second.post(f"{path}/sections/home", school="Dale School", seen=seen[1])

    row = _row(second.get(path).text, "school")
    assert "Hill School" in row
    assert "Dale School" in row
    assert "History" in row


def test_an_emptied_answer_no_longer_stands_and_is_not_lost(anna, desk_of, path, engine) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/sections/home")
    desk.post(f"{path}/sections/home", gp="Dr Shah")

    desk.post(f"{path}/sections/home", gp="")

    with reading(engine) as session:
        kept = session.scalars(select(Answer).where(Answer.field == "gp").order_by(Answer.id)).all()
        assert [answer.status for answer in kept] == [AnswerStatus.VALUE, AnswerStatus.NOT_ASKED]


def test_what_a_colleague_wrote_meanwhile_is_not_covered_over(
    anna, ben, desk_of, path, engine
) -> None:
    first, second = desk_of(anna), desk_of(ben)
    first.get(f"{path}/sections/home")
    second.get(f"{path}/sections/home")
    first.post(f"{path}/sections/home", gp="Dr Shah", seen="0")

    answer = second.post(f"{path}/sections/home", gp="Dr Jones", seen="0")

    assert answer.status_code == 422
    assert "Anna Okafor wrote this section down meanwhile" in answer.text
    assert "Dr Jones" in answer.text
    with reading(engine) as session:
        kept = session.scalars(select(Answer).where(Answer.field == "gp")).all()
        assert [answer.value for answer in kept] == ["Dr Shah"]


def test_a_declined_answer_is_one_of_five_things(anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/sections/child")

    desk.post(f"{path}/sections/child", **{"religion-status": "prefer_not_to_say"})

    assert "They would rather not say" in _row(desk.get(path).text, "religion")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"upn": "A801200001001"}, "does not match its digits"),
        ({"upn": "H80120000"}, "must have 13 characters"),
        ({"nhs_number": "943 476 5918"}, "does not match the others"),
        (
            {
                "date_of_birth-day": "31",
                "date_of_birth-month": "2",
                "date_of_birth-year": "2014",
            },
            "must be a real date",
        ),
        (
            {
                "date_of_birth-day": "1",
                "date_of_birth-month": "1",
                "date_of_birth-year": "2027",
            },
            "must be in the past",
        ),
        ({"sex": "X"}, "choose from the list"),
        ({"upn": "H801200001001", "upn_unknown": "UN4"}, "not both"),
        ({"disability": "NONE", "sen": ""}, ""),
    ],
)
@pytest.mark.usefixtures("clock")
def test_a_wrong_value_is_an_error_that_says_so_and_is_given_back(
    anna, desk_of, path, fields, error
) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/sections/child")

    answer = desk.post(f"{path}/sections/child", **fields)

    assert (answer.status_code == 422) is bool(error)
    if error:
        assert "There is a problem" in answer.text
        assert error in answer.text
        assert all(f'value="{value}"' in answer.text for value in fields.values() if value != "X")


def test_a_code_that_stands_alone_is_not_chosen_with_others(anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/sections/assessment")

    answer = desk.client.post(
        f"{path}/sections/assessment",
        data={"csrf_token": desk.token, "assessment_factors": ["21", "16A"]},
    )

    assert answer.status_code == 422
    assert "or others, not both" in answer.text


def test_a_postcode_is_kept_without_spaces(anna, desk_of, path, engine) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/sections/home")

    wrong = desk.post(f"{path}/sections/home", postcode="nowhere")
    desk.post(f"{path}/sections/home", postcode="sw1a 1aa")

    assert "Enter a full UK postcode" in wrong.text
    with reading(engine) as session:
        kept = session.scalars(select(Answer).where(Answer.field == "postcode")).one()
        assert kept.value == "SW1A1AA"


def test_a_household_is_written_person_by_person(anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/sections/people")

    desk.post(
        f"{path}/sections/people",
        **{"household-0-name": "Dee", "household-0-relation": "mum", "household-1-name": "Kit"},
    )

    assert "Dee (mum); Kit" in _row(desk.get(path).text, "household")
    assert 'name="household-3-name"' in desk.get(f"{path}/sections/people").text


def test_need_and_factors_are_suggested_with_their_words_and_never_chosen(
    anna, desk_of, path, engine
) -> None:
    page = desk_of(anna).get(path).text

    assert "18C Physical abuse, adult on child" in _row(page, "assessment_factors")
    assert "Suggestion only" in _row(page, "assessment_factors")
    with reading(engine) as session:
        coded = select(Answer).where(Answer.field.in_(["assessment_factors", "primary_need_code"]))
        assert session.scalars(coded).all() == []


@pytest.mark.parametrize("field", ["primary_need_code", "assessment_factors", "sex"])
@pytest.mark.usefixtures("path")
def test_the_service_cannot_set_what_only_a_practitioner_may(door, engine, field) -> None:
    chosen = GatheredAnswer(field=field, status=AnswerStatus.VALUE, value="N1")

    with transaction(engine) as session:
        contact = session.get_one(Contact, door.contact().id)
        with pytest.raises(ValueError, match="not a field that a child gives"):
            records.record_answers(session, contact, [chosen])


def test_what_a_child_says_again_after_staff_wrote_it_down_is_kept(
    door, anna, desk_of, path, engine
) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/sections/home")
    desk.post(f"{path}/sections/home", school="Hill School")
    door.dialogue.answers = (
        GatheredAnswer(field="school", status=AnswerStatus.VALUE, value="Hill School"),
    )

    door.child_says("i go to hill school")
    door.work()

    with reading(engine) as session:
        said = select(Answer).where(Answer.field == "school").where(Answer.author == Author.CHILD)
        assert len(session.scalars(said).all()) == 2


def test_the_source_a_practitioner_records_is_the_contacts_source(
    door, anna, desk_of, path
) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/sections/contact")

    desk.post(f"{path}/sections/contact", contact_source_code="2A")

    assert door.contact().source is ReferralSource.SCHOOL


def test_another_authority_cannot_open_a_record(engine, desk_of, path) -> None:
    stranger = add_staff(engine, add_authority(engine, la_code="999"), "Eve Stone")
    desk = desk_of(stranger)

    for page in (path, f"{path}/sections/child", f"{path}/decision"):
        assert desk.get(page).status_code == 404


def test_a_section_that_is_not_there_is_not_found(anna, desk_of, path) -> None:
    assert desk_of(anna).get(f"{path}/sections/nothing").status_code == 404
