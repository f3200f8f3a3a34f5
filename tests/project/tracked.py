"""The files that git tracks, which are the project as others receive it."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Gives every tracked file that is there, relative to the root."""
    git = shutil.which("git")
    assert git is not None
    listed = subprocess.run(  # noqa: S603  # our own arguments
        [git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return tuple(Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file())


def texts(*, under: str = "", suffix: str = "") -> dict[Path, str]:
    """Gives the text of tracked files in a folder and with an ending; pictures are left out."""
    found = {}
    for path in files():
        name = path.as_posix()
        if name.startswith(under) and name.endswith(suffix):
            try:
                found[path] = (ROOT / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found
