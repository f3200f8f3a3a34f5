"""Reads what a child wrote, by rules; knows nothing of Rasa."""
