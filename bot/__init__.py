"""The bot: webhooks, inbox, pipeline and outbox."""
