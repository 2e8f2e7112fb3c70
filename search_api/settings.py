"""What an operator may set about the HTTP service."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from search_api.search import MAX_QUERY_CHARACTERS


class ServeSettings(BaseModel):
    """Strict: an unknown key is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site_name: str = Field(
        default="公开检索", min_length=1, max_length=40, description="The name that readers see on every page."
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=("*",),
        min_length=1,
        description="Host names that are answered; '*' is any, '*.example.cn' any name under it. Others get 400.",
    )
    public_address: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/?#]+$",
        description="Scheme, host and port that readers use, for links in feeds; by default the request's own.",
    )
    concurrency: int = Field(default=8, ge=1, le=256, description="Requests worked on at the same time.")
    queue: int = Field(default=64, ge=0, le=10_000, description="Requests that may wait for their turn; more get 503.")
    time_limit: float = Field(
        default=10.0, gt=0, le=300, description="Seconds until a request that has no answer gets 503."
    )
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
