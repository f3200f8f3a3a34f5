"""Twilio's error codes: what each one asks of us. The words for people are the console's."""

from enum import StrEnum

from bot.channels.base import ChannelError, DeliveryFailedError, DeliveryRefusedError


class Remedy(StrEnum):
    """What is to be done about a message that did not go."""

    TRY_AGAIN = "try_again"
    """It may go later, unchanged."""
    REPAIR = "repair"
    """It goes once our own settings or account are put right; until then it waits."""
    OTHER_WORDS = "other_words"
    """It may go when it is said another way or shorter."""
    OTHER_WAY = "other_way"
    """This address will not take it: find another way to the child."""
    OPTED_OUT = "opted_out"
    """The child's number has stopped us: a person must be told at once."""
    WINDOW_CLOSED = "window_closed"
    """Free text only after the child writes again; an approved template may go."""

    @property
    def will_be_tried_again(self) -> bool:
        """Tells whether the same message to the same address makes sense later."""
        return self in {Remedy.TRY_AGAIN, Remedy.REPAIR}


# https://www.twilio.com/docs/api/errors, as far as sending a message can meet them.
REMEDIES = {
    "11200": Remedy.REPAIR,
    "11217": Remedy.REPAIR,
    "20003": Remedy.REPAIR,
    "20404": Remedy.REPAIR,
    "20429": Remedy.TRY_AGAIN,
    "20500": Remedy.TRY_AGAIN,
    "20503": Remedy.TRY_AGAIN,
    "21211": Remedy.OTHER_WAY,
    "21408": Remedy.REPAIR,
    "21602": Remedy.OTHER_WORDS,
    "21603": Remedy.REPAIR,
    "21604": Remedy.OTHER_WAY,
    "21606": Remedy.REPAIR,
    "21609": Remedy.REPAIR,
    "21610": Remedy.OPTED_OUT,
    "21611": Remedy.TRY_AGAIN,
    "21612": Remedy.OTHER_WAY,
    "21614": Remedy.OTHER_WAY,
    "21617": Remedy.OTHER_WORDS,
    "21655": Remedy.REPAIR,
    "21656": Remedy.REPAIR,
    "21910": Remedy.REPAIR,
    "30001": Remedy.TRY_AGAIN,
    "30002": Remedy.REPAIR,
    "30003": Remedy.TRY_AGAIN,
    "30004": Remedy.OTHER_WAY,
    "30005": Remedy.OTHER_WAY,
    "30006": Remedy.OTHER_WAY,
    "30007": Remedy.OTHER_WORDS,
    "30008": Remedy.TRY_AGAIN,
    "30036": Remedy.TRY_AGAIN,
    "63003": Remedy.OTHER_WAY,
    "63007": Remedy.REPAIR,
    "63013": Remedy.OTHER_WORDS,
    "63016": Remedy.WINDOW_CLOSED,
    "63018": Remedy.TRY_AGAIN,
    "63024": Remedy.OTHER_WAY,
    "63032": Remedy.OTHER_WAY,
    "63038": Remedy.TRY_AGAIN,
}


def remedy(code: str | None, *, status: int = 400) -> Remedy:
    """Gives what to do about the code; an unknown one is judged by its HTTP status."""
    known = REMEDIES.get(code or "")
    if known is not None:
        return known
    if status in {401, 403, 404}:
        return Remedy.REPAIR
    if status == 429 or status >= 500:
        return Remedy.TRY_AGAIN
    return Remedy.OTHER_WAY


def delivery_error(code: str, *, status: int) -> ChannelError:
    """Gives the error that tells the outbox what to do next."""
    if remedy(code, status=status).will_be_tried_again:
        return DeliveryFailedError(code)
    return DeliveryRefusedError(code)
