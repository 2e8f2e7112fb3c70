"""Fixtures that several packages' tests use, and the rule that CI skips nothing."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
REQUIRED_IN_CI = ("elasticsearch", "postgresql", "browser", "shared")


def unavailable(what: str, how: str) -> None:
    """Skips with one plain line that says how to get it; an error where CI must have it."""
    message = f"{what} not here: {how}"
    if os.environ.get("GONGKAI_REQUIRE_ALL"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = PROJECT.parent / "shared"
    if not (folder / "data" / "MANIFEST.tsv").is_file():
        unavailable("the real documents", "they lie in ../shared beside the project on the developers' machines")
    return folder
