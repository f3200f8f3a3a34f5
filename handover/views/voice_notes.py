"""A voice note of a conversation, for whoever may read the conversation."""

import io

from flask import Blueprint, abort, send_file
from flask.typing import ResponseReturnValue

from handover import auth, voice_notes
from handover.views import shared, talk
from models.db import transaction

pages = Blueprint("voice_notes", __name__, url_prefix=talk.PREFIX)


@pages.get("/voice-notes/<int:voice_note_id>")
@talk.for_staff
def play(conversation_id: int, voice_note_id: int) -> ResponseReturnValue:
    """Gives the sound, whole or the part that the browser asks for."""
    with transaction(shared.console().engine) as session:
        # Who heard what a child said is kept, before it is given.
        conversation = talk.access(session, conversation_id)
        sound = voice_notes.play(session, auth.signed_in(), conversation, voice_note_id)
    if sound is None:
        abort(404)
    return send_file(io.BytesIO(sound.content), mimetype=sound.media_type, conditional=True)
