"""Trying a version: its phone beside the live one's, for whoever has a link, and nothing else.

Nobody signs in. The link is signed, for one version and for a while; what is written goes into a
sandbox that holds nothing of any child.
"""

from flask import Blueprint, Response, redirect, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from sqlalchemy import Engine

from bot.editions import Shelf
from bot.sandbox import Sandbox, Sandboxes
from bot.simulator import handset, writing
from bot.simulator.pages import Question, handsets_of, json_body, news_of
from bot.simulator.writing import CannotBeSentError, Written
from handover.auth import for_machines, open_to_all
from handover.editing import publishing, remarks, sharing
from handover.editing.sharing import ShareEndedError
from handover.settings import ConsoleSettings
from models.channel import ChannelName
from models.db import reading, transaction
from models.editing import VersionState
from models.publishing import DialogueShare

_TITLES = {"live": "As it is now", "draft": "As it would be"}


class Tryout:
    """The pages of the sandboxes."""

    def __init__(
        self, engine: Engine, settings: ConsoleSettings, shelf: Shelf, sandboxes: Sandboxes
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._shelf = shelf
        self._sandboxes = sandboxes

    def page(self, token: str) -> ResponseReturnValue:
        """Gives the two phones, or a page that looks again until they are ready."""
        share = self._share(token)
        try:
            channel = ChannelName(request.args.get("channel", ChannelName.TELEGRAM))
        except ValueError:
            channel = ChannelName.TELEGRAM
        boxes = {side: self.sandbox(share, side) for side in self._sides(share)}
        return render_template(
            "simulator/try.html",
            token=token,
            share=share,
            titles=_TITLES,
            sides=list(boxes),
            handset=handsets_of([channel])[0],
            channels=handsets_of(ChannelName),
            problems=[box.problem for box in boxes.values() if box.problem],
            is_ready=all(box.is_ready for box in boxes.values()),
            is_kept=request.args.get("kept") == "yes",
            most=remarks.MOST_CHARACTERS,
        )

    def write(self, token: str, side: str, name: str) -> ResponseReturnValue:
        """Takes what was written on one of the phones."""
        box = self.sandbox(self._share(token), side)
        _, channel = handset.simulated(box.accounts, ChannelName(name))
        written = Written.model_validate_json(json_body())
        box.receive(channel, writing.message(channel.name, written))
        return "", 204

    def news(self, token: str, side: str) -> ResponseReturnValue:
        """Gives what is new on one of the phones."""
        box = self.sandbox(self._share(token), side)
        asked = Question.model_validate_json(json_body())
        return {"handsets": news_of(box.engine, box.accounts, asked)}

    def comment(self, token: str) -> ResponseReturnValue:
        """Keeps a comment, on the line that has the words it is about where they are found."""
        share = self._share(token)
        with transaction(self._engine) as session:
            version = session.get_one(type(share.version), share.version_id)
            place = sharing.place_of(session, version, request.form.get("about", ""))
            words = request.form.get("words", "")
            try:
                remarks.comment(session, version, words, who=share.name, place=place)
            except ValueError:
                return redirect(f"/try/{token}/")
        return redirect(f"/try/{token}/?kept=yes#comment")

    def sandbox(self, share: DialogueShare, side: str) -> Sandbox:
        """Gives the sandbox of one of the two phones."""
        with reading(self._engine) as session:
            publication = publishing.live(session)
            live = publication.version.fingerprint if publication else None
        wanted = live if side == "live" else share.version.fingerprint
        return self._sandboxes.of(self._shelf.find(wanted))

    @staticmethod
    def _sides(share: DialogueShare) -> list[str]:
        return ["live"] if share.version.state is VersionState.LIVE else ["live", "draft"]

    def _share(self, token: str) -> DialogueShare:
        with reading(self._engine) as session:
            share = sharing.share_of(session, self._settings, token)
            # Loaded here, because what reads it does so after the session.
            _ = share.version.fingerprint
            session.expunge_all()
            return share


def tryout(
    engine: Engine, settings: ConsoleSettings, shelf: Shelf, sandboxes: Sandboxes
) -> Blueprint:
    """Gives the routes of trying a version, under `/try`."""
    pages = Tryout(engine, settings, shelf, sandboxes)
    blueprint = Blueprint("tryout", __name__, url_prefix="/try", template_folder="templates")
    side = "<any('live','draft'):side>"

    @blueprint.get("/<token>/")
    @open_to_all
    def page(token: str) -> ResponseReturnValue:
        return pages.page(token)

    @blueprint.post("/<token>/comment")
    @open_to_all
    def comment(token: str) -> ResponseReturnValue:
        return pages.comment(token)

    # As with the demonstration's phones no cookie is read: the link is the key.
    @blueprint.post(f"/<token>/{side}/<any('telegram','whatsapp','sms'):name>/messages")
    @for_machines
    def write(token: str, side: str, name: str) -> ResponseReturnValue:
        return pages.write(token, side, name)

    @blueprint.post(f"/<token>/{side}/news")
    @for_machines
    def news(token: str, side: str) -> ResponseReturnValue:
        return pages.news(token, side)

    _serve_assets(blueprint)
    _refuse(blueprint)
    return blueprint


def _serve_assets(blueprint: Blueprint) -> None:
    @blueprint.get(
        "/static/<any('phone.css','phone.js','handset.js','lines.js','memory.js','segments.js'):name>"
    )
    @open_to_all
    def asset(name: str) -> Response:
        return send_from_directory(f"{blueprint.root_path}/static", name)


def _refuse(blueprint: Blueprint) -> None:
    @blueprint.errorhandler(ShareEndedError)
    def ended(_: ShareEndedError) -> ResponseReturnValue:
        return render_template("simulator/try_ended.html"), 404

    @blueprint.errorhandler(ValidationError)
    @blueprint.errorhandler(CannotBeSentError)
    @blueprint.errorhandler(LookupError)
    def refuse(_: Exception) -> ResponseReturnValue:
        # What was wrong is not repeated: it may hold what was written.
        return {"error": "cannot_be_sent"}, 400

    @blueprint.after_request
    def hide(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response
