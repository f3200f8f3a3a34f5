"""Delivery words: what a practitioner reads when a message did not reach a child."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryWords:
    """One reason in plain English: what happened, and what to do about it."""

    happened: str
    do: str


TAKEN_BACK = "taken_back"
"""The code on a delivery whose writer took it back before it went."""

_OURS = "Tell the person who runs this service. The message is kept and will be sent after that."
_ANOTHER_WAY = (
    "Look for another safe way to reach this child: another channel they used, or someone they"
    " said they trust."
)
_SAY_SHORTER = "Say it again in fewer words."

DELIVERY_WORDS = {
    "network": DeliveryWords(
        happened="The message service could not be reached.",
        do="Nothing. The message is sent again by itself.",
    ),
    "paced": DeliveryWords(
        happened="The message waits a moment so as not to send too fast.",
        do="Nothing. It is sent by itself.",
    ),
    "bad_address": DeliveryWords(
        happened="The address we hold for this child is not one the channel knows.",
        do=_ANOTHER_WAY,
    ),
    "no_text": DeliveryWords(happened="The message had no words.", do="Write it again."),
    "too_long": DeliveryWords(happened="The message was too long.", do=_SAY_SHORTER),
    "telegram_400": DeliveryWords(
        happened="Telegram did not take the message: the chat may have been deleted.",
        do=_ANOTHER_WAY,
    ),
    "telegram_401": DeliveryWords(happened="Telegram does not accept our sign-in.", do=_OURS),
    "telegram_403": DeliveryWords(
        happened="The child has blocked our Telegram bot or deleted their account.",
        do="Do not assume that it was the child who did this. " + _ANOTHER_WAY,
    ),
    "telegram_409": DeliveryWords(
        happened="Another program uses the same Telegram bot.",
        do=_OURS,
    ),
    "telegram_429": DeliveryWords(
        happened="Telegram asks us to wait a little.",
        do="Nothing. The message is sent by itself.",
    ),
    "telegram_5xx": DeliveryWords(
        happened="Telegram has a fault.",
        do="Nothing. The message is sent again by itself.",
    ),
    "11200": DeliveryWords(happened="Twilio could not reach this service.", do=_OURS),
    "11217": DeliveryWords(happened="Twilio did not understand this service's answer.", do=_OURS),
    "20003": DeliveryWords(happened="Twilio does not accept our sign-in.", do=_OURS),
    "20404": DeliveryWords(happened="Twilio does not know our account or number.", do=_OURS),
    "20429": DeliveryWords(
        happened="Too many messages were sent at once.",
        do="Nothing. The message is sent again by itself.",
    ),
    "20500": DeliveryWords(
        happened="Twilio has a fault.", do="Nothing. The message is sent again by itself."
    ),
    "20503": DeliveryWords(
        happened="Twilio has a fault.", do="Nothing. The message is sent again by itself."
    ),
    "twilio_unreadable": DeliveryWords(
        happened="Twilio has a fault.", do="Nothing. The message is sent again by itself."
    ),
    "21211": DeliveryWords(happened="This is not a valid phone number.", do=_ANOTHER_WAY),
    "21408": DeliveryWords(
        happened="Our account may not send to the country of this number.", do=_OURS
    ),
    "21602": DeliveryWords(happened="The message had no words.", do="Write it again."),
    "21603": DeliveryWords(happened="No number of ours is set to send from.", do=_OURS),
    "21604": DeliveryWords(happened="No number is held for this child.", do=_ANOTHER_WAY),
    "21606": DeliveryWords(happened="Our number cannot send messages.", do=_OURS),
    "21609": DeliveryWords(happened="Our address for delivery reports is wrong.", do=_OURS),
    "21610": DeliveryWords(
        happened=(
            "Someone texted STOP, or a word like it, from this number, and the network now blocks"
            " every message from us."
        ),
        do=(
            "The child may have meant that someone should stop hurting them. Treat this as a"
            " concern. They can text START to hear from us again; until then use another way."
        ),
    ),
    "21611": DeliveryWords(
        happened="Too many messages are waiting at Twilio.",
        do="Nothing. The message is sent again by itself.",
    ),
    "21612": DeliveryWords(
        happened="This number cannot be reached from our number.", do=_ANOTHER_WAY
    ),
    "21614": DeliveryWords(happened="This number is not a mobile phone.", do=_ANOTHER_WAY),
    "21617": DeliveryWords(happened="The message was too long.", do=_SAY_SHORTER),
    "21655": DeliveryWords(happened="Twilio does not know our approved template.", do=_OURS),
    "21656": DeliveryWords(happened="Our approved template does not fit what is sent.", do=_OURS),
    "21910": DeliveryWords(happened="Our sending number is for another channel.", do=_OURS),
    "30001": DeliveryWords(
        happened="The message waited too long to be sent.",
        do="If it still matters, send it again.",
    ),
    "30002": DeliveryWords(happened="Our Twilio account is suspended.", do=_OURS),
    "30003": DeliveryWords(
        happened="The phone is switched off or has no signal.",
        do="Try again later. If you are worried for the child now, use another way.",
    ),
    "30004": DeliveryWords(
        happened="The phone or its network blocks our messages.",
        do="Do not assume that it was the child who did this. " + _ANOTHER_WAY,
    ),
    "30005": DeliveryWords(happened="The number is no longer in use.", do=_ANOTHER_WAY),
    "30006": DeliveryWords(
        happened="The number is a landline, or its network takes no messages.", do=_ANOTHER_WAY
    ),
    "30007": DeliveryWords(
        happened="The phone network held the message back because of its words.",
        do="Say it again with plainer words, without links and without words for harm.",
    ),
    "30008": DeliveryWords(
        happened="The message did not arrive, and the network gave no reason.",
        do="Send it once more. If it fails again, use another way.",
    ),
    "30036": DeliveryWords(
        happened="The message could not be delivered in time and was dropped on purpose.",
        do="If it still matters, send it again.",
    ),
    "63003": DeliveryWords(happened="This number has no WhatsApp.", do=_ANOTHER_WAY),
    "63007": DeliveryWords(happened="Our WhatsApp sender is not set up.", do=_OURS),
    "63013": DeliveryWords(
        happened="WhatsApp held the message back because of its rules.",
        do="Say it again in other words.",
    ),
    "63016": DeliveryWords(
        happened=(
            "WhatsApp allows free messages for 24 hours after the child last wrote. That time is"
            " over."
        ),
        do="Send an approved template, or reach the child another safe way.",
    ),
    "63018": DeliveryWords(
        happened="Too many messages were sent to this phone.",
        do="Nothing. The message is sent again by itself.",
    ),
    "63024": DeliveryWords(happened="WhatsApp does not know this number.", do=_ANOTHER_WAY),
    "63032": DeliveryWords(
        happened="WhatsApp does not let us write to this person now.", do=_ANOTHER_WAY
    ),
    "63038": DeliveryWords(
        happened="Our account has sent all the messages it may send today.",
        do="Tell the person who runs this service, and use another way if it is urgent.",
    ),
}

# The outbox's own reasons for not sending now or at all.
DELIVERY_WORDS |= {
    "someone_is_here": DeliveryWords(
        happened="The child said that someone is there. The message waits.",
        do="Nothing. It goes by itself when the child says that the way is clear.",
    ),
    "outside_safe_times": DeliveryWords(
        happened="It is outside the times that are safe for the child. The message waits.",
        do="Nothing. It goes by itself at the next safe time.",
    ),
    "child_stopped": DeliveryWords(
        happened="The child asked us to stop writing. The message was not sent.", do=_ANOTHER_WAY
    ),
    "window_closed": DeliveryWords(
        happened=(
            "WhatsApp allows free messages for 24 hours after the child last wrote. That time is"
            " over."
        ),
        do="Send an approved template, or reach the child another safe way.",
    ),
    "channel_not_allowed": DeliveryWords(
        happened="The child said that we may not write to them on this channel.",
        do="Write to them on a channel they allowed. Their safe-contact plan names it.",
    ),
    "plan_unreadable": DeliveryWords(
        happened="The child's safe-contact plan cannot be read, so nothing is sent first.",
        do="Set the plan anew with the child, or reach them another safe way.",
    ),
    "shared_phone": DeliveryWords(
        happened=(
            "Others see this phone. Only a neutral note was sent; the child reads your words"
            " after they send their safe word."
        ),
        do="Do not take it for read. If they have no word, make sure that it is them, then unseal.",
    ),
    "long_quiet": DeliveryWords(
        happened=(
            "The child has not written for more than a day. Only a neutral note was sent; they"
            " read your words after they send their safe word."
        ),
        do="Do not take it for read.",
    ),
    "window_note": DeliveryWords(
        happened=(
            "WhatsApp takes no free message more than 24 hours after the child last wrote. Only"
            " the approved note was sent; your words go when they answer."
        ),
        do="Do not take it for read. If it is urgent, reach the child another safe way.",
    ),
    "note_only": DeliveryWords(
        happened=(
            "The child wants nothing in text messages. Only a neutral note was sent, and your"
            " words are not given out by text."
        ),
        do=_ANOTHER_WAY,
    ),
    "sealed_expired": DeliveryWords(
        happened="Only a neutral note was sent, and no safe word came in time.",
        do="The child has not read this. " + _ANOTHER_WAY,
    ),
    "no_answer": DeliveryWords(
        happened="The provider gave no answer. We are finding out whether the message went.",
        do="Nothing. It is looked for, and sent again only if it did not go.",
    ),
}

_UNKNOWN = DeliveryWords(
    happened="The message did not arrive. The reason is not one we know.",
    do="Send it once more. If it fails again, use another way.",
)


def delivery_words(code: str | None) -> DeliveryWords:
    """Gives the words for a delivery's error code, and honest ones when it is not known."""
    return DELIVERY_WORDS.get(code or "", _UNKNOWN)
