"""Channels: one module for each provider."""
