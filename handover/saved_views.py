"""Views of the queue that one person keeps: filters under a name of their own."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from handover import audit
from handover.lists import ListName
from handover.queue_filters import Filters
from models.escalation import SavedView
from models.practitioner import Practitioner

LONGEST_NAME = 60
MOST = 20


class ViewRefusedError(Exception):
    """A view cannot be kept; the text says what to do."""


def of(session: Session, practitioner: Practitioner) -> Sequence[SavedView]:
    """Gives somebody's views by name."""
    return session.scalars(
        select(SavedView)
        .where(SavedView.practitioner_id == practitioner.id)
        .order_by(SavedView.name, SavedView.id)
    ).all()


def save(
    session: Session,
    practitioner: Practitioner,
    name: str,
    filters: Filters,
    *,
    list_name: ListName = ListName.WAITING,
) -> SavedView:
    """Gives the view of a list kept under a name; one that had the name before is replaced.

    Raises:
        ViewRefusedError: it has no name, no filter, a name too long, or there are too many.
    """
    name = " ".join(name.split())
    if not name:
        raise ViewRefusedError("Enter a name for the view")
    if len(name) > LONGEST_NAME:
        raise ViewRefusedError(f"The name must be {LONGEST_NAME} characters or fewer")
    if not filters.as_args:
        raise ViewRefusedError("Choose a filter before you save a view")
    view = _named(session, practitioner, name)
    if view is None:
        if _number(session, practitioner) >= MOST:
            raise ViewRefusedError(f"You have {MOST} views. Delete one first")
        view = _add(session, practitioner, name, filters)
    view.filters = filters.as_args
    if list_name is not ListName.WAITING:
        view.filters = {**filters.as_args, "list": list_name.value}
    session.flush()
    audit.record(session, "view_saved", practitioner=practitioner, details={"view": view.id})
    return view


def list_of(view: SavedView) -> ListName:
    """Gives the list that a view is of."""
    return ListName(view.filters.get("list", ListName.WAITING))


def delete(session: Session, practitioner: Practitioner, view_id: int) -> bool:
    """Removes somebody's own view; False when they have no such view."""
    view = session.get(SavedView, view_id)
    if view is None or view.practitioner_id != practitioner.id:
        return False
    session.delete(view)
    audit.record(session, "view_deleted", practitioner=practitioner, details={"view": view_id})
    return True


def _named(session: Session, practitioner: Practitioner, name: str) -> SavedView | None:
    return session.scalars(
        select(SavedView)
        .where(SavedView.practitioner_id == practitioner.id)
        .where(SavedView.name == name)
    ).one_or_none()


def _number(session: Session, practitioner: Practitioner) -> int:
    mine = select(func.count()).where(SavedView.practitioner_id == practitioner.id)
    return session.scalar(mine) or 0


def _add(session: Session, practitioner: Practitioner, name: str, filters: Filters) -> SavedView:
    view = SavedView(practitioner_id=practitioner.id, name=name, filters=filters.as_args)
    try:
        with session.begin_nested():
            session.add(view)
    except IntegrityError:
        # The same form was sent twice at once.
        kept = _named(session, practitioner, name)
        if kept is None:
            raise
        return kept
    return view
