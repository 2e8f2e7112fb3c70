"""Sources: the sites that an operator wants crawled, one TOML file each."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from crawlers import addresses

USER_AGENT = "gongkai/0.1 (open search of disclosed government documents)"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_MAX_FILE_BYTES = 1 << 20


class SourceError(ValueError):
    """A source that cannot be used; the message names the file, the key and what is wrong."""


def _address(value: str) -> str:
    try:
        return addresses.normalise(value)
    except addresses.AddressError as error:
        raise ValueError(str(error)) from None


def _host(value: str) -> str:
    try:
        parts = urlsplit(f"//{value.strip().lower()}")
        host, _ = addresses.host_and_port(parts)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{value!r} is no host: {error}") from None
    if parts.path or parts.query or parts.username:
        raise ValueError(f"{value!r} is no host: write the host alone, or host:port")
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


class Source(BaseModel):
    """The settings of a source; ``id`` is the name of its file."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: str = Field(exclude=True)
    address: Annotated[str, AfterValidator(_address)] = Field(description="The start page, http or https.")
    name: str = Field(min_length=1, description="What readers see.")
    allowed_hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = Field(
        min_length=1,
        description=(
            "Hosts that may be asked, redirects included: host (its standard ports and the start page's) or host:port."
        ),
    )
    platform: str | None = Field(None, description="What the site is built with; found out by itself if absent.")
    delay: float = Field(1.0, ge=0, le=3600, description="Seconds between two requests to the same host.")
    concurrency: int = Field(2, ge=1, le=32, description="Requests to the same host at the same time.")
    page_limit: int = Field(10_000, ge=1, description="Fetches a run; the next run goes on.")
    depth: int = Field(5, ge=0, le=100, description="Columns within columns that are followed; paging does not count.")
    obey_robots: bool = Field(True, description="Whether the site's robots.txt is obeyed.")
    retries: int = Field(2, ge=0, le=20, description="Further tries after an error that may pass (5xx, 429, time-out).")
    timeout: float = Field(60.0, gt=0, le=3600, description="Seconds that one answer may take.")
    allow_private_addresses: bool = Field(False, description="Whether hosts in private networks may be asked.")
    scope: tuple[Annotated[str, AfterValidator(_address)], ...] = Field(
        (), description="Beginnings of the addresses of listing pages; the folder of the start page if absent."
    )
    agency: str | None = Field(None, description="The issuing agency where the page names none.")
    user_agent: str = Field(USER_AGENT, min_length=1, description="The name that the crawler gives itself.")
    max_bytes: int = Field(50_000_000, ge=1000, description="Size of the largest page or file that is fetched.")
    verify_certificates: bool = Field(True, description="Whether https needs a certificate that can be trusted.")

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.scope or (addresses.folder(self.address),)

    def allows(self, url: str) -> bool:
        """Whether the host and port of the address are among the allowed hosts."""
        try:
            parts = urlsplit(url)
            host, port = addresses.host_and_port(parts)
        except ValueError:
            return False
        return (host, port) in self.hosts_and_ports

    @property
    def hosts_and_ports(self) -> set[tuple[str, int]]:
        start = urlsplit(self.address)
        found: set[tuple[str, int]] = set()
        for allowed in self.allowed_hosts:
            parts = urlsplit(f"//{allowed}")
            host = parts.hostname or ""
            ports = set(addresses.DEFAULT_PORTS.values()) if parts.port is None else {parts.port}
            if parts.port is None and host == start.hostname and start.port is not None:
                ports.add(start.port)
            found.update((host, port) for port in ports)
        return found


def settings_table() -> list[tuple[str, str, str]]:
    """Name, default and help of every setting, in the order of the file."""
    rows = []
    for name, field in Source.model_fields.items():
        if name == "id":
            continue
        default = "required" if field.is_required() else _shown(field.default)
        rows.append((name, default, field.description or ""))
    return rows


def parse_source(text: str, name: str, file: str) -> Source:
    """Raises SourceError naming the file and the key."""
    if not _NAME.fullmatch(name):
        raise SourceError(f"{file}: a source's file name may hold letters, digits, _ . - only")
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{file}: is no TOML: {error}") from None
    known = [row[0] for row in settings_table()]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SourceError(f"{file}: {key} is no setting of a source{hint}")
    try:
        source = Source(id=name, **values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        what = "is required" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
        raise SourceError(f"{file}: {key}: {what}") from None
    from crawlers.platforms import platforms  # they build on this module

    if source.platform is not None and source.platform not in platforms():
        raise SourceError(f"{file}: platform: {source.platform!r} is none of {', '.join(sorted(platforms()))}")
    if not source.allows(source.address):
        raise SourceError(f"{file}: address: its host is not among allowed_hosts")
    return source


def load_source(file: Path) -> Source:
    """Raises SourceError; an unreadable file is one too."""
    try:
        if file.stat().st_size > _MAX_FILE_BYTES:
            raise SourceError(f"{file}: is larger than {_MAX_FILE_BYTES} bytes")
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SourceError(f"{file}: is not UTF-8") from None
    return parse_source(text, file.stem, str(file))


def load_sources(folder: Path) -> dict[str, Source]:
    """Every ``NAME.toml`` of the folder by NAME; a folder that does not exist holds none."""
    if not folder.is_dir():
        return {}
    return {file.stem: load_source(file) for file in sorted(folder.glob("*.toml"))}


def _shown(value: Any) -> str:
    if value is None or value == ():
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
