"""A process that migrates when told to: `python -m tests.migration_process DATABASE KEYS`."""

import sys
from pathlib import Path

from models.db import open_engine
from models.encryption import read_keyring
from models.migrating import migrate


def main(database_url: str, keys: Path) -> None:
    """Says that it is ready, waits for a line, migrates and says so."""
    engine = open_engine(database_url, read_keyring(keys))
    _say("ready")
    sys.stdin.readline()
    migrate(engine)
    _say("migrated")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
