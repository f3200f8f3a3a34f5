"""Handover: the service and console through which practitioners answer."""
