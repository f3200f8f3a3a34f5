"""Editing what the bot says: versions of its files, and the gate before anything goes live."""
