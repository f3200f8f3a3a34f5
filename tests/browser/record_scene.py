"""A stage with records on it: decisions, notes, tasks, links and a closed talk to review."""

import datetime as dt

from sqlalchemy import select

from handover import casework, contacts, overrides, records, saved_views, tasks, teams
from handover.contacts import OfflineContact
from handover.lists import ListName
from handover.queue_filters import Filters
from handover.records import GatheredAnswer
from handover.tasks import NewTask
from models.base import utc_now
from models.casework import NoteKind, TaskKind
from models.channel import ChannelName
from models.contact import AnswerStatus, Contact, ContactChannel, ContactOutcome, ReferralSource
from models.conversation import Author, Conversation, Message
from models.db import transaction
from models.silence import Silence
from models.urgency import Urgency
from tests.browser.stage import Stage


def fill_record(played: Stage) -> dict[str, str]:
    """Gives the pages of the record by name, after putting something on each. Call after `fill`."""
    kai, rosie = played.sms.contact(), played.telegram.contact()
    if kai is None or rosie is None:
        raise AssertionError("Fill the stage first.")
    _tells_more(played, rosie)
    played.sms.decides(played.anna, ContactOutcome.REFERRAL, "Harm at school and at the bus stop")
    played.sms.takes_over(played.anna)
    played.sms.ends(played.anna)
    by_phone = _writes_down(played)
    task_id = _works(played, rosie)
    held_back, override_id = _holds_back(played)
    silent = _goes_quiet(played)
    team_id = _keeps_a_team(played)
    rosies = f"/conversations/{played.telegram.conversation_id}"
    talk = f"/conversations/{played.sms.conversation_id}"
    return {
        "decisions": "/decisions",
        "tasks": "/tasks",
        "task": f"/tasks/{task_id}",
        "write-down": "/contacts/new",
        "record": f"/contacts/{rosie.id}",
        "record-decided": f"/contacts/{kai.id}",
        "record-by-telephone": f"/contacts/{by_phone}",
        "record-section": f"/contacts/{rosie.id}/sections/child",
        "record-people": f"/contacts/{rosie.id}/sections/people",
        "record-need": f"/contacts/{rosie.id}/sections/assessment",
        "decision": f"/contacts/{rosie.id}/decision",
        "referral": f"/contacts/{kai.id}/referral",
        "chronology": f"/contacts/{rosie.id}/chronology",
        "note": f"/contacts/{rosie.id}/notes/new",
        "link": f"/contacts/{rosie.id}/links/new",
        "worker": f"/contacts/{rosie.id}/worker",
        "search": "/search",
        "search-record": f"/contacts/{rosie.id}/search",
        "print-record": f"/contacts/{rosie.id}/print",
        "print-transcript": f"{talk}/print",
        "away": "/account/away",
        "board": "/board",
        "review": f"{talk}/review",
        "feedback": "/feedback",
        "override-ask": f"{rosies}/messages/{held_back}/override",
        "override": f"/overrides/{override_id}",
        "welfare": f"/conversations/{silent}/welfare",
        "silent": f"/conversations/{silent}",
        "teams": "/rota/teams",
        "team": f"/rota/teams/{team_id}",
        "view": "/queue?list=ended&channel=sms",
        "alerts": "/account/alerts",
        "rota": "/rota",
        "rota-shift": "/rota/shift",
        "rota-calendar": "/rota/calendar",
        "rota-hours": "/rota/hours",
        "rota-day": "/rota/day",
        "rota-ladder": "/rota/ladder",
    }


def _tells_more(played: Stage, contact: Contact) -> None:
    said = (
        GatheredAnswer(field="age", status=AnswerStatus.VALUE, value="12"),
        GatheredAnswer(field="school", status=AnswerStatus.PREFER_NOT_TO_SAY),
        GatheredAnswer(field="wants", status=AnswerStatus.VALUE, value="for it to stop"),
    )
    recorded = (
        GatheredAnswer(field="school", status=AnswerStatus.VALUE, value="Hill School"),
        GatheredAnswer(
            field="household",
            status=AnswerStatus.VALUE,
            value=[{"name": "Dee", "relation": "mum", "lives_here": "yes"}],
        ),
    )
    last = _last_message(played)
    with transaction(played.engine) as session:
        found = session.get_one(Contact, contact.id)
        message = session.get_one(Message, last)
        records.record_answers(session, found, said, message=message)
        records.record_answers(session, found, recorded, practitioner=played.anna)


def _holds_back(played: Stage) -> tuple[int, int]:
    """Gives a message that the plan keeps back, and the request to send it all the same."""
    today = utc_now().weekday()
    played.telegram.plans({"days": [(today + 3) % 7], "from": "16:00", "until": "17:00"})
    played.telegram.takes_over(played.anna)
    with transaction(played.engine) as session:
        talk = session.get_one(Conversation, played.telegram.conversation_id)
        talk.last_inbound_at = utc_now() - dt.timedelta(hours=1)
        saved_views.save(
            session,
            played.cleo,
            "Texts that ended",
            Filters(channel=ChannelName.SMS),
            list_name=ListName.ENDED,
        )
    played.telegram.says(played.anna, "The police are outside. Can you open the door to them?")
    played.telegram.send()
    message_id = played.telegram.messages(Author.PRACTITIONER)[-1].id
    with transaction(played.engine) as session:
        asked = overrides.ask_override(
            session, played.anna, message_id, reason="She is in danger now, with the police outside"
        )
        return message_id, asked.id


def _goes_quiet(played: Stage) -> int:
    """Gives the talk of a child who said something urgent a day ago, and nothing since."""
    played.telegram.child_says("my mums boyfriend hits me", address="7700900777")
    played.telegram.work()
    quiet_since = utc_now() - dt.timedelta(hours=20)
    with transaction(played.engine) as session:
        watch = session.scalars(select(Silence).order_by(Silence.id.desc())).first()
        if watch is None:
            raise AssertionError("No silence is watched.")
        watch.began_at = quiet_since
        watch.asked_at = utc_now()
        watch.decide_by = utc_now() + dt.timedelta(hours=2)
        watch.written = 2
        return watch.conversation_id


def _keeps_a_team(played: Stage) -> int:
    with transaction(played.engine) as session:
        members = {played.anna.id, played.ben.id}
        return teams.keep(session, played.cleo, team_id=None, name="Duty", members=members).id


def _last_message(played: Stage) -> int:
    return max(
        one.id
        for one in played.telegram.messages()
        if one.conversation_id == played.telegram.conversation_id
    )


def _writes_down(played: Stage) -> int:
    with transaction(played.engine) as session:
        told = OfflineContact(
            channel=ContactChannel.PHONE,
            source=ReferralSource.SCHOOL,
            received_at=utc_now() - dt.timedelta(days=5),
            urgency=Urgency.CONCERN,
            concern="A teacher says that Rosie sleeps in class and has no lunch.",
            name_to_use="Rosie",
            age="12",
            school="Hill School",
        )
        return contacts.write_down(session, played.ben, told).id


def _works(played: Stage, contact: Contact) -> int:
    with transaction(played.engine) as session:
        found = session.get_one(Contact, contact.id)
        casework.write_note(
            session,
            played.anna,
            found,
            kind=NoteKind.PHONE_CALL,
            happened_at=utc_now() - dt.timedelta(hours=3),
            text="Spoke with her aunt, who can take her in tonight.",
        )
        casework.name_worker(
            session, played.anna, found, worker_id=played.anna.id, reason_code="FCONTA"
        )
        wanted = NewTask(
            kind=TaskKind.FOLLOW_UP,
            what="Ring the school about lunch.",
            due=utc_now() - dt.timedelta(hours=1),
            owner_id=played.anna.id,
        )
        tasks.add(session, played.anna, found, wanted)
        everybodys = NewTask(
            kind=TaskKind.WELFARE_CHECK,
            what="Rosie has not written for a day. Decide how to make sure that she is safe.",
            due=utc_now() + dt.timedelta(hours=2),
        )
        return tasks.add(session, played.anna, found, everybodys).id
