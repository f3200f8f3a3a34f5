"""The pieces of a page that are also sent live: rows, messages and the band of emergencies.

A page and a live update use the same template, so that the two can never differ. Pieces are the
same for every viewer; what depends on the viewer is fetched by the page itself.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import Environment
from sqlalchemy.orm import Session

from handover import contact_plan, deadlines, ladder, lists, notes, rota, thread, words
from handover.lists import ListName, Row
from handover.rota import Roster
from handover.thread import Shown
from models.authority import Authority
from models.base import utc_now
from models.conversation import Conversation
from models.teamwork import Note, NoteKind

type Piece = dict[str, Any]


class Pieces:
    """Renders the pieces with an application's templates."""

    def __init__(self, templates: Environment) -> None:
        self._templates = templates

    def board(self, session: Session, authority_id: int) -> Piece:
        """Gives what every page shows: the emergencies, the counts and what calls for a person."""
        rows = lists.alerts(session, authority_id)
        counted = lists.counts(session, authority_id)
        return {
            "band": self._render("band", rows=rows),
            "counts": {level.value: number for level, number in counted.waiting.items()},
            "waiting": counted.all_waiting,
            "on_duty": counted.on_duty,
            "on_now": words.on_now(rota.roster(session, authority_id, utc_now()).on_now),
            "alerts": [_alert(row) for row in rows],
        }

    def rows(
        self, session: Session, authority_id: int, conversation_ids: Iterable[int]
    ) -> list[Piece]:
        """Gives rows of the lists, each with the lists that it belongs to and its place there."""
        authority = session.get_one(Authority, authority_id)
        wanted = set(conversation_ids)
        found = lists.rows(session, authority_id, wanted)
        # One that another authority has taken belongs to no list here any more.
        gone = wanted - {row.conversation.id for row in found}
        nowhere: list[Piece] = [
            {"id": f"conversation-{one}", "html": "", "lists": [], "held_by": None} for one in gone
        ]
        return nowhere + [
            {
                "id": f"conversation-{row.conversation.id}",
                "html": html,
                "lists": [name for name in ListName if row.is_in(name, 0)],
                "held_by": row.conversation.practitioner_id,
            }
            for row, html in self.listed(session, authority, found)
        ]

    def listed(
        self, session: Session, authority: Authority, rows: Sequence[Row]
    ) -> list[tuple[Row, str]]:
        """Gives rows of a list as they are shown, with whom the ladder calls next for each."""
        is_owed = any(row.owed is not None for row in rows)
        roster = rota.roster(session, authority.id, utc_now()) if is_owed else None
        return [(row, self._row(row, authority, roster)) for row in rows]

    def _row(self, row: Row, authority: Authority, roster: Roster | None) -> str:
        now = utc_now()
        contact = row.undecided
        next_step = ""
        if row.owed is not None and roster is not None:
            rung, _ = ladder.next_rung(row.conversation, row.owed, roster)
            next_step = words.next_step(rung, row.owed.next_at, now)
        return self._render(
            "row",
            row=row,
            deadline=row.owed.due_at if row.owed is not None else None,
            next_step=next_step,
            decide=deadlines.of(authority, contact, now) if contact is not None else None,
            has_plan=contact_plan.has_limits(row.conversation),
            is_phone_shared=contact_plan.is_phone_shared(row.conversation),
            is_outside_times=contact_plan.is_outside_times(row.conversation, now),
        )

    def messages(self, session: Session, message_ids: Sequence[int]) -> list[tuple[int, Piece]]:
        """Gives some messages, each with the conversation that it belongs to."""
        return [
            (
                shown.message.conversation_id,
                {"id": f"message-{shown.message.id}", "html": self.message(shown)},
            )
            for shown in thread.some(session, message_ids)
        ]

    def notes(
        self, session: Session, conversation: Conversation, note_ids: Iterable[int]
    ) -> list[Piece]:
        """Gives some notes of colleagues; a whisper only as where its reader can fetch it."""
        return [
            {"id": f"note-{note.id}", "html": self.note(note)}
            if note.kind is NoteKind.NOTE
            else {"fetch": f"/conversations/{conversation.id}/notes/{note.id}"}
            for note in notes.some(session, conversation, note_ids)
        ]

    def note(self, note: Note) -> str:
        """Gives one note."""
        return self._render("note", note=note)

    def message(self, shown: Shown) -> str:
        """Gives one message."""
        return self._render("message", shown=shown)

    def _render(self, name: str, **context: Any) -> str:
        return self._templates.get_template(f"partials/{name}.html").render(**context)


def template_words(now: dt.datetime | None = None) -> dict[str, Any]:
    """Gives the words that every template may use."""
    return {
        "ago": lambda moment: words.ago(moment, now or utc_now()),
        "due": lambda deadline, urgency: words.due(deadline, urgency, now or utc_now()),
        "until": lambda moment: words.until(moment, now or utc_now()),
        "words": words,
    }


def _alert(row: Row) -> Piece:
    return {
        "call": row.owed.id if row.owed else None,
        # A call that rings again rings as a new one.
        "rung": row.rung_at.isoformat(),
        "urgency": row.urgency.value,
        "conversation": row.conversation.id,
        "seen": row.is_seen,
        "name": words.child(row.conversation),
    }
