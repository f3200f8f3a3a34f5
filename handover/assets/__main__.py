"""Builds the console's assets: `python -m handover.assets`."""

import sys

from handover import assets


def main() -> int:
    """Builds, and gives the exit code: 0 when the assets stand ready."""
    try:
        assets.build(_say, force="--force" in sys.argv[1:])
    except assets.AssetsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
