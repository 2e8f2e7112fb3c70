"""Fixtures that several packages' tests use, and the rule that CI skips nothing."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.elasticsearch.server import NoServerError, running_server

if TYPE_CHECKING:
    from tests.district import District

PROJECT = Path(__file__).resolve().parent.parent
REQUIRED_IN_CI = ("elasticsearch", "postgresql", "browser", "shared")


def unavailable(what: str, how: str) -> NoReturn:
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


@pytest.fixture(scope="session")
def elasticsearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server: the one named by GONGKAI_TEST_ELASTICSEARCH, else one that is started here."""
    if url := os.environ.get("GONGKAI_TEST_ELASTICSEARCH"):
        yield url
        return
    try:
        with running_server(tmp_path_factory.mktemp("elasticsearch")) as url:
            yield url
    except NoServerError as error:
        unavailable("Elasticsearch", str(error))


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator["District"]:
    """The sample district, crawled."""
    from tests.district import crawled_district

    with crawled_district(tmp_path_factory.mktemp("district")) as crawled:
        yield crawled
