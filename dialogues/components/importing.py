"""Brings a version's files to Rasa, each read once and the domain as it is put together here."""

import copy
from functools import cached_property
from pathlib import Path
from typing import Any

import rasa
from pykwalify.core import Core
from pykwalify.errors import SchemaError
from rasa.shared.constants import (
    DOMAIN_SCHEMA_FILE,
    RESPONSES_SCHEMA_FILE,
    SCHEMA_EXTENSIONS_FILE,
)
from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from dialogues.translations import domain_mapping, read_yaml

_RASA = Path(rasa.__file__).parent


class Files(RasaFileImporter):  # type: ignore[misc]
    """Rasa's own importer reads the domain anew for every question, and the examples twice."""

    def get_domain(self) -> Domain:
        """Gives the domain, with the words of every language."""
        return copy.deepcopy(self._domain)

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Gives the examples, in all languages at once."""
        del language
        return self._examples

    @cached_property
    def _domain(self) -> Domain:
        return checked_domain(domain_mapping())

    @cached_property
    def _examples(self) -> TrainingData:
        return super().get_nlu_data()


def checked_domain(mapping: dict[str, Any]) -> Domain:
    """Gives the domain once Rasa's own schema is met.

    Raises:
        ValueError: it is not met; the message says where.
        RasaException: the domain contradicts itself.
    """
    schema = {**read_yaml(_RASA / DOMAIN_SCHEMA_FILE), **read_yaml(_RASA / RESPONSES_SCHEMA_FILE)}
    core = Core(
        source_data=copy.deepcopy(mapping),
        schema_data=schema,
        extensions=[str(_RASA / SCHEMA_EXTENSIONS_FILE)],
    )
    try:
        core.validate(raise_exception=True)
    except SchemaError as error:
        raise ValueError("; ".join(core.errors or [str(error)])) from error
    return Domain.from_dict(copy.deepcopy(mapping))
