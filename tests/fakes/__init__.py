"""Fakes of the providers, at the network's edge: real servers that judge every request."""
