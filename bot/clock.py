"""The clock: sweeps and due dates over rows, in one process at a time, safe to run twice."""

import datetime as dt
from collections.abc import Callable, Mapping

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import IntegrityError

from bot import climbing, inbox, judgements, outbox, receipts, silence, urgency
from bot.channels.base import Channel, DeliveryFailedError
from bot.dialogue import Dialogue, DialogueUnavailableError
from bot.doorbell import Bells
from handover import absences, audit, calling, corrections, live, records, transfers
from handover.editing import real_talks
from models.audit import Lease
from models.base import utc_now
from models.contact import Contact
from models.conversation import (
    Conversation,
    HandoverReason,
    Holder,
    Message,
    UrgencyAssessment,
)
from models.db import reading, transaction
from models.urgency import Urgency, highest

log = structlog.get_logger()

_LEASE_NAME = "clock"
_LEASE = dt.timedelta(seconds=30)
_QUIET_BEFORE_SUBMIT = dt.timedelta(minutes=10)
_LIVE_EVENTS_KEPT = dt.timedelta(days=2)
_ENOUGH_FAILURES = 3  # in one sweep, after which the model is taken to be away


class Clock:
    """One process's clock: it stands by while another holds the lease."""

    def __init__(
        self,
        engine: Engine,
        dialogue: Dialogue,
        channels: Mapping[int, Channel],
        *,
        bells: Bells,
        name: str,
    ) -> None:
        self._engine = engine
        self._dialogue = dialogue
        self._channels = channels
        self._bells = bells
        self._name = name
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begins to tick in threads of its own."""
        for job, seconds in self.jobs().items():
            self._scheduler.add_job(
                self._if_ours, "interval", seconds=seconds, args=[job], id=job.__name__
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Stops ticking, and lets another process take over at once."""
        self._scheduler.shutdown(wait=True)
        with transaction(self._engine) as session:
            session.execute(
                update(Lease)
                .where(Lease.name == _LEASE_NAME, Lease.held_by == self._name)
                .values(held_until=utc_now())
            )

    def jobs(self) -> dict[Callable[[], None], int]:
        """Gives each job, which may run at any time and twice, and its seconds between runs."""
        return {
            self.climb_ladder: 1,
            self.pick_up: 30,
            self.announce_shifts: 60,
            self.release_held: 5,
            self.expire_sealed: 60,
            self.score_again: 5,
            self.end_offers: 20,
            self.submit_quiet_contacts: 30,
            self.follow_silence: 30,
            self.tell_of_absences: 300,
            self.fetch_missed: 120,
            self.forget_live_events: 3600,
            self.erase_corrections: 3600,
            self.erase_changed_talks: 3600,
        }

    def climb_ladder(self) -> None:
        """Calls whoever is next for every child whose time to wait is over."""
        climbing.climb_due(self._engine)

    def pick_up(self) -> None:
        """Finds children for whom nothing follows any more, and calls for them."""
        climbing.pick_up(self._engine)

    def announce_shifts(self) -> None:
        """Tells open consoles who is there now, when that has changed."""
        climbing.announce_shifts(self._engine, every=dt.timedelta(seconds=70))

    def release_held(self) -> None:
        """Queues what safe-contact plans held and now allow."""
        if outbox.release_held(self._engine):
            self._bells.outbox.ring()

    def expire_sealed(self) -> None:
        """Ends the sealing of words that no safe word came for."""
        outbox.expire_sealed(self._engine)

    def end_offers(self) -> None:
        """Ends offers to take a conversation that nobody answered in time."""
        with transaction(self._engine) as session:
            transfers.expire_due(session)

    def score_again(self) -> None:
        """Scores messages that only the phrases could judge while the model was away."""
        failures = 0
        for assessment_id in _unscored(self._engine):
            try:
                _score_again(self._engine, self._dialogue, assessment_id)
            except DialogueUnavailableError:
                # One message that the model cannot read must not keep it from all the others.
                failures += 1
                if failures == _ENOUGH_FAILURES:
                    return

    def submit_quiet_contacts(self) -> None:
        """Puts worries before people when the child has gone quiet without an end."""
        before = utc_now() - _QUIET_BEFORE_SUBMIT
        with transaction(self._engine) as session:
            quiet = session.execute(
                select(Contact, Conversation)
                .join(Conversation, Conversation.id == Contact.conversation_id)
                .where(Contact.submitted_at.is_(None))
                .where(Contact.urgency != Urgency.NO_CONCERN)
                .where(Conversation.last_inbound_at < before)
                .limit(100)
                # A call for a person is the conversation's: nobody else opens one meanwhile.
                .with_for_update(skip_locked=True, of=[Conversation, Contact])
            ).all()
            for contact, conversation in quiet:
                records.submit(session, contact)
                calling.request(
                    session,
                    conversation,
                    reason=HandoverReason.CONTACT_READY,
                    urgency=contact.urgency,
                )

    def follow_silence(self) -> None:
        """Writes to children who went quiet after a risk, where it is safe, and asks a person."""
        if silence.follow(self._engine):
            self._bells.outbox.ring()

    def tell_of_absences(self) -> None:
        """Tells children that the worker they know is away, who is there meanwhile, and is back."""
        with transaction(self._engine) as session:
            told = absences.tell_due(session)
        if told:
            self._bells.outbox.ring()

    def fetch_missed(self) -> None:
        """Asks each provider for messages whose webhook never reached us."""
        since = utc_now() - dt.timedelta(minutes=30)
        for account_id, channel in self._channels.items():
            try:
                missed = channel.missed(since)
            except DeliveryFailedError as error:
                log.warning("missed_not_fetched", channel=channel.name.value, code=error.code)
                continue
            found = [
                inbox.receive(self._engine, account_id, incoming).is_new for incoming in missed
            ]
            if any(found):
                log.warning("missed_found", channel=channel.name.value, count=sum(found))
                self._bells.inbox.ring()

    def forget_live_events(self) -> None:
        """Removes hints to consoles, and early receipts, that nobody can still need."""
        with transaction(self._engine) as session:
            live.forget_before(session, utc_now() - _LIVE_EVENTS_KEPT)
            receipts.forget_before(session, utc_now() - _LIVE_EVENTS_KEPT)

    def erase_corrections(self) -> None:
        """Erases corrections that were kept for as long as the authority said."""
        with transaction(self._engine) as session:
            corrections.erase_due(session)

    def erase_changed_talks(self) -> None:
        """Erases what the gate kept of real conversations, when its time is over."""
        with transaction(self._engine) as session:
            real_talks.erase_due(session)

    def _if_ours(self, job: Callable[[], None]) -> None:
        if hold_lease(self._engine, _LEASE_NAME, self._name):
            job()


def hold_lease(engine: Engine, name: str, holder: str) -> bool:
    """Takes or renews a lease; False while another holds it."""
    now = utc_now()
    try:
        with transaction(engine) as session:
            lease = session.get(Lease, name, with_for_update=True)
            if lease is None:
                session.add(Lease(name=name, held_by=holder, held_until=now + _LEASE))
                return True
            if lease.held_by != holder and lease.held_until > now:
                return False
            lease.held_by = holder
            lease.held_until = now + _LEASE
            return True
    except IntegrityError:
        # Two processes made the row at once; the other one has it.
        return False


def _unscored(engine: Engine) -> list[int]:
    with reading(engine) as session:
        return list(
            session.scalars(
                select(UrgencyAssessment.id)
                .where(UrgencyAssessment.needs_rescoring.is_(True))
                # In no order, so that the same few that fail are not always the first.
                .order_by(func.random())
                .limit(200)
            )
        )


def _score_again(engine: Engine, dialogue: Dialogue, assessment_id: int) -> None:
    with reading(engine) as session:
        message_id = session.get_one(UrgencyAssessment, assessment_id).message_id
        message = session.get_one(Message, message_id)
        text, conversation_id = message.text, message.conversation_id
    [score] = dialogue.score([text])
    assessment = urgency.assess(text, model=score)
    with transaction(engine) as session:
        # Locked before it is compared: somebody else may be raising it higher.
        conversation = session.get_one(Conversation, conversation_id, with_for_update=True)
        earlier = session.get_one(UrgencyAssessment, assessment_id, with_for_update=True)
        if not earlier.needs_rescoring:
            return
        earlier.needs_rescoring = False
        message = earlier.message
        # A person was called for what the phrases heard: a calmer model does not undo it.
        row = judgements.row(message, assessment, raised=earlier.urgency)
        # What the talk around it said of it was right without the model, and stands.
        around = [reason for reason in earlier.reasons or [] if reason["kind"] == "context"]
        row.reasons = [*row.reasons, *around]
        row.urgency = highest(row.urgency, *(Urgency(one["level"]) for one in around))
        session.add(row)
        # Open consoles show that it is fully judged now, whatever came of it.
        audit.announce(session, conversation, "urgency", message.id)
        is_corrected = any(one.scored_by == "practitioner" for one in message.assessments)
        # What a named person said of these very words stands.
        if is_corrected or row.urgency.rank <= conversation.urgency.rank:
            return
        conversation.urgency = row.urgency
        records.raise_urgency(records.current_contact(session, conversation), row.urgency)
        if row.urgency.raises_alert:
            silence.begin(session, conversation)
        if row.urgency.raises_alert or conversation.holder is Holder.BOT:
            is_emergency = row.urgency is Urgency.EMERGENCY
            reason = HandoverReason.EMERGENCY if is_emergency else HandoverReason.URGENT
            if not row.urgency.raises_alert:
                reason = HandoverReason.CONTACT_READY
            calling.request(
                session,
                conversation,
                reason=reason,
                urgency=row.urgency,
                message=message,
            )
