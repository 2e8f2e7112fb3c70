"""Pages of the sample sites from their templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from samples.resource import NEVER_CHANGED, Resource
from samples.texts import FOLDER, SampleNotice


class Renderer:
    """The templates of one folder of ``samples/templates``; ``known`` are values that every page may use."""

    def __init__(self, folder: str, *, charset: str = "utf-8", declared: bool = True, **known: Any) -> None:
        self._charset = charset
        self._media_type = f"text/html; charset={charset}" if declared else "text/html"
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates" / folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(column=None, **known)

    def text(self, template: str, /, **values: Any) -> str:
        return self._environment.get_template(template).render(values)

    def page(self, template: str, rows: Sequence[SampleNotice] = (), /, **values: Any) -> Resource:
        """As old as the newest of the rows."""
        modified_date = max((row.published for row in rows), default=NEVER_CHANGED)
        return Resource(self.text(template, **values).encode(self._charset), self._media_type, modified_date)
