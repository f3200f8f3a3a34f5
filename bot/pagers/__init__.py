"""Pagers: the ways in which staff are called who do not look at the console."""
