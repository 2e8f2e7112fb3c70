"""Every real file: text or one clear line, through the pool; and how much of the text is there."""

from collections import Counter
from pathlib import Path

import pytest

from crawlers.extraction.errors import UnreadableFileError
from crawlers.extraction.files import FileText, detect, read_file
from crawlers.extraction.pool import ReaderPool

pytestmark = pytest.mark.shared

READ = {"pdf", "docx", "xlsx", "xls", "ods", "html", "mht", "txt", "csv"}


@pytest.fixture(scope="module")
def outcomes(shared: Path) -> dict[str, FileText | str]:
    """By path within the data: what was read, or the line that says why not."""
    data = shared / "data"
    folders = ("B_pdf", "C_office", "C_office_made")
    files = sorted(path for folder in folders for path in (data / folder).rglob("*") if path.is_file())
    found: dict[str, FileText | str] = {}
    with ReaderPool(workers=2, seconds=120, megabytes=1_000, recycle_after=40) as pool:
        futures = [(path, pool.submit(read_file, path.read_bytes(), path.name)) for path in files]
        for path, future in futures:
            try:
                found[str(path.relative_to(data))] = future.result()
            except UnreadableFileError as error:
                found[str(path.relative_to(data))] = str(error)
    return found


def characters(text: str) -> Counter[str]:
    return Counter(character for character in text if not character.isspace())


def han(text: str) -> Counter[str]:
    return Counter(character for character in text if "\u4e00" <= character <= "\u9fff")


def recall(expected: Counter[str], found: Counter[str]) -> float:
    return (expected & found).total() / expected.total()


def test_every_file_gives_text_or_one_line(shared: Path, outcomes: dict[str, FileText | str]) -> None:
    assert len(outcomes) > 150
    for path, outcome in outcomes.items():
        if isinstance(outcome, str):
            assert "\n" not in outcome
            assert 10 < len(outcome) < 200, path
        else:
            assert outcome.body.strip(), path
            assert 0 <= outcome.text_quality <= 1


def test_only_what_has_no_text_or_no_reader_is_refused(shared: Path, outcomes: dict[str, FileText | str]) -> None:
    refused = [path for path, outcome in outcomes.items() if isinstance(outcome, str)]
    readable = [path for path in refused if detect((shared / "data" / path).read_bytes(), path) in READ]
    # Scans, locked files, and a damaged one: nothing to read without text recognition or a password.
    assert sorted(path.rsplit("/", 1)[-1][:8] for path in readable) == sorted(
        ("encrypti", "encrypti", "encrypti", "qpdf_bad", "关于印发《_南京", "非本市户籍职工在")
    )


def test_quality_tells_the_misread_file(outcomes: dict[str, FileText | str]) -> None:
    for path, outcome in outcomes.items():
        if isinstance(outcome, FileText):
            if "XiaoBiaoSong" in path:
                assert outcome.text_quality < 0.6
            else:
                assert outcome.text_quality > 0.95, path


def test_govdoc_pdf(shared: Path, outcomes: dict[str, FileText | str]) -> None:
    outcome = outcomes["B_pdf/GovDoc-CN/397.pdf"]
    assert isinstance(outcome, FileText)
    expected = (shared / "data/B_pdf/GovDoc-CN/397.txt").read_text(encoding="utf-8")
    assert recall(characters(expected), characters(outcome.body)) >= 0.99
    assert recall(characters(outcome.body), characters(expected)) >= 0.99
    assert "\n关于加强个人所得税纳税信用建设的通知\n" in outcome.body
    assert "现就加强个人所得税纳税信用建设有关事项通知如下。\n一、总体要求\n" in outcome.body


@pytest.mark.parametrize(("suffix", "files"), [(".docx", 50), (".xlsx", 2), (".xls", 1)])
def test_office_files_hold_all_their_han(
    shared: Path, outcomes: dict[str, FileText | str], suffix: str, files: int
) -> None:
    expected = shared / "data/C_office_expected"
    seen = 0
    for truth in expected.rglob(f"*{suffix}.txt"):
        outcome = outcomes["C_office/" + str(truth.relative_to(expected)).removesuffix(".txt")]
        assert isinstance(outcome, FileText)
        text = truth.read_text(encoding="utf-8")
        assert recall(han(text), han(outcome.body)) >= 0.999, truth.name
        assert recall(han(outcome.body), han(text)) >= 0.99, truth.name
        seen += 1
    assert seen == files


@pytest.mark.parametrize("suffix", [".html", ".mht", ".ods"])
def test_made_files_hold_all_their_han(shared: Path, outcomes: dict[str, FileText | str], suffix: str) -> None:
    folder = shared / "data/C_office_made"
    truths = list(folder.glob(f"*{suffix}.txt"))
    assert truths
    for truth in truths:
        outcome = outcomes[f"C_office_made/{truth.name.removesuffix('.txt')}"]
        assert isinstance(outcome, FileText)
        assert recall(han(truth.read_text(encoding="utf-8")), han(outcome.body)) >= 0.999, truth.name
