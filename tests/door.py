"""The front door as a test speaks of it: what a child says, what they get, who holds them."""

import datetime as dt
import itertools
import uuid
from dataclasses import replace

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bot import inbox, outbox, tidying
from bot.channels.base import Attachment, Channel, IncomingMessage
from bot.courtesy import Typing
from bot.inbox import Received
from handover import calling, decisions, records, service
from handover.decisions import Decision
from handover.records import GatheredAnswer
from models.audit import AuditEvent
from models.authority import Authority, ChannelAccount
from models.channel import ChannelName, MessageKind
from models.contact import AnswerStatus, Contact, ContactOutcome
from models.conversation import (
    Author,
    Conversation,
    Delivery,
    Handover,
    Message,
    UrgencyAssessment,
)
from models.db import transaction
from models.encryption import keyring_of
from models.practitioner import Practitioner, Role, RoleName
from models.urgency import Urgency
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import MovableClock
from tests.fakes.dialogue import FakeDialogue

CHILD = "7700900123"
_TOO_OFTEN = 2_000


def add_authority(engine: Engine, *, la_code: str = "000") -> Authority:
    """Gives a new authority."""
    with transaction(engine) as session:
        authority = Authority(
            la_code=la_code,
            name="Testshire Council" if la_code == "000" else f"Council {la_code}",
            service_name="Front Door",
            # What is said goes at once, but for the tests of taking it back.
            undo_seconds=0,
        )
        session.add(authority)
    return authority


def add_account(
    engine: Engine, authority: Authority, channel: ChannelName, *, name: str = "fake"
) -> ChannelAccount:
    """Gives a new account of the authority on a channel."""
    with transaction(engine) as session:
        account = ChannelAccount(
            authority_id=authority.id, channel=channel, external_name=f"{channel.value}-{name}"
        )
        session.add(account)
    return account


def add_practitioner(
    engine: Engine,
    authority: Authority,
    name: str,
    *roles: RoleName,
    active: bool = True,
) -> Practitioner:
    """Gives a new member of staff; a practitioner unless roles are named."""
    wanted = roles or (RoleName.PRACTITIONER,)
    with transaction(engine) as session:
        found = {role.name: role for role in session.scalars(select(Role))}
        practitioner = Practitioner(
            authority_id=authority.id,
            email=f"{uuid.uuid4().hex}@testshire.example",
            name=name,
            fs_uniquifier=uuid.uuid4().hex,
            active=active,
            roles=[found.get(role.value) or Role(name=role.value) for role in wanted],
        )
        session.add(practitioner)
    return practitioner


class Door:
    """One account, one channel, one dialogue, and a child who writes."""

    def __init__(
        self,
        engine: Engine,
        authority: Authority,
        channel: FakeChannel,
        dialogue: FakeDialogue,
        clock: MovableClock,
        *,
        address: str = CHILD,
    ) -> None:
        self.engine = engine
        self.authority = authority
        self.channel = channel
        self.dialogue = dialogue
        self.clock = clock
        self.address = address
        self.account_id = add_account(engine, authority, channel.name, name=channel.account).id
        self.channels: dict[int, Channel] = {self.account_id: channel}
        self.typing: Typing | None = None
        self._numbers = itertools.count(1)

    def child_says(
        self, text: str = "", *, quiet: float = 0, address: str | None = None, **more: object
    ) -> Received:
        """Gives what became of a message that the provider brought, some seconds of quiet kept."""
        number = next(self._numbers)
        message = IncomingMessage(
            external_id=f"in-{number}",
            address=address or self.address,
            kind=MessageKind.TEXT,
            text=text,
            reference=str(number),
        )
        message = replace(message, **more)  # type: ignore[arg-type]  # fields of the message
        return inbox.receive(
            self.engine, self.account_id, message, quiet=dt.timedelta(seconds=quiet)
        )

    def child_sends(self, kind: MessageKind, text: str = "") -> Received:
        """Gives what became of a file, a place, or something else that is no text."""
        attachment = Attachment(kind=kind, reference=f"file-{kind.value}", media_type="x/y")
        return self.child_says(text, kind=kind, attachments=(attachment,))

    def child_edits(self, earlier: Received, text: str) -> Received:
        """Gives what became of a changed message."""
        return self.child_says(
            text, kind=MessageKind.EDIT, refers_to=self.message(earlier.message_id).reference
        )

    def work(self) -> None:
        """Answers and sends until nothing more is due."""
        self.answer()
        self.send()

    def answer(self) -> None:
        """Answers until nothing more is due."""
        for _ in range(_TOO_OFTEN):
            if not inbox.drain(self.engine, self.dialogue, worker="test", typing=self.typing):
                return
        raise AssertionError("The inbox never ends.")

    def send(self) -> None:
        """Sends until nothing more is due."""
        for _ in range(_TOO_OFTEN):
            sent = outbox.send_due(self.engine, self.channels, worker="test")
            if not (sent or tidying.delete_due(self.engine, self.channels, worker="test")):
                return
        raise AssertionError("The outbox never ends.")

    def sent(self, address: str | None = None) -> list[str]:
        """Gives what the child's phone shows from us."""
        wanted = address or self.address
        return [one.text for one in self.channel.sent if one.address == wanted]

    def conversation(self, address: str | None = None) -> Conversation:
        """Gives the child's conversation as it is now."""
        wanted = address or self.address
        with transaction(self.engine) as session:
            rows = session.scalars(select(Conversation)).all()
            return next(row for row in rows if row.address == wanted)

    def messages(self, author: Author = Author.CHILD) -> list[Message]:
        """Gives what an author said, oldest first."""
        with transaction(self.engine) as session:
            query = select(Message).where(Message.author == author).order_by(Message.id)
            return list(session.scalars(query))

    def message(self, message_id: int) -> Message:
        """Gives one message."""
        with transaction(self.engine) as session:
            return session.get_one(Message, message_id)

    def deliveries(self) -> list[Delivery]:
        """Gives everything that was or is to be sent, oldest first."""
        with transaction(self.engine) as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def call(self) -> Handover | None:
        """Gives the open call for a person."""
        with transaction(self.engine) as session:
            conversation = self._row(session)
            return calling.open_handover(session, conversation)

    def rings(self) -> int:
        """Gives how often a person was called."""
        return self.actions().count("handover_requested")

    def actions(self) -> list[str]:
        """Gives what was audited, oldest first."""
        with transaction(self.engine) as session:
            return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))

    def contact(self) -> Contact | None:
        """Gives the contact of the present episode."""
        with transaction(self.engine) as session:
            return records.find_contact(session, self._row(session))

    def practitioner(self, name: str = "Anna Okafor", *roles: RoleName) -> Practitioner:
        """Gives a new practitioner of the authority."""
        return add_practitioner(self.engine, self.authority, name, *roles)

    def takes_over(self, practitioner: Practitioner) -> None:
        """Puts the conversation into a practitioner's hands."""
        with transaction(self.engine) as session:
            service.take_over(session, practitioner, self._row(session).id)

    def says(self, practitioner: Practitioner, text: str) -> None:
        """Queues a practitioner's words."""
        with transaction(self.engine) as session:
            service.say(session, practitioner, self._row(session).id, text)

    def releases(self, practitioner: Practitioner) -> None:
        """Gives the conversation back to the bot."""
        with transaction(self.engine) as session:
            service.release(session, practitioner, self._row(session).id)

    def ends(self, practitioner: Practitioner) -> None:
        """Ends the episode."""
        with transaction(self.engine) as session:
            service.end(session, practitioner, self._row(session).id)

    def decides(self, practitioner: Practitioner, outcome: ContactOutcome, reason: str) -> None:
        """Keeps a practitioner's decision on the contact."""
        with transaction(self.engine) as session:
            contact = records.current_contact(session, self._row(session))
            need = GatheredAnswer(field="primary_need_code", status=AnswerStatus.VALUE, value="N1")
            records.record_answers(session, contact, [need], practitioner=practitioner)
            decisions.decide(
                session, practitioner, contact.id, Decision(outcome=outcome, reason=reason)
            )

    def corrects(self, practitioner: Practitioner, message_id: int, level: Urgency) -> None:
        """Lets a practitioner say how urgent a message really is."""
        with transaction(self.engine) as session:
            message = session.get_one(Message, message_id)
            service.set_urgency(session, practitioner, message, level=level, reason="I asked.")

    def chooses_safe_word(self, word: str) -> None:
        """Gives the child a safe word."""
        with transaction(self.engine) as session:
            conversation = self._row(session)
            digest = keyring_of(session).digest("safe_word", str(conversation.child_id), word)
            conversation.child.safe_word_digest = digest

    def plans(self, plan: dict[str, object]) -> None:
        """Gives the child a safe-contact plan."""
        with transaction(self.engine) as session:
            self._row(session).child.contact_plan = plan

    def spoil_harms(self) -> None:
        """Leaves a row behind that this version cannot read."""
        with transaction(self.engine) as session:
            session.execute(update(UrgencyAssessment).values(harms=["no_such_harm"]))

    def _row(self, session: Session) -> Conversation:
        return session.get_one(Conversation, self.conversation_id)

    @property
    def conversation_id(self) -> int:
        """Gives the id of the child's conversation."""
        return self.conversation().id
