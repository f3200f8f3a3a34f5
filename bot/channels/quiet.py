"""Quiet: the providers' clients kept from logging secrets, addresses and words."""

import logging

_CHATTY = ("httpx", "httpcore", "telegram", "twilio")


def quiet_clients() -> None:
    """Lets the clients' own loggers speak only of warnings.

    At "info" the HTTP client logs each address it calls: Telegram's holds the bot's token,
    and a look-up at Twilio the child's number. At "debug" the bot logs every word it sends.
    """
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)  # noqa: TID251 — not loggers of ours
