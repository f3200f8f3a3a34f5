"""Conversations: the child, what was said, how it travelled and who holds it."""

import datetime as dt
import enum
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.authority import Authority, ChannelAccount
from models.base import Base, CreatedAt, Id, foreign_key
from models.channel import CAPABILITIES, Capability, ChannelName, MessageKind
from models.encryption import EncryptedJson, EncryptedText
from models.practitioner import Practitioner
from models.urgency import Urgency


class Holder(enum.StrEnum):
    """Who answers the child's next message."""

    BOT = "bot"
    NOBODY = "nobody"
    """A person was asked for and none has taken over yet; the bot keeps the child company."""
    PRACTITIONER = "practitioner"


class Author(enum.StrEnum):
    """Who said a message."""

    CHILD = "child"
    BOT = "bot"
    PRACTITIONER = "practitioner"


class DeliveryStatus(enum.StrEnum):
    """How far a message of ours has come. A receipt only moves it forward."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    """Taken, then not delivered, or given up after many tries."""
    REFUSED = "refused"
    """The provider will never take it."""
    HELD = "held"
    """Paused by the safe-contact plan; goes when the plan allows."""
    WITHHELD = "withheld"
    """The safe-contact plan or the child's own stop forbids it for good."""
    SEALED = "sealed"
    """Only a neutral note went; the words wait for the child's safe word, or for a person."""

    @property
    def is_waiting(self) -> bool:
        """Tells whether it is still to be sent."""
        return self in {DeliveryStatus.QUEUED, DeliveryStatus.SENDING}


class HandoverReason(enum.StrEnum):
    """Why a person was called."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    CHILD_ASKED = "child_asked"
    CONTACT_READY = "contact_ready"
    BOT_UNAVAILABLE = "bot_unavailable"
    STOPPED_AFTER_RISK = "stopped_after_risk"
    UNDELIVERABLE = "undeliverable"
    OPTED_OUT = "opted_out"
    ATTACHMENT = "attachment"
    WRONG_READER = "wrong_reader"
    RELEASED = "released"
    FORGOTTEN_WORD = "forgotten_word"
    WELFARE_CHECK = "welfare_check"
    """A child at risk went quiet: a person decides what is done."""
    ANOTHER_CHANNEL = "another_channel"
    """Somebody says that they are a child we know from another channel."""
    DURESS = "duress"


class Child(Base):
    """Someone under 18 who writes to us, as far as they have told us who they are."""

    __tablename__ = "child"

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    name_to_use: Mapped[str | None] = mapped_column(EncryptedText)
    safe_word_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    safe_word_offered_at: Mapped[dt.datetime | None]
    """When the child was offered to choose a safe word; it is offered once."""
    cover_word_digest: Mapped[str | None] = mapped_column(String(64))
    """The child's own word for "someone is here"."""
    duress_word_digest: Mapped[str | None] = mapped_column(String(64))
    """The child's own word for "someone is here, and I am in danger"."""
    contact_plan: Mapped[Any | None] = mapped_column(EncryptedJson)
    """The safe-contact plan in force; None until the child has said anything about it. What was
    said of it, by whom and when, is kept in `PlanChange`."""
    created_at: Mapped[CreatedAt]
    conversations: Mapped[list["Conversation"]] = relationship(back_populates="child")


class Conversation(Base):
    """Everything with one child over one channel."""

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("account_id", "address_digest"),
        # The two questions workers and consoles ask all the time stay small whatever the history.
        Index(
            "ix_conversation_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_conversation_waiting", "authority_id", "holder", "ended_at"),
        Index(
            "ix_conversation_unanswered",
            "unanswered_since",
            sqlite_where=text("unanswered_since IS NOT NULL"),
            postgresql_where=text("unanswered_since IS NOT NULL"),
        ),
        Index(
            "ix_conversation_typing",
            "typing_at",
            sqlite_where=text("typing_at IS NOT NULL"),
            postgresql_where=text("typing_at IS NOT NULL"),
        ),
        # The console's lists read a page in their own order, however long the history.
        Index(
            "ix_conversation_open",
            "authority_id",
            "last_inbound_at",
            "id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_conversation_ended",
            "authority_id",
            "ended_at",
            "id",
            sqlite_where=text("ended_at IS NOT NULL"),
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    account_id: Mapped[int] = mapped_column(foreign_key("channel_account.id"))
    child_id: Mapped[int] = mapped_column(foreign_key("child.id"), index=True)
    address: Mapped[str] = mapped_column(EncryptedText)
    address_digest: Mapped[str] = mapped_column(String(64))
    channel: Mapped[ChannelName]
    language: Mapped[str] = mapped_column(String(12), default="en")

    holder: Mapped[Holder] = mapped_column(default=Holder.BOT)
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"), index=True)
    urgency: Mapped[Urgency] = mapped_column(default=Urgency.NO_CONCERN)
    """The highest seen in this episode; only a named practitioner lowers it."""
    episode: Mapped[int] = mapped_column(default=1)
    dialogue_state: Mapped[str | None] = mapped_column(EncryptedText)
    asked: Mapped[str | None] = mapped_column(String(60))
    """The record field the bot last asked for."""

    due_at: Mapped[dt.datetime | None]
    """When the oldest unprocessed message is to be worked; None when there is none."""
    pending_urgency: Mapped[Urgency] = mapped_column(default=Urgency.NO_CONCERN)
    """What the phrases alone say of the unprocessed messages: who is worked first."""
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[dt.datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    """How often in a row the work on it failed; a child does not wait on a fault for ever."""

    emergency_answered_at: Mapped[dt.datetime | None]
    """When the child was last given the emergency words in full."""
    held_at: Mapped[dt.datetime | None]
    """When the child last had a holding reply because the dialogue was not to be had."""
    last_inbound_at: Mapped[dt.datetime | None]
    unanswered_since: Mapped[dt.datetime | None]
    """When the oldest of the child's words came that nobody has answered; None when all are."""
    last_outbound_at: Mapped[dt.datetime | None]
    window_ends_at: Mapped[dt.datetime | None]
    """Until when the channel takes free text; None where there is no such window."""
    stopped_at: Mapped[dt.datetime | None]
    """When the child told us to stop."""
    blocked_at: Mapped[dt.datetime | None]
    """When the provider began to refuse messages to this address."""
    covered_at: Mapped[dt.datetime | None]
    """When the child said that someone is here; None when the way is clear."""
    unsealed_until: Mapped[dt.datetime | None]
    """Until when sealed words go to the phone, after the safe word was given."""
    typing_at: Mapped[dt.datetime | None]
    """When a practitioner last pressed a key; None once the child's phone was told."""
    language_offered: Mapped[str | None] = mapped_column(String(12))
    """The language that was offered last; each is offered once."""
    language_chosen_at: Mapped[dt.datetime | None]
    """When the child chose the language; from then on only their own word changes it."""
    aside: Mapped[Any | None] = mapped_column(EncryptedJson)
    """A question of the service's own that is open, and what the dialogue is to say after it."""
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[dt.datetime | None]

    authority: Mapped[Authority] = relationship()
    account: Mapped[ChannelAccount] = relationship()
    child: Mapped[Child] = relationship(back_populates="conversations")
    practitioner: Mapped[Practitioner | None] = relationship()
    messages: Mapped[list["Message"]] = relationship(back_populates="conversation")
    handovers: Mapped[list["Handover"]] = relationship(back_populates="conversation")

    @property
    def capability(self) -> Capability:
        """Gives what the conversation's channel can carry."""
        return CAPABILITIES[self.channel]


class Message(Base):
    """One thing said, by the child or to the child. Never changed, never removed."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("account_id", "external_id"),
        Index("ix_message_thread", "conversation_id", "id"),
        Index("ix_message_reference", "conversation_id", "reference"),
        Index(
            "ix_message_unprocessed",
            "conversation_id",
            "id",
            sqlite_where=text("author = 'child' AND processed_at IS NULL"),
            postgresql_where=text("author = 'child' AND processed_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    account_id: Mapped[int] = mapped_column(foreign_key("channel_account.id"))
    episode: Mapped[int] = mapped_column(default=1)
    author: Mapped[Author]
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    kind: Mapped[MessageKind] = mapped_column(default=MessageKind.TEXT)
    text: Mapped[str] = mapped_column(EncryptedText, default="")
    details: Mapped[Any | None] = mapped_column(EncryptedJson)
    """Attachments and the pressed choice of an inbound message; the buttons of an outbound one."""
    external_id: Mapped[str | None] = mapped_column(String(120))
    """The provider's id of an inbound message; a repeat bears the same."""
    reference: Mapped[str | None] = mapped_column(String(120))
    """The provider's id of the message in its chat, by which edits and deletions name it."""
    refers_to_id: Mapped[int | None] = mapped_column(foreign_key("message.id"))
    """The message that this edit or deletion is about."""
    answers_id: Mapped[int | None] = mapped_column(foreign_key("message.id"))
    """For a reply, the child's message that it answers."""
    sent_at: Mapped[dt.datetime | None]
    """When the child's phone or the provider says it was sent."""
    created_at: Mapped[CreatedAt]
    processed_at: Mapped[dt.datetime | None]
    """When an inbound message was decided on; None while it waits."""

    conversation: Mapped[Conversation] = relationship(back_populates="messages")
    practitioner: Mapped[Practitioner | None] = relationship()
    deliveries: Mapped[list["Delivery"]] = relationship(
        back_populates="message", order_by="Delivery.id"
    )
    assessments: Mapped[list["UrgencyAssessment"]] = relationship(
        back_populates="message", order_by="UrgencyAssessment.id"
    )


class Delivery(Base):
    """The sending of one message, or of one part of a long one."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("message_id", "part"),
        Index("ix_delivery_external", "account_id", "external_id"),
        Index(
            "ix_delivery_waiting",
            "conversation_id",
            "id",
            sqlite_where=text("status IN ('queued', 'sending')"),
            postgresql_where=text("status IN ('queued', 'sending')"),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    account_id: Mapped[int] = mapped_column(foreign_key("channel_account.id"))
    message_id: Mapped[int] = mapped_column(foreign_key("message.id"))
    part: Mapped[int] = mapped_column(default=1)
    text: Mapped[str] = mapped_column(EncryptedText)
    urgency: Mapped[Urgency] = mapped_column(default=Urgency.NO_CONCERN)
    """Who is sent to first when there is more than the channel takes."""
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[dt.datetime] = mapped_column()
    attempted_at: Mapped[dt.datetime | None]
    """When the last try began."""
    is_ambiguous: Mapped[bool] = mapped_column(default=False)
    """Whether a try ended without an answer, so that it may have gone."""
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[dt.datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(120))
    error_code: Mapped[str | None] = mapped_column(String(60))
    sent_at: Mapped[dt.datetime | None]
    delivered_at: Mapped[dt.datetime | None]
    expires_at: Mapped[dt.datetime | None]
    """When sealed words are no longer given out; None for others."""
    overridden_at: Mapped[dt.datetime | None]
    """When two people decided that it goes although the plan does not allow it."""
    created_at: Mapped[CreatedAt]

    message: Mapped[Message] = relationship(back_populates="deliveries")
    conversation: Mapped[Conversation] = relationship()


class Handover(Base):
    """A call for a person, from the asking to the end of their holding."""

    __tablename__ = "handover"
    __table_args__ = (
        # Two workers cannot both call for a person: one call is open at a time.
        Index(
            "uq_handover_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_handover_waiting",
            "authority_id",
            "urgency",
            "requested_at",
            "id",
            sqlite_where=text("closed_at IS NULL AND taken_at IS NULL"),
            postgresql_where=text("closed_at IS NULL AND taken_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    reason: Mapped[HandoverReason]
    urgency: Mapped[Urgency]
    """How urgent it was when last rung; it rings again when this rises."""
    requested_at: Mapped[CreatedAt]
    rung_at: Mapped[CreatedAt]
    message_id: Mapped[int | None] = mapped_column(foreign_key("message.id"))
    """The message that rang last."""
    acknowledged_at: Mapped[dt.datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    taken_at: Mapped[dt.datetime | None]
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    closed_at: Mapped[dt.datetime | None]

    conversation: Mapped[Conversation] = relationship(back_populates="handovers")


class UrgencyAssessment(Base):
    """How urgent one message was judged, by what, and why."""

    __tablename__ = "urgency_assessment"

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(foreign_key("message.id"), index=True)
    urgency: Mapped[Urgency]
    harms: Mapped[list[str]] = mapped_column(JSON, default=list)
    scores: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    reasons: Mapped[Any] = mapped_column(EncryptedJson, default=list)
    """Each reason with the child's words and where they stand."""
    scored_by: Mapped[str] = mapped_column(String(40))
    """`phrases`, `phrases_and_model`, `practitioner`, `receipt` until a message is judged, or
    `service` for what no words raised."""
    model_version: Mapped[str | None] = mapped_column(String(80))
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    needs_rescoring: Mapped[bool] = mapped_column(default=False, index=True)
    """True while the model could not be asked."""
    created_at: Mapped[CreatedAt]

    message: Mapped[Message] = relationship(back_populates="assessments")
