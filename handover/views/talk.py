"""What the pages of one conversation share: who may open it, and all that stands on them."""

import uuid
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import (
    auth,
    brief,
    calling,
    canned,
    deadlines,
    drafting,
    notes,
    offers,
    overrides,
    plan_changes,
    reaching,
    recognitions,
    service,
    silences,
    taking_back,
    thread,
    wording,
    words,
)
from handover.auth import for_roles
from handover.thread import Shown
from handover.views import shared
from models.base import utc_now
from models.conversation import Conversation, Holder
from models.db import reading
from models.practitioner import RoleName
from models.urgency import Urgency

PREFIX = "/conversations/<int:conversation_id>"
MOST_CHARACTERS = 4000
for_staff = for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)


def access(session: Session, conversation_id: int) -> Conversation:
    """Gives the conversation, if whoever is signed in may see it."""
    return service.access_conversation(session, auth.signed_in(), conversation_id)


def page(
    conversation_id: int,
    *,
    draft: str = "",
    error: str | None = None,
    cautions: tuple[drafting.Caution, ...] = (),
    note_draft: str = "",
    note_error: str | None = None,
) -> str:
    """Gives the whole page of a conversation."""
    parts = shared.console()
    with reading(parts.engine) as session:
        place = parts.feed.place(session)
        conversation = access(session, conversation_id)
        before = request.args.get("before", "")
        is_newest = not before.isdecimal()
        shown, has_more = thread.messages(
            session, conversation, before=None if is_newest else int(before)
        )
        return shared.page(
            "conversation.html",
            session,
            entries=_entries(session, conversation, shown, has_more=has_more, is_newest=is_newest),
            first=shown[0].message.id if shown else None,
            has_more=has_more,
            is_newest=is_newest,
            place=place,
            draft=draft,
            error=error,
            cautions=cautions,
            note_draft=note_draft,
            note_error=note_error,
            form_id=uuid.uuid4().hex,
            note_form_id=uuid.uuid4().hex,
            most_characters=MOST_CHARACTERS,
            ready=canned.ready(session, conversation, auth.signed_in()),
            in_their_language=canned.in_their_language(conversation, auth.signed_in()),
            **context(session, conversation),
        )


def context(session: Session, conversation: Conversation) -> dict[str, Any]:
    """Gives what stands beside the talk, which depends on who looks."""
    me = auth.signed_in()
    contact = thread.contact_of(session, conversation)
    fields = thread.fields(session, conversation, contact) if contact else []
    offer = offers.pending(session, conversation)
    undo = taking_back.waiting(session, me, conversation)
    held_by_me = _is_held_by(conversation, me.id)
    call = calling.open_handover(session, conversation)
    held_since = call.taken_at if call else None
    return {
        "conversation": conversation,
        "name": words.child(conversation),
        "call": call,
        "contact": contact,
        "fields": fields,
        "brief": brief.brief(session, conversation, fields),
        "judgements": thread.judgements(session, conversation),
        "held_by_me": held_by_me,
        "holder_words": _holder_words(conversation, me.id),
        "decide_by": deadlines.of(conversation.authority, contact, utc_now()).at
        if contact
        else None,
        "marks": marks(conversation),
        "silence": silences.find_open(session, conversation),
        "known_again": recognitions.present_link(session, conversation),
        "may_move": me.may(RoleName.SUPERVISOR),
        "offer": offer,
        "came_back": offers.come_back(session, conversation, held_since) if held_by_me else None,
        "may_answer": offer is not None and offers.may_answer(me, offer),
        "undo": undo,
        "undo_seconds": taking_back.seconds_left(undo) if undo else 0,
        "plan_lines": plan_changes.describe(session, conversation),
        "other_ways": _other_ways(session, conversation),
        "held_back": overrides.held_back(session, conversation),
        "overrides": overrides.waiting(session, conversation),
        "delivery_caution": drafting.delivery_caution(conversation, utc_now()),
    }


def form_page(template: str, conversation_id: int, **more: Any) -> str:
    """Gives a page that asks one thing about a conversation."""
    with reading(shared.console().engine) as session:
        conversation = access(session, conversation_id)
        more.setdefault("errors", [])
        more["problems"] = {one["href"]: one["text"] for one in more["errors"]}
        me = auth.signed_in()
        return shared.page(
            template,
            session,
            farewell=wording.texts(
                "conversation_ended", conversation.language, {"practitioner": me.name}
            ),
            colleagues=[
                one
                for one in service.colleagues(session, me)
                if one.id != conversation.practitioner_id
            ],
            teams=offers.teams(session, me),
            authorities=offers.other_authorities(session, me),
            submitted=request.form,
            levels=list(Urgency),
            **more,
            **context(session, conversation),
        )


def marks(conversation: Conversation) -> list[str]:
    """Gives what must be known before anything is written to this child."""
    now = utc_now()
    found = []
    if conversation.covered_at is not None:
        found.append(
            "The child told us that somebody is with them. Nothing is sent until they are back."
        )
    if conversation.stopped_at is not None:
        found.append("The child asked us to stop writing to them.")
    if conversation.blocked_at is not None:
        found.append("Our messages do not reach this child any more. Look for another safe way.")
    if conversation.window_ends_at is not None and conversation.window_ends_at <= now:
        found.append("WhatsApp takes no free messages now: the child last wrote over 24 hours ago.")
    return found


def back(conversation_id: int, anchor: str = "") -> ResponseReturnValue:
    """Leads back to the conversation."""
    return redirect(f"/conversations/{conversation_id}{anchor}")


def not_held(conversation_id: int, anchor: str = "") -> ResponseReturnValue:
    """Leads back, with a word that nothing changed."""
    flash("This conversation was not in your hands, so nothing changed.", "info")
    return back(conversation_id, anchor)


def form_id() -> str | None:
    """Gives the id of the form that was sent, by which it is taken once."""
    found = request.form.get("form_id", "")
    return found if found.isalnum() and len(found) <= 64 else None


def wants_json() -> bool:
    """Tells whether a script asks, which shows the answer itself."""
    return request.accept_mimetypes.best == "application/json"


def _entries(
    session: Session,
    conversation: Conversation,
    shown: list[Shown],
    *,
    has_more: bool,
    is_newest: bool,
) -> list[str]:
    """Gives messages, and colleagues' notes where they stand among them."""
    pieces = shared.console().pieces
    ids = [one.message.id for one in shown]
    among = notes.of_conversation(
        session,
        conversation,
        after=ids[0] if ids and has_more else None,
        before=None if is_newest or not ids else ids[-1] + 1,
    )
    placed = [((one.message.id, 0), pieces.message(one)) for one in shown]
    placed += [
        ((note.after_message_id or 0, note.id), pieces.note(note))
        for note in among
        if notes.may_read(auth.signed_in(), note)
    ]
    return [html for _, html in sorted(placed)]


def _other_ways(session: Session, conversation: Conversation) -> list[str]:
    """Gives other ways to a child whom no message on this one reaches."""
    is_cut_off = conversation.blocked_at is not None or conversation.stopped_at is not None
    ends = conversation.window_ends_at
    if is_cut_off or (ends is not None and ends <= utc_now()):
        return reaching.other_ways(session, conversation)
    return []


def _is_held_by(conversation: Conversation, practitioner_id: int) -> bool:
    return (
        conversation.holder is Holder.PRACTITIONER
        and conversation.practitioner_id == practitioner_id
    )


def _holder_words(conversation: Conversation, practitioner_id: int) -> str:
    match conversation.holder:
        case Holder.PRACTITIONER if conversation.practitioner_id == practitioner_id:
            return "You hold this conversation"
        case Holder.PRACTITIONER:
            name = conversation.practitioner.name if conversation.practitioner else "A colleague"
            return f"{name} holds this conversation"
        case Holder.NOBODY:
            return "Waiting for a person. The bot keeps the child company"
        case Holder.BOT if conversation.ended_at is not None:
            return "Ended"
        case Holder.BOT:
            return "The bot is answering"
