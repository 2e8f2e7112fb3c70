"""The commands as an operator uses them, and what they say when something is wrong."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from indexer.catalogue import Catalogue, notices
from tests.conftest import unavailable
from tests.program import environment, gongkai, gongkai_json, served, total, wait_for, write_records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_import_index_search_and_status(folder: Path, tmp_path: Path) -> None:
    file = write_records(tmp_path / "some.jsonl", range(30))
    assert "30 new, 0 changed, 0 unchanged, 0 failed" in gongkai(folder, "import", str(file))
    assert "0 new, 0 changed, 30 unchanged, 0 failed" in gongkai(folder, "import", str(file))
    assert "30 changes indexed" in gongkai(folder, "index")
    assert "0 changes indexed" in gongkai(folder, "index")
    answer = gongkai_json(folder, "search", "第7号农机补贴", "--json")
    assert answer["hits"][0]["id"] == "r7"
    state = gongkai_json(folder, "status", "--json")
    assert state["notices"] == {"import": 30}
    assert state["index"]["documents"] == 30
    assert state["index"]["lag"] == 0
    assert "30 changes indexed" in gongkai(folder, "index", "--rebuild")
    assert "30 hits" in gongkai(folder, "search", "农机补贴")


def test_import_names_each_bad_line_and_takes_the_rest(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "mixed.jsonl"
    good = {"id": "g", "source": "s", "title": "题", "body": "文"}
    lines = [
        json.dumps(good),
        "{not json",
        json.dumps({**good, "id": "h", "titel": "题"}),
        '["a", "list"]',
        json.dumps({**good, "id": "k", "written_date": "没有日期"}),
        "",
        json.dumps({"id": "m", "source": "s"}),
        json.dumps({**good, "id": "last"}),
    ]
    file.write_bytes("\n".join(lines).encode() + b"\n\xff\xfe bad bytes\n")
    said = gongkai(folder, "import", str(file), code=3)
    for number, reason in {
        2: "is not JSON",
        3: "titel: is no field of a record; did you mean title?",
        4: "is not a JSON object",
        5: "written_date: '没有日期' is no date",
        7: "title: is required",
        9: "is not UTF-8",
    }.items():
        assert f"{file}:{number}: {reason}" in said
    assert "2 new, 0 changed, 0 unchanged, 6 failed" in said


def test_import_renames_keys_and_sets_the_source(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "theirs.jsonl"
    file.write_text(json.dumps({"id": "a", "名称": "停水公告", "正文": "明日停水", "文号": "临水〔2020〕3号"}))
    mapped = ["--map", "名称=title", "--map", "正文=body", "--map", "文号=document_number"]
    gongkai(folder, "import", str(file), "--source", "水务", *mapped)
    gongkai(folder, "index")
    found = gongkai_json(folder, "search", "临水[2020]3号", "--json")["hits"][0]
    assert (found["title"], found["fields"]["source"]) == ("停水公告", "水务")
    assert "write it as OLD=NEW" in gongkai(folder, "import", str(file), "--map", "名称", code=1)


def test_import_of_a_folder_of_documents(folder: Path, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    (documents / "inner").mkdir(parents=True)
    (documents / "公告.txt").write_bytes("关于停水的公告\n\n八月三日停水。".encode("gb18030"))
    (documents / "inner" / "page.html").write_text(
        "<html><head><title>招生简章</title></head><body><h1>招生简章</h1><div id=zoom>"
        + "<p>区第一中学计划招收高中新生八百名。</p>" * 5
        + "</div></body></html>"
    )
    (documents / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing")
    said = gongkai(folder, "import", str(documents), code=3)
    assert "2 new" in said
    assert f"{documents / 'broken.pdf'}: " in said
    assert "2 unchanged" in gongkai(folder, "import", str(documents), code=3)
    gongkai(folder, "index")
    assert gongkai_json(folder, "search", "八月三日停水", "--json")["total"] == 1


def test_a_body_of_20_megabytes(folder: Path, tmp_path: Path) -> None:
    sentence = "关于农机补贴资金管理的规定，"
    body = sentence * (20_000_000 // len(sentence.encode())) + "全文到此为止。"
    file = write_records(tmp_path / "long.jsonl", range(1), body=body)
    assert "1 new" in gongkai(folder, "import", str(file))
    gongkai(folder, "index")
    found = gongkai_json(folder, "search", "资金管理", "--json")["hits"][0]
    assert len(found["snippet"]) < 200
    catalogue = Catalogue.open(f"sqlite:///{folder / 'catalogue.db'}")
    with catalogue.read() as connection:
        stored = notices.get(connection, "r0")
    catalogue.close()
    assert stored is not None
    assert stored.body == body
    with served(folder) as address:
        page = requests.get(f"{address}/notices/r0", timeout=60)
        assert page.status_code == 200
        assert len(page.content) < 5_000_000


def test_import_beside_serve_is_searchable_by_itself(folder: Path, tmp_path: Path) -> None:
    with served(folder) as address:
        wait_for(lambda: total(address) == 0)
        gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(50))))
        wait_for(lambda: total(address, "农机补贴") == 50)
        assert "the index is up to date" in gongkai(folder, "index")
        assert requests.get(f"{address}/notices/r3", timeout=10).status_code == 200
        assert requests.get(f"{address}/notices/none", timeout=10).status_code == 404


def test_an_index_removed_by_hand_is_made_again_and_never_looks_empty(folder: Path, tmp_path: Path) -> None:
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(20))))
    with served(folder) as address:
        wait_for(lambda: total(address) == 20)
        shutil.rmtree(folder / "index" / "tantivy")
        answer = requests.get(f"{address}/api/v1/search", params={"q": "补贴"}, timeout=10)
        assert answer.status_code in (200, 503)
        if answer.status_code == 503:
            assert answer.headers["Retry-After"]
        else:
            assert answer.json()["total"] == 20
        wait_for(lambda: total(address, "补贴") == 20)


def test_rebuild_beside_serve_keeps_answering(folder: Path, tmp_path: Path) -> None:
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(20))))
    with served(folder) as address:
        wait_for(lambda: total(address) == 20)
        before = os.listdir(folder / "index" / "tantivy")
        gongkai(folder, "index", "--rebuild")
        assert total(address) == 20
        assert os.listdir(folder / "index" / "tantivy") != before


def test_search_without_an_index_is_an_error_and_not_zero_hits(folder: Path) -> None:
    assert "no index in" in gongkai(folder, "search", "补贴", code=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("engin = 'tantivy'", "engin: is no setting; did you mean engine?"),
        ("port = 'eight'", "port: Input should be a valid integer"),
        ("engine = 'sphinx'", "engine: Input should be 'tantivy' or 'elasticsearch'"),
        ("port = ", "Invalid value"),
        ("\udcff\udcfe", "codec can't decode"),
    ],
)
def test_a_configuration_that_cannot_be_used(folder: Path, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "gongkai.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert said in gongkai(folder, "status", code=1, cwd=tmp_path)


def test_a_configuration_that_is_not_there_or_not_a_file(folder: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    assert f"{missing}: no such configuration file" in gongkai(
        folder, "status", code=1, env={"GONGKAI_CONFIG": str(missing)}
    )
    assert "no such configuration file" in gongkai(folder, "status", code=1, env={"GONGKAI_CONFIG": str(tmp_path)})


def test_the_environment_wins_over_the_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "gongkai.toml").write_text("port = 70000")
    assert "port" in gongkai(folder, "status", code=1, cwd=tmp_path)
    gongkai(folder, "status", cwd=tmp_path, env={"GONGKAI_PORT": "8123"})


def test_a_port_in_use(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port} of 127.0.0.1" in gongkai(folder, "serve", "--port", port, code=1)
        assert f"port {port} of 127.0.0.1" in gongkai(folder, "demo", "--port", port, code=1)


def test_a_data_folder_of_a_newer_version(folder: Path) -> None:
    gongkai(folder, "status")
    with sqlite3.connect(folder / "catalogue.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for command in ("status", "index", "serve", "crawl"):
        said = gongkai(folder, command, code=1)
        assert "was written by a newer version of gongkai" in said or "no sources" in said


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "catalogue folder" in gongkai(tmp_path / "file" / "data", "status", code=1, cwd=tmp_path)


def test_sources_that_cannot_be_used(folder: Path) -> None:
    assert "no sources; put a TOML file for each site there" in gongkai(folder, "crawl", code=1)
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "bad.toml").write_text("adress = 'http://a.example/'")
    said = gongkai(folder, "crawl", code=1)
    assert "bad.toml" in said
    assert "did you mean address?" in said
    (folder / "sources" / "bad.toml").write_text(
        "address = 'http://127.0.0.1:9/'\nname = '空'\nallowed_hosts = ['127.0.0.1:9']\n"
        "allow_private_addresses = true\ndelay = 0\nretries = 0\n"
    )
    assert "no such source; did you mean bad?" in gongkai(folder, "crawl", "bat", code=1)
    said = gongkai(folder, "crawl", "bad", code=3)
    assert "failed: start page" in said
    assert "failed: start page" in gongkai(folder, "status")


def test_extract_shows_what_would_be_stored(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "通知.txt"
    file.write_bytes("关于放假的通知\n\n十月一日起放假七天。".encode("gbk"))
    record = gongkai_json(folder, "extract", str(file), "--json")
    assert record["title"] == "关于放假的通知"
    assert "放假七天" in record["body"]
    assert {"attachments", "text_quality", "extracted_by", "issuing_agency"} <= set(record)
    assert "放假七天" in gongkai(folder, "extract", str(file))
    assert "No such file" in gongkai(folder, "extract", str(tmp_path / "none"), code=1)
    assert "private" in gongkai(folder, "extract", "http://127.0.0.1:9/", code=1)


def test_analyze_shows_tokens_and_what_the_query_means(folder: Path) -> None:
    shown = gongkai_json(folder, "analyze", "农机補貼 国发[2011]12号", "--json")
    assert shown["normalized"] == "农机补贴国发[2011]12号"
    assert "补贴" in shown["words"]
    assert shown["bigrams"][:2] == ["农机", "机补"]
    assert shown["query"]["document_numbers"] == ["国发〔2011〕12号"]


def test_hostile_text_cannot_move_the_operators_terminal(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "hostile.jsonl"
    record = {"id": "x", "source": "s", "title": "\x1b[2J标题\u202e", "body": "正文\x1b]0;owned\x07\r覆盖"}
    file.write_text(json.dumps(record))
    gongkai(folder, "import", str(file))
    gongkai(folder, "index")
    said = gongkai(folder, "search", "标题")
    assert not set("\x1b\x07\r\u202e") & set(said)


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    """On a file system of 6 MB, in a mount namespace of its own."""
    mount = tmp_path / "small"
    mount.mkdir()
    few = write_records(tmp_path / "few.jsonl", range(20))
    many = write_records(tmp_path / "many.jsonl", range(20, 8000))
    python = environment()["PYTHONPATH"]
    run = f"{sys.executable} -m gongkai --data {mount}/data"
    script = f"""
        mount -t tmpfs -o size=6m tmpfs {mount} || exit 77
        cd {tmp_path}; export PYTHONPATH={python}
        {run} import {few} || exit 1
        {run} import {many}; echo "import ended with $?"
        rm -rf {mount}/data/index
        {run} status --json > {tmp_path}/status.json
    """
    done = subprocess.run(
        ["unshare", "-rm", "bash", "-c", script], capture_output=True, text=True, check=False, env=environment()
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        unavailable("a small file system", "mounting one needs root or user namespaces")
    assert "import ended with 1" in done.stdout, done.stdout + done.stderr
    assert "full" in done.stderr
    assert "Traceback" not in done.stderr
    kept = json.loads((tmp_path / "status.json").read_text())["notices"]["import"]
    assert kept >= 20
    assert kept % 500 in (0, 20)
