"""The pieces of a page that are also sent live: rows, messages and the band of emergencies.

A page and a live update use the same template, so that the two can never differ. Pieces are the
same for every viewer; what depends on the viewer is fetched by the page itself.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from jinja2 import Environment
from sqlalchemy.orm import Session

from handover import deadlines, lists, notes, rota, thread, words
from handover.lists import ListName, Row
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
                "html": self.row(row, authority),
                "lists": [name for name in ListName if row.is_in(name, 0)],
                "held_by": row.conversation.practitioner_id,
            }
            for row in found
        ]

    def row(self, row: Row, authority: Authority) -> str:
        """Gives one row of a list."""
        deadline = None
        if row.call is not None and row.is_waiting:
            deadline = words.answer_by(authority.nation, row.urgency, row.call.requested_at)
        contact = row.undecided
        decide = deadlines.of(authority, contact, utc_now()) if contact is not None else None
        return self._render("row", row=row, deadline=deadline, decide=decide)

    def messages(
        self, session: Session, conversation: Conversation, message_ids: Iterable[int]
    ) -> list[Piece]:
        """Gives some messages of a conversation."""
        return [
            {"id": f"message-{shown.message.id}", "html": self.message(shown)}
            for shown in thread.some(session, conversation, message_ids)
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
    call = row.call
    return {
        "call": call.id if call else None,
        # A call that rings again rings as a new one.
        "rung": call.rung_at.isoformat() if call else None,
        "urgency": row.urgency.value,
        "conversation": row.conversation.id,
        "seen": call is not None and call.acknowledged_at is not None,
        "name": words.child(row.conversation),
    }
