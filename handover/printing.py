"""Paper: a contact or a transcript as one complete page, and the same page as a PDF.

WeasyPrint makes the PDF with its structure kept (PDF/UA), so that a screen reader can read it. It
needs the system's Pango; where that is missing the printed page is all there is, and says so.
"""

import ctypes.util
from functools import cache
from typing import Any

# PDF/UA, the standard for documents that everybody can read.
_VARIANT = "pdf/ua-1"


class PdfUnavailableError(Exception):
    """This machine lacks the libraries that make a PDF."""


@cache
def can_make_pdf() -> bool:
    """Tells whether this machine has what a PDF needs, without bringing it all in."""
    return all(ctypes.util.find_library(name) for name in ("pangoft2-1.0", "harfbuzz-subset"))


def pdf(html: str, style: str) -> bytes:
    """Gives a page as a PDF. Nothing is fetched for it: what it shows is in it.

    Raises:
        PdfUnavailableError: this machine lacks the libraries.
    """
    weasyprint = _library()
    document = weasyprint.HTML(string=html, url_fetcher=_fetch_nothing)
    sheet = weasyprint.CSS(string=style, url_fetcher=_fetch_nothing)
    made: bytes = document.write_pdf(stylesheets=[sheet], pdf_variant=_VARIANT)
    return made


def _library() -> Any:
    # Brought in when it is first needed: without Pango it cannot be, and all else still works.
    try:
        import weasyprint  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise PdfUnavailableError from error
    return weasyprint


def _fetch_nothing(url: str, *_: object, **__: object) -> Any:
    raise ValueError(f"A printed page fetches nothing, not {url.partition(':')[0]}.")
