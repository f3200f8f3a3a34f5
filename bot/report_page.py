"""The one format of our reports: a page of HTML that needs nothing to be fetched.

Every picture has its figures in words or in a table beside it, wide tables scroll by themselves,
and nothing is told by colour alone.
"""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;color:#0b0c0c;margin:0 auto;max-width:76rem;padding:1rem}
h1,h2,h3{line-height:1.2}
table{border-collapse:collapse;margin:0 0 1.5rem}
caption{text-align:left;font-weight:700;padding:.25rem 0}
th,td{border-bottom:1px solid #b1b4b6;padding:.3rem .8rem .3rem 0;text-align:left;
vertical-align:top;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
.scroll:focus{outline:3px solid #ffdd00}
figure{margin:0 0 1.5rem}
svg{max-width:100%;height:auto}
pre{white-space:pre-wrap}
small{color:#505a5f;white-space:nowrap}
"""


def document(title: str, body: str) -> str:
    """Gives a whole page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def section(title: str, *parts: str) -> str:
    """Gives a part of a page under its heading."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def paragraph(text: str) -> str:
    """Gives a paragraph of plain words."""
    return f"<p>{escape(text)}</p>"


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Gives a table; the first cell of a row is its name."""
    titles = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    lines = "".join(_row(row) for row in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption><thead><tr>{titles}</tr></thead>"
        f"<tbody>{lines}</tbody></table></div>"
    )


def figure(picture: str, caption: str) -> str:
    """Gives a picture with its words."""
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def _row(row: Sequence[str]) -> str:
    name, *values = row
    cells = "".join(f"<td>{escape(value)}</td>" for value in values)
    return f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
