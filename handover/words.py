"""Plain words for staff: what codes, times and states are called in the console."""

import datetime as dt
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from handover import hours
from handover.delivery_words import TAKEN_BACK, delivery_words
from handover.rota import OnNow
from models.authority import Nation
from models.casework import NoteKind, TaskKind
from models.channel import ChannelName, MessageKind
from models.contact import AnswerStatus, ContactChannel, ContactOutcome
from models.conversation import (
    Author,
    Child,
    Conversation,
    Delivery,
    DeliveryStatus,
    HandoverReason,
)
from models.escalation import Escalation, Rung
from models.practitioner import RoleName
from models.rota import Shift, ShiftKind
from models.teamwork import Transfer, TransferStatus
from models.urgency import Harm, Urgency

LONDON = ZoneInfo("Europe/London")
_MOST_HARMS = 3

URGENCY = {
    Urgency.EMERGENCY: "Emergency",
    Urgency.URGENT: "Urgent",
    Urgency.CONCERN: "Concern",
    Urgency.NO_CONCERN: "No concern",
}
URGENCY_MEANS = {
    Urgency.EMERGENCY: "Act this minute: life or serious injury is at stake now",
    Urgency.URGENT: "Speak to the child the same day: significant harm happened or is likely soon",
    Urgency.CONCERN: "Assess within one working day: a real worry without signs of harm now",
    Urgency.NO_CONCERN: "Nothing beyond a kind answer",
}
REASONS = {
    HandoverReason.EMERGENCY: "What they wrote sounds like an emergency",
    HandoverReason.URGENT: "What they wrote sounds urgent",
    HandoverReason.CHILD_ASKED: "They asked for a person",
    HandoverReason.CONTACT_READY: "They have told the bot enough to be read",
    HandoverReason.BOT_UNAVAILABLE: "The bot could not answer",
    HandoverReason.STOPPED_AFTER_RISK: "They stopped after saying something worrying",
    HandoverReason.UNDELIVERABLE: "Our message did not reach them",
    HandoverReason.ATTACHMENT: "They sent something the bot cannot open",
    HandoverReason.WRONG_READER: "Somebody else may be reading",
    HandoverReason.RELEASED: "A practitioner gave it back",
    HandoverReason.OPTED_OUT: "Someone texted STOP from their number, and we are blocked",
    HandoverReason.DURESS: "They used their danger word. Someone is with them: do not write",
    HandoverReason.FORGOTTEN_WORD: "They cannot remember their safe word",
    HandoverReason.WELFARE_CHECK: "They went quiet after something worrying. Decide what to do",
    HandoverReason.ANOTHER_CHANNEL: "Someone says they wrote to us before from another phone",
}
CHANNELS = {
    ChannelName.TELEGRAM: "Telegram",
    ChannelName.WHATSAPP: "WhatsApp",
    ChannelName.SMS: "SMS",
}
NEARNESS = {
    "in_time": "Decide by ",
    "soon": "Decide very soon: by ",
    "late": "Late. It was to be decided by ",
}
NOTE_KINDS = {
    NoteKind.NOTE: "Case note",
    NoteKind.PHONE_CALL: "Telephone call",
    NoteKind.VISIT: "Visit",
    NoteKind.MEETING: "Meeting",
    NoteKind.EMAIL_OR_LETTER: "Email or letter",
    NoteKind.SUPERVISION: "Supervision",
}
TASK_KINDS = {
    TaskKind.FOLLOW_UP: "Follow up",
    TaskKind.WELFARE_CHECK: "Check that the child is safe",
    TaskKind.NEW_INFORMATION: "New information on an open case",
    TaskKind.CHANGE_OF_WORKER: "The child asked for another worker",
    TaskKind.TELL_THE_CHILD: "Tell the child",
    TaskKind.PAUSE: "Take a pause",
    TaskKind.OTHER: "Other",
}
CONTACT_CHANNELS = {
    ContactChannel.TELEGRAM: "Telegram",
    ContactChannel.WHATSAPP: "WhatsApp",
    ContactChannel.SMS: "SMS",
    ContactChannel.WEB: "Web",
    ContactChannel.PHONE: "Telephone",
    ContactChannel.WALK_IN: "In person",
}
KINDS = {
    MessageKind.IMAGE: "sent a picture. It is not shown here",
    MessageKind.VOICE: "sent a voice note",
    MessageKind.VIDEO: "sent a video. It is not shown here",
    MessageKind.DOCUMENT: "sent a file. It is not opened here",
    MessageKind.LOCATION: "shared where they are",
    MessageKind.CONTACT_CARD: "shared someone's contact card",
    MessageKind.STICKER: "sent a sticker",
    MessageKind.EDIT: "changed an earlier message",
    MessageKind.DELETION: "deleted an earlier message",
    MessageKind.BLOCKED: "blocked us, or left the chat",
    MessageKind.UNKNOWN: "sent something that cannot be opened",
}
ANSWER_STATUS = {
    AnswerStatus.DONT_KNOW: "They do not know",
    AnswerStatus.PREFER_NOT_TO_SAY: "They would rather not say",
    AnswerStatus.NOT_ASKED: "Not asked",
    AnswerStatus.ASKED_UNANSWERED: "Asked, not answered",
}
OUTCOMES = {
    ContactOutcome.REFERRAL: "Referral to children's social care",
    ContactOutcome.EARLY_HELP: "Early help",
    ContactOutcome.INFORMATION_AND_ADVICE: "Information and advice",
    ContactOutcome.NO_FURTHER_ACTION: "No further action",
    ContactOutcome.PASSED_TO_WORKER: "Passed to the allocated worker",
}
OUTCOMES_MEAN = {
    ContactOutcome.REFERRAL: "A social worker will assess what this child needs",
    ContactOutcome.EARLY_HELP: "Help from a family worker or another service, with agreement",
    ContactOutcome.INFORMATION_AND_ADVICE: "They were told where help is, and need no more from us",
    ContactOutcome.NO_FURTHER_ACTION: "There is nothing for anyone to do",
    ContactOutcome.PASSED_TO_WORKER: "The case is open: its worker is given this, and no referral",
}
ROLES = {
    RoleName.PRACTITIONER: "Practitioner",
    RoleName.SUPERVISOR: "Supervisor",
    RoleName.EDITOR: "Editor",
    RoleName.SAFEGUARDING_LEAD: "Safeguarding lead",
    RoleName.PUBLISHER: "Publisher",
    RoleName.ADMIN: "Administrator",
}
TRANSFERS = {
    TransferStatus.PENDING: "Not answered yet",
    TransferStatus.ACCEPTED: "Accepted",
    TransferStatus.DECLINED: "Declined",
    TransferStatus.EXPIRED: "Not answered in time",
    TransferStatus.WITHDRAWN: "Taken back",
}
SHIFTS = {
    ShiftKind.DUTY: "Duty",
    ShiftKind.ON_CALL: "On call",
    ShiftKind.EMERGENCY_DUTY: "Emergency duty team",
    ShiftKind.MANAGER: "Manager",
}
RUNGS = {
    "worker": "Whoever holds the conversation",
    "duty": "Duty",
    "emergency_duty": "Emergency duty team and on call",
    "manager": "Manager, called again each time",
    "seen": "Whoever said that they have seen it",
}
_CALLED = {
    Rung.WORKER: "whoever holds it",
    Rung.DUTY: "duty",
    Rung.EMERGENCY_DUTY: "emergency duty team",
    Rung.MANAGER: "manager",
}
_DELIVERY = {
    DeliveryStatus.QUEUED: "Waiting to be sent",
    DeliveryStatus.SENDING: "Being sent",
    DeliveryStatus.SENT: "Sent",
    DeliveryStatus.DELIVERED: "On their phone",
    DeliveryStatus.READ: "Read",
    DeliveryStatus.FAILED: "Did not arrive",
    DeliveryStatus.REFUSED: "Could not be sent",
    DeliveryStatus.WITHHELD: "Not sent",
    DeliveryStatus.HELD: "Held until it is safe to send",
    DeliveryStatus.SEALED: "Not seen yet. Only a neutral note was sent",
}
_HELD_BACK = {
    "someone_is_here": "The child told us that somebody is with them.",
    "child_stopped": "The child asked us to stop writing.",
    "window_closed": "WhatsApp allows free messages for 24 hours after the child last wrote.",
    "no_longer_needed": "It was not needed any more.",
    "decision_changed": "The decision changed before this was sent.",
    "outside_safe_times": "It is outside the times at which the child said it is safe.",
}
# From what went worst to what went best: a message in parts is as good as its worst part.
_WORST_FIRST = (
    DeliveryStatus.REFUSED,
    DeliveryStatus.FAILED,
    DeliveryStatus.WITHHELD,
    DeliveryStatus.HELD,
    DeliveryStatus.SEALED,
    DeliveryStatus.QUEUED,
    DeliveryStatus.SENDING,
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
)
_BAD = {DeliveryStatus.REFUSED, DeliveryStatus.FAILED, DeliveryStatus.WITHHELD}
_LANGUAGES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "cy": "Welsh",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "gu": "Gujarati",
    "hi": "Hindi",
    "it": "Italian",
    "pa": "Punjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "so": "Somali",
    "ta": "Tamil",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "zh": "Chinese",
}


def on_now(people: Iterable[OnNow]) -> str:
    """Gives who is there now by what for, such as `Duty: Anna Okafor. Manager: Sam Lee`."""
    kinds: dict[ShiftKind, list[str]] = {}
    for one in people:
        names = kinds.setdefault(one.kind, [])
        if one.practitioner.name not in names:
            names.append(one.practitioner.name)
    return ". ".join(
        f"{SHIFTS[kind]}: {', '.join(kinds[kind])}" for kind in ShiftKind if kind in kinds
    )


def whole_day(one: dt.date) -> str:
    """Gives a day, such as `Monday 4 May 2026`."""
    return f"{one:%A} {one.day} {one:%B %Y}"


def shift_time(shift: Shift) -> str:
    """Gives when a shift is, such as `every Monday, 09:00 to 17:00`."""
    if shift.begins_at is not None and shift.ends_at is not None:
        return f"{local_time(shift.begins_at)} to {local_time(shift.ends_at)}"
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return f"every {names[shift.weekday or 0]}, {shift.starts:%H:%M} to {shift.ends:%H:%M}"


def language(code: str) -> str:
    """Gives a language's English name, or its code when it is not one we know."""
    return _LANGUAGES.get(code.partition("-")[0], code)


def harm(code: str) -> str:
    """Gives a harm's name as a practitioner says it."""
    known = Harm(code).value if code in set(Harm) else code
    return known.replace("_", " ").replace("fgm", "FGM")


def child(conversation: Conversation) -> str:
    """Gives the name the child uses, or says that there is none yet."""
    return child_name(conversation.child)


def child_name(child_of: Child) -> str:
    """Gives the name a child uses, or says that there is none yet."""
    return child_of.name_to_use or "Child, no name given"


def author(author_of: Author, conversation: Conversation, practitioner_name: str | None) -> str:
    """Gives who said a message."""
    match author_of:
        case Author.CHILD:
            return conversation.child.name_to_use or "Child"
        case Author.BOT:
            return "Bot"
        case Author.PRACTITIONER:
            return practitioner_name or "Practitioner"


def taker(transfer: Transfer) -> str:
    """Gives to whom a conversation is offered."""
    found = transfer.to_practitioner or transfer.to_team or transfer.to_authority
    return found.name if found is not None else "somebody"


def until(moment: dt.datetime, now: dt.datetime) -> str:
    """Gives how much time is left, such as `3 hours left`; nothing once it is over."""
    seconds = int((moment - now).total_seconds())
    return f"{_span(seconds)} left" if seconds > 0 else ""


def ago(moment: dt.datetime, now: dt.datetime) -> str:
    """Gives how long ago a moment was, such as `14 minutes ago`."""
    seconds = max(0, int((now - moment).total_seconds()))
    if seconds < 60:
        return "just now"
    return f"{_span(seconds)} ago"


def local_time(moment: dt.datetime) -> str:
    """Gives a moment as local date and time, such as `3 May 2026 at 4:05pm`."""
    here = moment.astimezone(LONDON)
    return f"{here.day} {here:%B %Y} at {clock(moment)}"


def short_time(moment: dt.datetime) -> str:
    """Gives a moment of these days where there is little room, such as `Mon 4 May, 5:00pm`."""
    here = moment.astimezone(LONDON)
    return f"{here:%a} {here.day} {here:%b}, {clock(moment)}"


def why(reason: HandoverReason, harms: Sequence[Harm]) -> str:
    """Gives why a person was called, with what the words tell of where that was the reason."""
    if reason not in {HandoverReason.EMERGENCY, HandoverReason.URGENT} or not harms:
        return REASONS[reason]
    named = ", ".join(harm(one.value) for one in harms[:_MOST_HARMS])
    return f"{REASONS[reason]}: {named}"


def day(date: dt.date) -> str:
    """Gives a day, such as `3 May 2026`."""
    return f"{date.day} {date:%B %Y}"


def clock(moment: dt.datetime) -> str:
    """Gives a moment's local time of day, such as `4:05pm`."""
    here = moment.astimezone(LONDON)
    return f"{here.hour % 12 or 12}:{here.minute:02}{'am' if here.hour < 12 else 'pm'}"


def answer_by(nation: Nation, urgency: Urgency, since: dt.datetime) -> dt.datetime | None:
    """Gives when a call must be answered by, as the urgency guide says; None without a target."""
    match urgency:
        case Urgency.EMERGENCY:
            return since
        case Urgency.URGENT:
            return since + dt.timedelta(hours=1)
        case Urgency.CONCERN:
            return end_of_next_working_day(nation, since)
        case Urgency.NO_CONCERN:
            return None


def end_of_next_working_day(nation: Nation, since: dt.datetime) -> dt.datetime:
    """Gives the end, at 5pm, of the first working day after a moment's."""
    day = since.astimezone(LONDON).date() + dt.timedelta(days=1)
    while not hours.is_working_day(nation, day):
        day += dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(17), tzinfo=LONDON).astimezone(dt.UTC)


def due(deadline: dt.datetime, urgency: Urgency, now: dt.datetime) -> str:
    """Gives a deadline in words, such as `Answer within 20 minutes` or `Late by 2 hours`."""
    if urgency is Urgency.EMERGENCY:
        return "Answer now"
    seconds = int((deadline - now).total_seconds())
    if seconds < -60:
        return f"Late by {_span(-seconds)}"
    return f"Answer within {_span(max(60, seconds))}"


def next_step(rung: Rung, at: dt.datetime, now: dt.datetime) -> str:
    """Gives whom the ladder calls next and when, such as `Next: manager at 2:06am`."""
    if at <= now:
        return f"Next: {_CALLED[rung]} now"
    is_today = at.astimezone(LONDON).date() == now.astimezone(LONDON).date()
    soon = is_today or at - now < dt.timedelta(hours=12)
    return f"Next: {_CALLED[rung]} {'at' if soon else 'on'} {clock(at) if soon else local_time(at)}"


def called(owed: Escalation) -> str:
    """Gives who was called for an answer that is owed, such as `Duty called`."""
    if owed.called_at is None:
        return ""
    return f"{_CALLED[owed.rung].capitalize()} called"


def delivery(parts: list[Delivery]) -> tuple[str, str, bool]:
    """Gives a message's delivery in words, what to do about it, and whether it went wrong."""
    if not parts:
        return "", "", False
    worst = min(parts, key=lambda part: _WORST_FIRST.index(part.status))
    if worst.error_code == TAKEN_BACK:
        return "Taken back before it was sent", "", False
    words = _DELIVERY[worst.status]
    if worst.error_code in _HELD_BACK:
        return words, _HELD_BACK[worst.error_code], worst.status in _BAD
    is_explained = worst.status is DeliveryStatus.SEALED or worst.status.is_waiting
    if worst.status in _BAD or (worst.error_code and is_explained):
        reason = delivery_words(worst.error_code)
        return words, f"{reason.happened} {reason.do}", worst.status in _BAD
    return words, "", False


def length(seconds: int) -> str:
    """Gives how long a sound lasts, in minutes and seconds."""
    return f"{seconds // 60}:{seconds % 60:02}"


def _span(seconds: int) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "1 minute"
