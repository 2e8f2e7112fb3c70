"""What an operator may set about the HTTP service."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from search_api.search import MAX_QUERY_CHARACTERS


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        raise ValueError(f"{value!r} is no address or network, such as 127.0.0.1 or 10.0.0.0/8") from None


def _prefix(value: str) -> str:
    return value.rstrip("/")


SiteName = Annotated[str, Field(min_length=1, max_length=40)]
HostNames = Annotated[tuple[str, ...], Field(min_length=1)]
PublicAddress = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+$")]
Prefix = Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)*/?$", max_length=200), AfterValidator(_prefix)]
Network = Annotated[str, AfterValidator(_network)]


class ServeSettings(BaseModel):
    """Strict: an unknown key is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site_name: SiteName = Field(default="公开检索", description="The name that readers see on every page.")
    allowed_hosts: HostNames = Field(
        default=("*",),
        description="Host names that are answered; '*' is any, '*.example.cn' any name under it. Others get 400.",
    )
    public_address: PublicAddress | None = Field(
        default=None,
        description="Scheme, host and port that readers use, for links in feeds; by default the request's own.",
    )
    root_path: Prefix = Field(
        default="", description="Path that a reverse proxy serves this service under, such as /search; else empty."
    )
    concurrency: int = Field(default=8, ge=1, le=256, description="Requests worked on at the same time.")
    queue: int = Field(default=64, ge=0, le=10_000, description="Requests that may wait for their turn; more get 503.")
    time_limit: float = Field(
        default=10.0, gt=0, le=300, description="Seconds until a request that has no answer gets 503."
    )
    rate_limit: int = Field(
        default=0, ge=0, le=1_000_000, description="Requests that one client may make a minute; 0 is any number."
    )
    log_queries: bool = Field(default=False, description="Whether the log of requests has what readers asked.")
    retry_after: int = Field(default=5, ge=1, le=3600, description="Seconds that Retry-After of a 503 asks for.")
    max_query_characters: int = Field(
        default=MAX_QUERY_CHARACTERS, ge=10, le=MAX_QUERY_CHARACTERS, description="Longest query that is answered."
    )
    max_page_characters: int = Field(
        default=400_000,
        ge=1_000,
        le=5_000_000,
        description="Most characters of text on a notice's page; the rest is in the JSON and at the source.",
    )


class ServiceSettings(BaseModel):
    """The service's part of gongkai.toml."""

    host: str = Field("127.0.0.1", description="Address that serve listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that serve listens on.")
    site_name: SiteName = Field("公开检索", description="The name that readers see.")
    allowed_hosts: HostNames = Field(("*",), description="Host names that serve answers; '*' is any.")
    public_address: PublicAddress | None = Field(
        None, description="Scheme and host that readers use, for links in feeds."
    )
    root_path: Prefix = Field("", description="Path that a reverse proxy serves the service under, such as /search.")
    trusted_proxies: tuple[Network, ...] = Field(
        (), description="Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto count."
    )
    rate_limit: int = Field(0, ge=0, le=1_000_000, description="Requests of one client a minute; 0 is any number.")
    search_concurrency: int = Field(8, ge=1, le=256, description="Requests worked on at the same time.")
    search_queue: int = Field(64, ge=0, le=10_000, description="Requests that may wait; more get 503.")
    search_seconds: float = Field(10.0, gt=0, le=300, description="Time limit of a request; after it 503.")
    header_bytes: int = Field(65_536, ge=4_096, le=1_048_576, description="Most bytes of a request's head.")
    header_seconds: float = Field(10.0, gt=0, le=300, description="Time in which a request's head must have come.")
    keep_alive_seconds: float = Field(5.0, gt=0, le=300, description="Time that an idle connection is kept open.")
    stop_seconds: float = Field(30.0, gt=0, le=600, description="Time that TERM leaves running requests to finish.")
    log_format: Literal["text", "json"] = Field("text", description="Form of the log: lines for people, or JSON.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least level that is logged."
    )
    log_queries: bool = Field(False, description="Whether the log of requests has what readers asked.")

    def serve_settings(self) -> ServeSettings:
        return ServeSettings(
            site_name=self.site_name,
            allowed_hosts=self.allowed_hosts,
            public_address=self.public_address,
            root_path=self.root_path,
            rate_limit=self.rate_limit,
            concurrency=self.search_concurrency,
            queue=self.search_queue,
            time_limit=self.search_seconds,
            log_queries=self.log_queries,
        )
