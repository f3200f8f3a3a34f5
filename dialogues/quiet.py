"""Keeps Rasa's own logs shut: at their usual level they carry what children write."""

import logging
import os
import warnings
from pathlib import Path

_CACHE_MEBIBYTES = "200"

# Read by Rasa, TensorFlow and tqdm when they are imported.
_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TQDM_DISABLE": "1",
    "LOG_LEVEL": "CRITICAL",
}


def prepare_environment(cache: Path | None = None) -> None:
    """Sets what Rasa reads at import; call it before anything of Rasa is imported."""
    values = {**_ENVIRONMENT, "RASA_MAX_CACHE_SIZE": "0"}
    if cache is not None:
        values |= {"RASA_CACHE_DIRECTORY": str(cache), "RASA_MAX_CACHE_SIZE": _CACHE_MEBIBYTES}
    os.environ.update(values)  # noqa: TID251  Rasa takes these settings in no other way.
    # Rasa's frozen dependencies warn of their own age; none of it is for whoever runs this.
    warnings.showwarning = lambda *_args, **_kwargs: None


def silence_rasa(level: int = logging.CRITICAL) -> None:
    """Shuts the loggers; call it once Rasa is imported."""
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415  Seconds to import.

    configure_structlog(level)
    for name in ("rasa", "rasa_sdk", "asyncio", "matplotlib"):
        logging.getLogger(name).setLevel(level)  # noqa: TID251  The standard library's only.
