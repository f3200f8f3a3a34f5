"""The phone simulator: three handsets in the browser, each with its channel's real limits.

It exists only in the demonstration. What is written on a handset goes through the inbox and what
it shows came through the outbox, as with any other phone.
"""

from bot.simulator.pages import simulator

__all__ = ["simulator"]
