"""The documentation says what the program has, all of it and nothing else; its commands, files and links are real."""

import dataclasses
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

import gongkai
from analyzers.notice import FIELDS, Attachment, Notice
from crawlers import sources
from crawlers.extraction.files import READERS
from crawlers.platforms import platforms
from indexer.catalogue import Catalogue
from indexer.tantivy_engine import TantivyEngine
from search_api.app import create_app
from search_api.parameters import parameters_for, parse_export, parse_search
from search_api.search import SearchService
from search_api.settings import ServeSettings
from tests import command_lines
from tests.conftest import PROJECT

README = PROJECT / "README.md"
README_ZH = PROJECT / "README.zh-CN.md"
REFERENCE = PROJECT / "docs" / "reference"
PAGES = [
    README,
    README_ZH,
    *(PROJECT / name for name in ("SECURITY.md", "CHANGELOG.md")),
    *PROJECT.glob("docs/**/*.md"),
]
NOT_SETTINGS = {"GONGKAI_CONFIG", "GONGKAI_TEST_ELASTICSEARCH", "GONGKAI_TEST_COMPOSE"}
"""Variables that are read and are no settings: the configuration file, and a server for the tests."""
SHELL_ENDS = {"|", "&&", "||", ";", ">", ">>", "<"}


class Block(NamedTuple):
    page: Path
    language: str
    text: str


def shown(value: object) -> str:
    if isinstance(value, Path):
        return str(value.relative_to(PROJECT))
    return " ".join(value) if isinstance(value, tuple | list) else str(value)


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", text_of(page), flags=re.DOTALL | re.MULTILINE)


def blocks(*languages: str) -> list[Block]:
    return [
        Block(page, found[1], found[2])
        for page in PAGES
        for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text_of(page), re.DOTALL | re.MULTILINE)
        if not languages or found[1] in languages
    ]


def headings(text: str) -> list[tuple[int, str]]:
    return [(len(marks), title) for marks, title in re.findall(r"^(#+) (.+)$", text, re.MULTILINE)]


def section(page: Path, title: str) -> str:
    """What stands under the heading, up to the next one of its level or above."""
    lines = prose(page).split("\n")
    start = next((n for n, line in enumerate(lines) if re.fullmatch(r"#+ " + re.escape(title), line)), None)
    assert start is not None, f"{shown(page)} has no heading {title}"
    level = len(lines[start]) - len(lines[start].lstrip("#"))
    end = next((n for n in range(start + 1, len(lines)) if re.match(rf"#{{1,{level}}} ", lines[n])), len(lines))
    return "\n".join(lines[start + 1 : end])


def table(text: str) -> dict[str, list[str]]:
    """Rows of the tables whose first cell is one name in back quotes, by that name."""
    rows: dict[str, list[str]] = {}
    for line in text.split("\n"):
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split(" |")]
            name = cells[0].strip(" `")
            assert name not in rows, f"{name} stands twice"
            rows[name] = cells[1:]
    return rows


def shell_commands() -> Iterator[tuple[Path, list[str]]]:
    """The commands of the shell blocks as words; here-documents and pipes cut off, assignments before left out."""
    for block in blocks("sh"):
        text = re.sub(r"<<'END'\n.*?^END$", "", block.text, flags=re.DOTALL | re.MULTILINE)
        for line in text.replace("\\\n", " ").splitlines():
            lexer = shlex.shlex(line, posix=True, punctuation_chars=";<>|&")
            lexer.whitespace_split = True
            lexer.commenters = "#"
            command: list[str] = []
            for word in lexer:
                if word in SHELL_ENDS:
                    break
                if command or not re.match(r"[A-Z_]+=", word):
                    command.append(word)
            if command:
                yield block.page, command


def commands_of(program: str) -> list[tuple[Path, list[str]]]:
    """The words after the program, on this machine or within a container."""
    found = []
    for page, words in shell_commands():
        if words[:3] == ["docker", "compose", "exec"]:
            words = words[4:]
        if words[0] in (program, f".venv/bin/{program}"):
            found.append((page, words[1:]))
    return found


def test_settings() -> None:
    documented = {name: cells[0].strip("`") for name, cells in table(prose(REFERENCE / "settings.md")).items()}
    assert documented == {name: default for name, default, _help in gongkai.settings_table()}


def test_settings_of_a_source() -> None:
    documented = {name: cells[0].strip("`") for name, cells in table(prose(REFERENCE / "sources.md")).items()}
    assert documented == {name: default for name, default, _help in sources.settings_table()}
    row = table(prose(REFERENCE / "sources.md"))["platform"][1]
    assert set(re.findall(r"`(\w+)`", row)) == set(platforms())


def test_fields() -> None:
    documented = {
        name: (cells[0], cells[1], tuple(cells[2].split("、")))
        for name, cells in table(section(REFERENCE / "fields.md", "Fields of a notice")).items()
    }
    assert documented == {field.name: (field.kind, field.label, field.variants) for field in FIELDS}


def test_keys_of_records() -> None:
    further = set(table(section(REFERENCE / "fields.md", "Further keys of a record")))
    assert further == {field.name for field in dataclasses.fields(Notice)} - {field.name for field in FIELDS}
    of_attachments = set(table(section(REFERENCE / "fields.md", "Keys of an attachment")))
    assert of_attachments == {field.name for field in dataclasses.fields(Attachment)}


def test_formats() -> None:
    listed = section(PROJECT / "docs/how-to/import-files.md", "Documents").lower().replace("text", "txt")
    for name in READERS:
        assert {"mht": "mhtml"}.get(name, name) in listed, f"{name} is read and not named"


def test_commands_are_documented() -> None:
    page = REFERENCE / "commands.md"
    named = {
        title.removeprefix("`gongkai ").strip("`") for _level, title in headings(prose(page)) if "`gongkai " in title
    }
    assert named == set(command_lines.commands())


@pytest.mark.parametrize("name", command_lines.commands())
def test_options_are_documented(name: str) -> None:
    documented = set(table(section(REFERENCE / "commands.md", f"`gongkai {name}`")))
    command = command_lines.commands()[name]
    assert documented == {*command_lines.options(command), *command_lines.argument_names(command)}


def test_global_options_are_documented() -> None:
    documented = set(table(section(REFERENCE / "commands.md", "Options before the command")))
    assert documented == set(command_lines.global_options())


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("openapi")
    catalogue = Catalogue.open(f"sqlite:///{folder / 'catalogue.db'}")
    engine = TantivyEngine(folder / "index", version="none")
    try:
        yield create_app(SearchService(catalogue, engine), ServeSettings()).openapi()
    finally:
        engine.close()
        catalogue.close()


def test_api_paths_are_documented(openapi: dict[str, Any]) -> None:
    found = {
        title.strip("`")
        for _level, title in headings(prose(REFERENCE / "api.md"))
        if re.match(r"`(GET|POST|PUT|DELETE) ", title)
    }
    offered = {f"{method.upper()} {path}" for path, methods in openapi["paths"].items() for method in methods}
    assert found == offered


def test_api_parameters_are_documented(openapi: dict[str, Any]) -> None:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            title = f"`{method.upper()} {path}`"
            text = section(REFERENCE / "api.md", title).partition("The answer:")[0]
            wanted = {parameter["name"] for parameter in operation.get("parameters", ())}
            assert set(table(text)) == wanted, title


def test_api_defaults_are_documented(openapi: dict[str, Any]) -> None:
    documented = table(section(REFERENCE / "api.md", "`GET /api/v1/search`").partition("The answer:")[0])
    for row in parameters_for("search"):
        default = row.schema.get("default", "")
        wanted = str(default).lower() if isinstance(default, bool) else str(default)
        assert documented[row.name][0].strip("`") == wanted, row.name


def test_the_answer_is_documented(openapi: dict[str, Any]) -> None:
    text = section(REFERENCE / "api.md", "`GET /api/v1/search`").partition("The answer:")[2]
    answer, _, hit = text.partition("A hit is")
    schemas = openapi["components"]["schemas"]
    assert set(table(answer)) == set(schemas["SearchResult"]["properties"])
    beside = {"date", "year", "source", "format", "issuing_agency", "genre", "document_number", "validity"}
    assert set(table(hit)) == set(schemas["HitAnswer"]["properties"]) - beside


def test_make_targets_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    named = {word for page in PAGES for word in re.findall(r"`make ([a-z-]+)", prose(page))}
    named |= {words[0] for _page, words in commands_of("make")}
    assert {"run", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize(("page", "words"), commands_of("gongkai"), ids=shown)
def test_commands_in_code_blocks_parse(page: Path, words: list[str]) -> None:
    command_lines.parse(words)


def test_commands_within_sentences_parse() -> None:
    for page in PAGES:
        for text in re.findall(r"`gongkai ([^`\n]+)`", prose(page)):
            words = shlex.split(text)
            known = command_lines.commands()
            assert words[0] in known, f"{shown(page)}: gongkai {text}"
            for word in words[1:]:
                if word.startswith("-"):
                    assert word.split("=")[0] in set(command_lines.options(known[words[0]])), f"{shown(page)}: {text}"


def test_requests_in_code_blocks_are_understood(openapi: dict[str, Any]) -> None:
    requests = [words for _page, words in commands_of("curl")]
    assert requests
    for words in requests:
        address = urlsplit(next(word for word in words if word.startswith("http")))
        pairs = [*parse_qsl(address.query)]
        given = [words[n + 1].partition("=") for n, word in enumerate(words) if word == "--data-urlencode"]
        pairs += [(name, value) for name, _, value in given]
        assert address.path in openapi["paths"], address.path
        if address.path.endswith("/export"):
            parse_export(pairs)
        else:
            use = {"/feed.atom": "feed", "/api/v1/suggest": "suggest"}.get(address.path, "search")
            parse_search(pairs, use=use)  # type: ignore[arg-type]


@pytest.mark.parametrize("block", blocks("toml"), ids=lambda block: shown(block.page))
def test_toml_blocks_are_sources_or_settings(block: Block) -> None:
    values = tomllib.loads(block.text)
    if "address" in values:
        sources.parse_source(block.text, "example", shown(block.page))
    else:
        assert gongkai.Settings(**values)


@pytest.mark.parametrize("block", blocks("jsonl"), ids=lambda block: shown(block.page))
def test_record_blocks_are_notices(block: Block) -> None:
    for line in block.text.splitlines():
        assert Notice.from_record(json.loads(line))


def test_files_written_in_shell_blocks_are_right() -> None:
    written = [
        found
        for block in blocks("sh")
        for found in re.findall(r"cat > (\S+) <<'END'\n(.*?)^END$", block.text, re.DOTALL | re.MULTILINE)
    ]
    assert {Path(name).suffix for name, _text in written} == {".toml", ".jsonl"}
    for name, text in written:
        if name.endswith(".toml"):
            sources.parse_source(text, Path(name).stem, name)
        else:
            assert [Notice.from_record(json.loads(line)) for line in text.splitlines()]


def run_shell(script: str, folder: Path) -> str:
    """What the script prints; ``gongkai`` is the project's own, and the first command that fails ends it."""
    door = folder / "bin" / "gongkai"
    door.parent.mkdir()
    door.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(PROJECT / "gongkai.py"))} "$@"\n')
    door.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GONGKAI_")}
    environment["PATH"] = f"{door.parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tutorial_leads_to_an_answer(tmp_path: Path) -> None:
    page = PROJECT / "docs" / "tutorial" / "first-steps.md"
    block = next(block for block in blocks("sh") if block.page == page and "gongkai import" in block.text)
    printed = run_shell(block.text, tmp_path)
    assert re.findall(r"`(\d+ new, [^`]+)`", text_of(page)) == [printed.split("\n")[0]]
    assert "1 hits" in printed
    assert "关于印发《农机购置补贴实施办法》的通知" in printed
    assert "临河区人民政府办公室" in printed


def test_what_an_import_refuses_is_shown_as_it_is(tmp_path: Path) -> None:
    page = PROJECT / "docs" / "how-to" / "import-files.md"
    records = next(block.text for block in blocks("jsonl") if block.page == page)
    shown_text = next(block.text for block in blocks("text") if block.page == page)
    (tmp_path / "notices.jsonl").write_text(records, encoding="utf-8")
    script = """
    gongkai import notices.jsonl >/dev/null
    echo '{"x"' >> notices.jsonl
    COLUMNS=200 gongkai import notices.jsonl 2>&1 && exit 1 || test $? = 3
    """
    printed = [line.strip() for line in run_shell(script, tmp_path).splitlines() if line.strip()]
    assert printed == shown_text.splitlines()


def test_every_code_block_has_a_language() -> None:
    assert {block.language for block in blocks()} == {"sh", "toml", "jsonl", "text"}


def test_environment_variables_exist() -> None:
    known = {f"GONGKAI_{name.upper()}" for name, _default, _help in gongkai.settings_table()} | NOT_SETTINGS
    for page in PAGES:
        named = {name for name in re.findall(r"GONGKAI_[A-Z_]+", text_of(page)) if not name.endswith("_")}
        assert named <= known, shown(page)


def test_both_readmes_say_the_same() -> None:
    english, chinese = text_of(README), text_of(README_ZH)
    assert [level for level, _title in headings(prose(README))] == [level for level, _ in headings(prose(README_ZH))]

    def of(page: Path) -> list[tuple[str, str]]:
        return [(block.language, block.text) for block in blocks() if block.page == page and block.language != "text"]

    assert of(README) == of(README_ZH)
    assert english.count("\n|") == chinese.count("\n|")
    targets = [sorted(link for link in _links(page) if not link.startswith("#")) for page in (README, README_ZH)]
    assert sorted({*targets[0]} - {"README.zh-CN.md"}) == sorted({*targets[1]} - {"README.md"})


def _links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


def _anchors(page: Path) -> set[str]:
    """As hosts of Markdown make them: lower case, signs dropped, spaces to hyphens."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for _level, title in headings(prose(page))}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _links(page):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), f"{shown(page)}: {link}"
        assert target.is_relative_to(PROJECT)
        assert not anchor or anchor in _anchors(target), f"{shown(page)}: {link}"


def test_the_index_names_every_page() -> None:
    index = PROJECT / "docs" / "index.md"
    named = {(index.parent / link).resolve() for link in _links(index)}
    assert named == set(PROJECT.glob("docs/*/*.md"))


def test_decisions_are_numbered_and_complete() -> None:
    found = sorted(PROJECT.glob("docs/decisions/*.md"))
    for number, page in enumerate(found, start=1):
        assert page.name.startswith(f"{number:04}-")
        titles = [title for level, title in headings(prose(page)) if level == 2]
        assert titles == ["Context", "Options", "Decision", "Consequences"], shown(page)
        assert text_of(page).startswith(f"# {number:04} ")
        assert re.search(r"^Status: (accepted|superseded by \d{4})$", text_of(page), re.MULTILINE)
