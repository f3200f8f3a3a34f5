"""What a check is given to look at, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from handover.editing.texts import Said, texts_of
from models.editing import CheckOutcome


class CancelledError(Exception):
    """Somebody cancelled the check; stop at once and leave nothing behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found: what, where, and how to mend it."""

    what: str
    where: str
    how: str
    is_note: bool = False
    """Whether it is for people to read, and stops nothing."""

    def row(self) -> dict[str, str]:
        """Gives it as it is kept."""
        return {"what": self.what, "where": self.where, "how": self.how}


@dataclass(frozen=True, kw_only=True)
class Material:
    """A version's files beside those of the live one."""

    files: Mapping[str, str]
    live: Mapping[str, str]
    folder: Path = field(default_factory=Path)
    """Where the files stand on disk, and where a model of them may be trained."""
    say: Callable[[str], None] = lambda _: None
    """Shows what is being done.

    Raises:
        CancelledError: somebody cancelled the check.
    """

    @cached_property
    def changed(self) -> frozenset[str]:
        """Gives the paths that are not as in the live version."""
        return frozenset(
            path
            for path in self.files.keys() | self.live.keys()
            if self.files.get(path) != self.live.get(path)
        )

    def touches(self, *beginnings: str) -> bool:
        """Tells whether a file whose path begins so has changed."""
        return any(path.startswith(beginnings) for path in self.changed)

    @cached_property
    def texts(self) -> list[Said]:
        """Gives every text of the version."""
        return texts_of(self.files)

    @cached_property
    def live_texts(self) -> list[Said]:
        """Gives every text of the live version."""
        return texts_of(self.live)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the gate."""

    name: str
    title: str
    look: Callable[[Material], list[Finding]]
    needs: tuple[str, ...] = ()
    """Beginnings of the paths it looks at: it is not needed when none of them changed."""
    blocks: bool = False
    """Whether nothing after it can be looked at when it fails."""
    is_slow: bool = False
    """Whether it waits until nothing before it has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a check."""

    outcome: CheckOutcome
    findings: tuple[Finding, ...] = ()
