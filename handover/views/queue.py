"""The queue: who waits, most urgent first, and the other lists; and its live updates."""

from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from handover import auth, lists, queue_filters, saved_views
from handover.auth import for_roles
from handover.lists import ListName
from handover.live import TooManyWatchersError
from handover.queue_filters import Filters, Who
from handover.saved_views import ViewRefusedError
from handover.views import shared
from models.authority import Authority
from models.db import reading, transaction
from models.practitioner import RoleName

pages = Blueprint("queue", __name__)
# In whose hands, or how late: only what can be otherwise within a list is asked of it.
_KINDS = {
    ListName.WAITING: tuple(Who),
    ListName.MINE: (Who.OVERDUE,),
    ListName.OPEN: tuple(Who),
    ListName.ENDED: (),
}


@pages.get("/")
def home() -> ResponseReturnValue:
    """Leads to the queue, or to the account of somebody who does not work with children."""
    if auth.signed_in().may(RoleName.PRACTITIONER, RoleName.SUPERVISOR):
        return redirect("/queue")
    return redirect("/account")


@pages.get("/queue")
@for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)
def show() -> ResponseReturnValue:
    """Gives one page of a list."""
    name = _list_name(request.args.get("list", ListName.WAITING))
    practitioner = auth.signed_in()
    filters = queue_filters.read(request.args)
    parts = shared.console()
    with reading(parts.engine) as session:
        place = parts.feed.place(session)
        try:
            page = lists.page(
                session, practitioner, name, after=request.args.get("after"), filters=filters
            )
        except (ValueError, OverflowError):
            abort(404)
        authority = session.get_one(Authority, practitioner.authority_id)
        return shared.page(
            "queue.html",
            session,
            name=name,
            rows=parts.pieces.listed(session, authority, page.rows),
            filters=filters,
            tally=lists.tally(session, practitioner, name, filters),
            kinds=_KINDS[name],
            views=saved_views.of(session, practitioner),
            address=_address(filters, name),
            address_of=lambda view: _address(
                queue_filters.read(view.filters), saved_views.list_of(view)
            ),
            next_place=page.next_place,
            is_first="after" not in request.args,
            place=place,
        )


@pages.post("/queue/views")
@for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)
def save_view() -> ResponseReturnValue:
    """Keeps the filters that are set under a name, for whoever sets them."""
    filters = queue_filters.read(request.form)
    name = _list_name(request.form.get("list", ListName.WAITING))
    try:
        with transaction(shared.console().engine) as session:
            view = saved_views.save(
                session, auth.signed_in(), request.form.get("name", ""), filters, list_name=name
            )
            flash(f"The view {view.name} is saved.", "success")
    except ViewRefusedError as error:
        flash(str(error), "error")
    return redirect(_address(filters, name))


@pages.post("/queue/views/<int:view_id>/delete")
@for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)
def delete_view(view_id: int) -> ResponseReturnValue:
    """Removes a view of one's own."""
    with transaction(shared.console().engine) as session:
        if not saved_views.delete(session, auth.signed_in(), view_id):
            abort(404)
    flash("The view is deleted.", "success")
    return redirect("/queue")


@pages.get("/live")
@for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)
def live() -> ResponseReturnValue:
    """Gives what changes in the lists, for as long as the page stays open."""
    return stream(None)


@pages.get("/live/check")
def check() -> ResponseReturnValue:
    """Tells an open page that it is still signed in."""
    return "", 204


def stream(conversation_id: int | None) -> ResponseReturnValue:
    """Gives live updates of the lists or of one conversation, from the page's last place on."""
    parts = shared.console()
    try:
        updates = parts.feed.stream(
            authority_id=auth.signed_in().authority_id,
            practitioner_id=auth.signed_in().id,
            conversation_id=conversation_id,
            after=_after(),
            seconds=parts.settings.live_lifetime_seconds,
        )
    except TooManyWatchersError:
        return {"error": "too_many_pages"}, 503, {"Retry-After": "10"}
    response = Response(updates, mimetype="text/event-stream")
    # Proxies that gather an answer before passing it on would hold every update back.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _address(filters: Filters, name: ListName = ListName.WAITING) -> str:
    return f"/queue?{urlencode({'list': name.value, **filters.as_args})}"


def _after() -> int | None:
    last = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    return int(last) if last.isdecimal() else None


def _list_name(name: str) -> ListName:
    try:
        return ListName(name)
    except ValueError:
        abort(404)
