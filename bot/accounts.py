"""The authority and its channel accounts, made to match the settings."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.channels.simulated import SimulatedChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioAccount, TwilioChannel
from bot.settings import Settings
from models.authority import Authority, ChannelAccount, Team
from models.channel import ChannelName
from models.db import transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The channel of each account, by the account's id."""

    channels: dict[int, Channel]

    def of(self, channel: Channel) -> int:
        """Gives the id of a channel's account."""
        return next(number for number, known in self.channels.items() if known is channel)


def prepare(engine: Engine, settings: Settings) -> Authority:
    """Gives the authority of this installation, made on the first run."""
    with transaction(engine) as session:
        authority = session.scalars(select(Authority).order_by(Authority.id)).first()
        if authority is None:
            authority = Authority(
                la_code=settings.authority_code,
                name=settings.authority_name,
                service_name=settings.service_name,
                nation=settings.nation,
            )
            session.add(authority)
            session.flush()
            session.add(Team(authority_id=authority.id, name="Front door"))
        authority.name = settings.authority_name
        authority.service_name = settings.service_name
        authority.nation = settings.nation
        # Unset, what an admin chose stands.
        authority.neutral_note = settings.neutral_note or authority.neutral_note
        authority.sealed_days = settings.sealed_days or authority.sealed_days
    return authority


def open_channels(engine: Engine, settings: Settings, authority: Authority) -> Accounts:
    """Gives every channel that the settings ask for, each with its account's row."""
    made = list(_made(settings))
    channels: dict[int, Channel] = {}
    with transaction(engine) as session:
        for channel, simulated in made:
            row = _account(session, authority, channel, is_simulated=simulated)
            if channel.name is ChannelName.WHATSAPP:
                row.note_template = settings.twilio_note_template
            channels[row.id] = channel
    return Accounts(channels=channels)


def open_simulated(engine: Engine, authority: Authority) -> Accounts:
    """Gives a simulated phone of each kind, and nothing that reaches anyone."""
    with transaction(engine) as session:
        return Accounts(
            channels={
                _account(session, authority, channel, is_simulated=True).id: channel
                for channel in map(SimulatedChannel, ChannelName)
            }
        )


def real_channels(settings: Settings) -> list[TelegramChannel | TwilioChannel]:
    """Gives the channels that reach real phones, not yet connected."""
    return [*_telegram(settings), *_twilio(settings)]


def _made(settings: Settings) -> list[tuple[Channel, bool]]:
    made: list[tuple[Channel, bool]] = [(channel, False) for channel in real_channels(settings)]
    if settings.is_demonstration:
        made += [(SimulatedChannel(name), True) for name in ChannelName]
    return made


def _telegram(settings: Settings) -> Iterator[TelegramChannel]:
    if settings.telegram_token is None:
        return
    secret = settings.telegram_webhook_secret
    yield TelegramChannel(
        settings.telegram_token.get_secret_value(),
        secret=secret.get_secret_value() if secret else None,
        base_url=settings.telegram_base_url or "https://api.telegram.org",
    )


def _twilio(settings: Settings) -> Iterator[TwilioChannel]:
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        return
    account = TwilioAccount(
        sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        base_url=settings.twilio_base_url,
    )
    numbers = {
        ChannelName.SMS: settings.twilio_sms_number,
        ChannelName.WHATSAPP: settings.twilio_whatsapp_number,
    }
    for name, number in numbers.items():
        if number is not None:
            yield TwilioChannel(name, number, account=account, public_url=str(settings.public_url))


def _account(
    session: Session, authority: Authority, channel: Channel, *, is_simulated: bool
) -> ChannelAccount:
    account = session.scalars(
        select(ChannelAccount)
        .where(ChannelAccount.channel == channel.name)
        .where(ChannelAccount.external_name == channel.account)
    ).one_or_none()
    if account is None:
        account = ChannelAccount(
            authority_id=authority.id,
            channel=channel.name,
            external_name=channel.account,
            is_simulated=is_simulated,
        )
        session.add(account)
        session.flush()
    return account
