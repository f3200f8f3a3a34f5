"""Dialogues: what the bot says and asks, in an environment of its own."""
