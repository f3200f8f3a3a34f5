"""Models: tables, encryption and transactions."""
