"""The pagers that the settings ask for."""

from collections.abc import Iterable

from bot.alerts import Pagers
from bot.channels.base import Channel
from bot.pagers.base import Pager
from bot.pagers.mail import MailPager
from bot.pagers.push import PushPager, signing_key
from bot.pagers.teams import TeamsPager
from bot.pagers.text import TextPager
from bot.settings import Settings
from models.channel import ChannelName
from models.escalation import AlertWay


def open_pagers(settings: Settings, console_url: str, channels: Iterable[Channel]) -> Pagers:
    """Gives each way of calling staff that is set up; push needs no setting."""
    contact = f"mailto:{settings.mail_from}" if settings.mail_from else console_url
    pagers: dict[AlertWay, Pager] = {
        AlertWay.PUSH: PushPager(signing_key(settings.push_key_file), contact)
    }
    if settings.mail_url is not None and settings.mail_from is not None:
        pagers[AlertWay.EMAIL] = MailPager(settings.mail_url.get_secret_value(), settings.mail_from)
    if settings.teams_webhook_url is not None:
        pagers[AlertWay.TEAMS] = TeamsPager(settings.teams_webhook_url.get_secret_value())
    for channel in channels:
        if channel.name is ChannelName.SMS:
            pagers[AlertWay.SMS] = TextPager(channel)
    return pagers
