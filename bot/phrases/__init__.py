"""Finds what children say in danger, from phrases kept as data beside this file.

Behind this door: `reading` turns a message into plain words that know where they stood,
`patterns` compiles the small language the phrases are written in, and `book` holds them all.
"""
