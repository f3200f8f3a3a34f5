"""A correction is kept only where the authority says so, seen by a second person, then erased."""

import datetime as dt
import json
import stat

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bot.__main__ import frontdoor
from bot.clock import Clock
from bot.doorbell import Bells
from handover import corrections
from handover.corrections import ReviewRefusedError
from models.audit import AuditEvent
from models.authority import Authority
from models.correction import Correction, CorrectionStatus
from models.db import transaction
from models.encryption import write_keyring
from models.practitioner import RoleName
from models.urgency import Urgency
from tests.handover.desk import add_staff

TEXT = "he grabbed my arm n it left marks"


@pytest.fixture
def lead(engine, authority):
    return add_staff(engine, authority, "Dana Lead", RoleName.SAFEGUARDING_LEAD)


@pytest.fixture
def keeps(engine, lead) -> None:
    with transaction(engine) as session:
        corrections.set_policy(session, lead, days=90, basis="Consent asked in the talk")


@pytest.fixture
def path(door) -> str:
    door.child_says(TEXT)
    door.work()
    return f"/conversations/{door.conversation_id}/urgency"


def _correct(desk, path, **more: object) -> None:
    desk.get(path)
    fields = {"level": "urgent", "text": "Marks were left.", "harms": "physical_abuse", **more}
    assert desk.post(path, **fields).status_code == 302


def _kept(engine) -> list[Correction]:
    with transaction(engine) as session:
        return list(session.scalars(select(Correction).order_by(Correction.id)))


def test_nothing_is_kept_unless_the_authority_says_so(engine, anna, desk_of, path) -> None:
    _correct(desk_of(anna), path)

    assert _kept(engine) == []


@pytest.mark.usefixtures("keeps")
def test_a_correction_is_kept_with_both_labels_and_no_copy_of_the_words(
    engine, anna, desk_of, path
) -> None:
    _correct(desk_of(anna), path)

    [kept] = _kept(engine)
    # A phrase had raised it on receipt, which stands though the model saw nothing.
    assert (kept.urgency_before, kept.harms_before) == (Urgency.URGENT, [])
    assert (kept.urgency, kept.harms) == (Urgency.URGENT, ["physical_abuse"])
    assert kept.status is CorrectionStatus.WAITING
    assert kept.erase_at - kept.created_at == dt.timedelta(days=90)
    assert not hasattr(kept, "text")


@pytest.mark.usefixtures("keeps")
def test_the_harms_a_person_named_stand_on_the_message(anna, desk_of, path, door) -> None:
    desk = desk_of(anna)
    _correct(desk, path)

    form = desk.get(path).text

    assert TEXT in form
    assert 'value="physical_abuse" checked' in form
    assert door.conversation().urgency is Urgency.URGENT


@pytest.mark.usefixtures("keeps")
def test_a_second_person_accepts_or_rejects_with_a_reason(
    engine, anna, lead, desk_of, path
) -> None:
    _correct(desk_of(anna), path)
    [kept] = _kept(engine)
    desk = desk_of(lead)
    page = desk.get("/corrections").text
    assert TEXT in page
    assert "Anna Okafor says" in page

    unreasoned = desk.post(f"/corrections/{kept.id}", decision="accept")
    desk.post(f"/corrections/{kept.id}", decision="accept", reason="Injury by an adult.")

    assert unreasoned.status_code == 422
    [after] = _kept(engine)
    assert after.status is CorrectionStatus.ACCEPTED
    assert after.reviewed_by_id == lead.id
    assert TEXT not in desk.get("/corrections").text


@pytest.mark.usefixtures("keeps")
def test_nobody_accepts_their_own_correction(engine, authority, door, lead) -> None:
    both = add_staff(engine, authority, "Eve Both", RoleName.SAFEGUARDING_LEAD, RoleName.SUPERVISOR)
    received = door.child_says(TEXT)
    door.work()
    door.corrects(both, received.message_id, Urgency.URGENT)
    [kept] = _kept(engine)

    with pytest.raises(ReviewRefusedError), transaction(engine) as session:
        corrections.review(session, both, kept.id, accepts=True, reason="Mine.")
    with transaction(engine) as session:
        corrections.review(session, lead, kept.id, accepts=False, reason="Not by the guide.")
    with pytest.raises(ReviewRefusedError), transaction(engine) as session:
        corrections.review(session, lead, kept.id, accepts=True, reason="Changed my mind.")

    assert _kept(engine)[0].status is CorrectionStatus.REJECTED


@pytest.mark.usefixtures("keeps")
def test_another_authoritys_corrections_are_out_of_reach(engine, anna, desk_of, path) -> None:
    _correct(desk_of(anna), path)
    [kept] = _kept(engine)
    with transaction(engine) as session:
        other = Authority(la_code="999", name="Elsewhere", service_name="Front Door")
        session.add(other)
    stranger = add_staff(engine, other, "Finn Far", RoleName.SAFEGUARDING_LEAD)
    desk = desk_of(stranger)

    page = desk.get("/corrections").text
    desk.post(f"/corrections/{kept.id}", decision="accept", reason="Mine now.")

    assert TEXT not in page
    assert _kept(engine)[0].status is CorrectionStatus.WAITING


@pytest.mark.usefixtures("keeps")
def test_a_correction_is_erased_when_its_time_is_over(engine, anna, desk_of, path, door) -> None:
    _correct(desk_of(anna), path)
    clock = Clock(engine, door.dialogue, door.channels, bells=Bells(), name="one")
    clock.erase_corrections()
    assert len(_kept(engine)) == 1

    door.clock.forward(days=90)
    clock.erase_corrections()

    assert _kept(engine) == []
    assert "corrections_erased" in door.actions()


@pytest.mark.usefixtures("keeps")
def test_only_what_was_accepted_is_taken_out_and_who_did_is_kept(
    engine, anna, lead, desk_of, path, door
) -> None:
    desk = desk_of(anna)
    _correct(desk, path)
    _correct(desk, path, level="concern", text="On second thoughts.")
    first, _ = _kept(engine)
    with transaction(engine) as session:
        corrections.review(session, lead, first.id, accepts=True, reason="By the guide.")

    with transaction(engine) as session:
        taken = corrections.export(session, lead)
    with pytest.raises(ReviewRefusedError), transaction(engine) as session:
        corrections.export(session, anna)

    assert taken == [{"text": TEXT, "urgency": "urgent", "harms": ["physical_abuse"], "lang": "en"}]
    with transaction(engine) as session:
        audited = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "corrections_exported")
        ).one()
    assert audited.practitioner_id == lead.id
    assert audited.details == {"number": 1}
    assert door.messages()


@pytest.fixture
def accepted(engine, door, lead) -> str:
    received = door.child_says(TEXT)
    door.work()
    door.corrects(door.practitioner(), received.message_id, Urgency.URGENT)
    [kept] = _kept(engine)
    with transaction(engine) as session:
        corrections.review(session, lead, kept.id, accepts=True, reason="By the guide.")
    return str(lead.email)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("keeps")
def test_the_command_writes_a_private_file_and_never_over_another(
    door, accepted, keyring, tmp_path, monkeypatch
) -> None:
    address = door.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("FRONTDOOR_DATABASE_URL", address)
    monkeypatch.setenv("FRONTDOOR_DATA_DIR", str(tmp_path))
    (tmp_path / "secrets").mkdir()
    write_keyring(tmp_path / "secrets" / "keys.json", keyring)
    out = tmp_path / "out.jsonl"
    command = ["corrections", "export", "--by", accepted, "--to", str(out)]

    first = CliRunner().invoke(frontdoor, command)
    again = CliRunner().invoke(frontdoor, command)

    assert first.exit_code == 0, first.output
    assert json.loads(out.read_text())["text"] == TEXT
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert again.exit_code == 1
    assert door.actions().count("corrections_exported") == 1
