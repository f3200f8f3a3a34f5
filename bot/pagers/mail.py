"""Calls by email, over the authority's own SMTP server."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import override
from urllib.parse import unquote, urlsplit

from bot.channels.base import DeliveryFailedError, DeliveryRefusedError
from bot.pagers.base import Page, Pager

_TIMEOUT = 10.0
_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class MailPager(Pager):
    """One SMTP server.

    `smtps://` speaks TLS from the start, `smtp://` turns it on, and `smtp+plain://` never does, for
    a relay on this machine.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender

    @override
    def send(self, page: Page) -> None:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = page.address
        message["Subject"] = page.title
        message["Auto-Submitted"] = "auto-generated"
        if page.is_loud:
            message["X-Priority"] = "1"
            message["Importance"] = "high"
        message.set_content(f"{page.body}\n\n{page.link}\n")
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise DeliveryRefusedError("mail_recipient") from error
        except smtplib.SMTPResponseException as error:
            if 500 <= error.smtp_code < 600 and not isinstance(
                error, smtplib.SMTPAuthenticationError
            ):
                raise DeliveryRefusedError(f"mail_{error.smtp_code}") from error
            raise DeliveryFailedError(f"mail_{error.smtp_code}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryFailedError("mail_away") from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=_TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT)
            if self._scheme == "smtp":
                server.starttls(context=context)
        if self._user:
            server.login(self._user, self._password)
        return server
