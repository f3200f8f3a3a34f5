"""The parts of the `frontdoor` command that are commands of their own."""
