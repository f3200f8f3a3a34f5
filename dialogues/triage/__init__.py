"""Scores how urgent messages are and what harm they tell of, with a model trained here.

Behind this door: `encoder` runs the sentence encoder, `train` makes the `model`
from the messages in `data/`, `scorer` loads and asks it, `score` does so on the command line.
"""
