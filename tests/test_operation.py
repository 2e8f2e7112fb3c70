"""The service as it is operated: backup beside it, its end, its log, behind a proxy, from the environment."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
import requests

from indexer.backup import counts
from tests import command_lines
from tests.conftest import PROJECT, unavailable
from tests.program import (
    WAIT_SECONDS,
    answers,
    command,
    environment,
    free_port,
    gongkai,
    gongkai_json,
    served,
    start,
    total,
    wait_for,
    write_records,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def ids(database: Path) -> set[str]:
    connection = sqlite3.connect(database)
    found = {row[0] for row in connection.execute("SELECT id FROM notices")}
    connection.close()
    return found


def test_a_backup_beside_serve_and_import_is_restored_and_searched(folder: Path, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for number in range(5):
        (documents / f"{number}.txt").write_text(
            f"关于第{number}次停水的公告\n\n八月{number + 1}日停水。", encoding="utf-8"
        )
    gongkai(folder, "import", str(documents))
    gongkai(folder, "import", str(write_records(tmp_path / "first.jsonl", range(500))))
    many = write_records(tmp_path / "many.jsonl", range(500, 6000))
    backup = tmp_path / "beside.backup"
    with served(folder) as address:
        importing = start(folder, "import", str(many))
        try:
            wait_for(lambda: len(ids(folder / "catalogue.db")) > 1500)
            report = gongkai_json(folder, "backup", str(backup), "--json")
        finally:
            importing.wait(WAIT_SECONDS)
        assert importing.returncode == 0
        wait_for(lambda: total(address, "农机补贴") == 6000)
    assert report["missing"] == []
    assert report["snapshots"] == 5
    kept = report["notices"]
    assert 1500 < kept <= 6005
    new = tmp_path / "restored"
    assert gongkai_json(new, "restore", str(backup), "--json")["notices"] == kept
    restored = new / "catalogue.db"
    assert counts(restored)["notices"] == kept
    assert ids(restored) <= ids(folder / "catalogue.db")
    assert (kept - 505) % 500 == 0, "transactions are whole"
    gongkai(new, "index")
    assert gongkai_json(new, "search", "农机补贴", "--json")["total"] == kept - 5
    assert gongkai_json(new, "search", '"第2次停水"', "--json")["total"] == 1
    state = gongkai_json(new, "status", "--json")
    assert (state["index"]["lag"], sum(state["notices"].values())) == (0, kept)


def test_a_full_way_round_is_equal(folder: Path, tmp_path: Path) -> None:
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(50))))
    (folder / "sources").mkdir()
    (folder / "sources" / "a.toml").write_text(
        'address = "https://a.example/"\nname = "甲"\nallowed_hosts = ["a.example"]\n'
    )
    (tmp_path / "gongkai.toml").write_text('elasticsearch_password = "geheim"\nport = 8123\n')
    said = gongkai(folder, "backup", str(tmp_path / "one"), cwd=tmp_path)
    assert "50 notices, 0 snapshots" in said
    gongkai(tmp_path / "new", "restore", str(tmp_path / "one"))
    assert (tmp_path / "new" / "sources" / "a.toml").read_text() == (folder / "sources" / "a.toml").read_text()
    assert "geheim" not in (tmp_path / "new" / "configuration" / "gongkai.toml").read_text()
    gongkai(tmp_path / "new", "backup", str(tmp_path / "two"))
    assert ids(tmp_path / "new" / "catalogue.db") == ids(folder / "catalogue.db")


def test_restore_says_why_not(folder: Path, tmp_path: Path) -> None:
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(5))))
    gongkai(folder, "backup", str(tmp_path / "one"))
    assert "is not empty" in gongkai(folder, "restore", str(tmp_path / "one"), code=1)
    assert "lies in the data folder" in gongkai(folder, "backup", str(folder / "one"), code=1)
    assert "must be include or reference" in gongkai(folder, "backup", "x", "--snapshots", "none", code=1)
    said = gongkai(folder, "restore", str(tmp_path / "one"), code=1, env={"GONGKAI_CATALOGUE_URL": "postgresql://h/d"})
    assert "catalogue_url is set" in said
    (tmp_path / "part").write_bytes((tmp_path / "one").read_bytes()[:1000])
    assert "ends early" in gongkai(tmp_path / "new", "restore", str(tmp_path / "part"), code=1)
    assert not (tmp_path / "new").exists()
    with served(folder):
        said = gongkai(folder, "restore", str(tmp_path / "one"), "--force", code=1)
        assert "a process works on it" in said


def test_term_under_load_loses_no_request_and_no_commit(folder: Path, tmp_path: Path) -> None:
    """50 requests a second, half on connections kept open; none that was taken goes without a whole answer."""
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(300))))
    port = free_port()
    process = start(folder, "serve", "--port", str(port))
    address = f"http://127.0.0.1:{port}"
    wait_for(lambda: total_or_none(address) == 300, process)
    gongkai(folder, "import", str(write_records(tmp_path / "more.jsonl", range(300, 3300))))  # being indexed at the end
    whole: list[int] = []
    lost: list[str] = []
    refused = threading.Event()

    def client(number: int) -> None:
        kept = requests.Session() if number % 2 else None
        while not refused.is_set():
            begun = time.monotonic()
            try:
                answer = ask(port) if kept is None else kept.get(f"{address}/api/v1/search?q=农机补贴", timeout=30)
                if isinstance(answer, requests.Response):
                    assert answer.status_code == 200
                    answer.json()
                whole.append(number)
            except ConnectionRefusedError:
                break  # never taken
            except requests.ConnectionError as error:
                if "Connection refused" not in str(error):
                    lost.append(repr(error))
                break
            except (OSError, http.client.HTTPException, AssertionError, ValueError) as error:
                lost.append(repr(error))
                break
            time.sleep(max(0.0, 0.2 - (time.monotonic() - begun)))
        if kept is not None:
            kept.close()

    with ThreadPoolExecutor(10) as pool:
        clients = [pool.submit(client, number) for number in range(10)]
        time.sleep(3)
        process.terminate()
        process.wait(WAIT_SECONDS)
        refused.set()
        for one in clients:
            one.result()
    assert lost == []
    assert len(whole) > 100
    assert process.returncode == 0
    # Both have ended, the index has all that its position says, and goes on from there.
    state = gongkai_json(folder, "status", "--json")["index"]
    assert state["documents"] == state["position"]
    gongkai(folder, "index")
    assert gongkai_json(folder, "status", "--json")["index"]["documents"] == 3300


def total_or_none(address: str) -> int | None:
    with contextlib.suppress(requests.ConnectionError):
        return total(address)
    return None


def ask(port: int) -> None:
    """One request on a connection of its own; raises where a connection that was made brings no whole answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    try:
        connection.request("GET", "/api/v1/search?q=%E5%86%9C%E6%9C%BA")
        answer = connection.getresponse()
        assert answer.status == 200
        json.loads(answer.read())
    finally:
        connection.close()


def test_a_long_answer_is_finished_after_term(folder: Path, tmp_path: Path) -> None:
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(3000))))
    gongkai(folder, "index")
    port = free_port()
    process = start(folder, "serve", "--port", str(port))
    wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"), process)
    with requests.get(f"http://127.0.0.1:{port}/api/v1/export", stream=True, timeout=60) as answer:
        lines = answer.iter_lines()
        first = next(lines)
        process.terminate()
        rest = list(lines)
    assert json.loads(first)["id"]
    assert len(rest) == 2999
    assert process.wait(WAIT_SECONDS) == 0


def test_term_to_all_of_its_processes_ends_them(folder: Path, tmp_path: Path) -> None:
    """As systemd does it: the indexer is told as well, and is not begun again."""
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(20))))
    process = start(folder, "serve", "--port", str(free_port()))
    wait_for(lambda: (folder / "index" / "writer.lock").exists(), process)
    time.sleep(1)
    indexer = int((folder / "index" / "writer.lock").read_text())
    os.kill(indexer, signal.SIGTERM)
    process.terminate()
    assert process.wait(WAIT_SECONDS) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(indexer, 0)


def test_the_log_has_a_line_for_each_request_and_no_question(folder: Path, tmp_path: Path) -> None:
    with served(folder, env={"GONGKAI_LOG_FORMAT": "json"}) as address:
        given = requests.get(f"{address}/search?q=张三的低保", headers={"X-Request-ID": "abc-123"}, timeout=30)
        assert given.headers["X-Request-ID"] == "abc-123"
        made = requests.get(f"{address}/nothing/身份证", headers={"X-Request-ID": "a\tb c"}, timeout=30)
        assert re.fullmatch("[0-9a-f]{32}", made.headers["X-Request-ID"])
    text = (tmp_path / "output.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    by_id = {line["request_id"]: line for line in lines if "request_id" in line}
    line = by_id["abc-123"]
    assert (line["method"], line["route"], line["level"]) == (
        "GET",
        "/search",
        "info" if line["status"] < 500 else "warning",
    )
    assert line["ms"] > 0
    assert by_id[made.headers["X-Request-ID"]]["route"] == "other"
    assert "张三" not in text
    assert "身份证" not in text
    assert any("serving on" in line["message"] for line in lines)


def test_questions_are_logged_where_that_is_set(folder: Path, tmp_path: Path) -> None:
    env = {"GONGKAI_LOG_QUERIES": "true"}
    with served(folder, env=env) as address:
        requests.get(f"{address}/search?q=%1b[31m%0a", timeout=30)
    text = (tmp_path / "output.log").read_text()
    assert "query=q=%1B%5B31m%0A" in text
    assert "\x1b" not in text


def test_everything_from_the_environment(tmp_path: Path) -> None:
    """No configuration file, no option: as a container is configured."""
    port = free_port()
    folder = tmp_path / "elsewhere"
    records = write_records(tmp_path / "some.jsonl", range(5))
    env = {
        "GONGKAI_DATA_DIR": str(tmp_path / "data"),
        "GONGKAI_PORT": str(port),
        "GONGKAI_SITE_NAME": "某县公开检索",
        "GONGKAI_ALLOWED_HOSTS": '["search.example.gov.cn"]',
        "GONGKAI_TRUSTED_PROXIES": '["127.0.0.0/8"]',
        "GONGKAI_RATE_LIMIT": "4",
        "GONGKAI_LOG_LEVEL": "warning",
        "GONGKAI_ROOT_PATH": "/gk/",
    }
    arguments = [word for word in command(folder, "serve") if word not in ("--data", str(folder))]
    subprocess.run(
        [*arguments[:-1], "import", str(records)], env=environment(env), check=True, capture_output=True, cwd=tmp_path
    )
    with open(tmp_path / "output.log", "ab") as output:
        process = subprocess.Popen(arguments, env=environment(env), stdout=output, stderr=output, cwd=tmp_path)
    try:
        host = {"Host": "search.example.gov.cn"}
        home = f"http://127.0.0.1:{port}/gk/"
        wait_for(lambda: answers(home), process)
        wait_for(lambda: requests.get(f"{home}healthz", headers=host, timeout=9).json().get("documents") == 5, process)
        assert requests.get(home, timeout=9).status_code == 400, "the host name is not served"
        client = {**host, "X-Forwarded-For": "203.0.113.7"}
        page = requests.get(home, headers=client, timeout=9)
        assert "某县公开检索" in page.text
        statuses = [requests.get(home, headers=client, timeout=9).status_code for _ in range(6)]
        assert statuses[-1] == 429
        other = {**host, "X-Forwarded-For": "203.0.113.8"}
        assert requests.get(home, headers=other, timeout=9).status_code == 200
    finally:
        process.terminate()
        process.wait(WAIT_SECONDS)
    assert "INFO" not in (tmp_path / "output.log").read_text()


class Proxy(BaseHTTPRequestHandler):
    """A reverse proxy that serves the service under /district/search and strips that."""

    prefix = "/district/search"
    target = ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.path.startswith(f"{self.prefix}/"):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        headers = {"Host": self.headers["Host"], "X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}
        answer = requests.get(
            self.target + self.path.removeprefix(self.prefix), headers=headers, timeout=30, allow_redirects=False
        )
        self.send_response(answer.status_code)
        for name in ("Content-Type", "Location", "Content-Security-Policy"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def proxied(target: str) -> Iterator[str]:
    handler = type("ProxyOfTheTest", (Proxy,), {"target": target})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_under_a_prefix_every_address_is_right(folder: Path, tmp_path: Path) -> None:
    """All that pages, feeds and the description of the API point to is fetched through the proxy, and is there."""
    attachment = [{"url": "https://import.example/a.pdf", "name": "附件.pdf", "format": "pdf", "body": "农机补贴附件"}]
    file = write_records(
        tmp_path / "some.jsonl", range(15), genre="通知", issuing_agency=["县农机局"], attachments=attachment
    )
    gongkai(folder, "import", str(file))
    env = {"GONGKAI_ROOT_PATH": Proxy.prefix, "GONGKAI_TRUSTED_PROXIES": '["127.0.0.1"]'}
    port_answers = served(folder, env=env)
    with port_answers as direct, proxied(direct) as proxy:
        wait_for(lambda: total(direct) == 30)
        home = f"{proxy}{Proxy.prefix}/"
        seen: set[str] = set()
        wanted = [home, f"{home}search?q=农机补贴&page=2", f"{home}search?q=没有的词", f"{home}notices/none"]
        while wanted:
            address = wanted.pop()
            path = urlsplit(address)._replace(fragment="").geturl()
            if path in seen or len(seen) > 150:
                continue
            seen.add(path)
            answer = requests.get(path, timeout=30)
            assert answer.status_code == (404 if path.endswith("/notices/none") else 200), path
            if not answer.headers["Content-Type"].startswith("text/html"):
                continue
            for found, name, _, _ in lxml.html.document_fromstring(answer.text).iterlinks():
                target = urljoin(path, found.get(name))
                if "external" in found.get("rel", ""):
                    continue
                assert target.startswith(home), f"{path} points to {found.get(name)}"
                wanted.append(target)
        assert any("/static/" in path for path in seen)
        assert any("/api/v1/export" in path for path in seen)

        feed = requests.get(f"{home}feed.atom", timeout=30).text
        origin = f"https://127.0.0.1:{urlsplit(proxy).port}{Proxy.prefix}"
        assert all(
            link.startswith(origin) for link in re.findall(r'href="([^"]+)"', feed) if "import.example" not in link
        ), feed[:1000]
        schema = requests.get(f"{home}openapi.json", timeout=30).json()
        assert schema["servers"] == [{"url": Proxy.prefix}]
        hit = next(
            one for one in requests.get(f"{home}api/v1/search?q=附件", timeout=30).json()["hits"] if one["parent"]
        )
        for path in (f"notices/{hit['id']}", f"api/v1/notices/{hit['id']}"):
            moved = requests.get(home + path, timeout=30, allow_redirects=False)
            assert moved.status_code == 307
            assert urljoin(home, moved.headers["Location"]).startswith(home)
            assert requests.get(home + path, timeout=30).status_code == 200
        slash = requests.get(f"{home}search/", timeout=30, allow_redirects=False)
        assert slash.status_code in (307, 404)
        if slash.status_code == 307:
            assert urlsplit(slash.headers["Location"]).path == f"{Proxy.prefix}/search"
        # A proxy that leaves the prefix is answered the same.
        assert requests.get(f"{direct}{Proxy.prefix}/api/v1/search", timeout=30).json()["total"] == 30
        assert requests.get(f"{direct}{Proxy.prefix}", timeout=30).status_code == 200


def test_slow_and_greedy_connections_are_closed(folder: Path) -> None:
    env = {"GONGKAI_HEADER_SECONDS": "1", "GONGKAI_KEEP_ALIVE_SECONDS": "1", "GONGKAI_HEADER_BYTES": "4096"}
    with served(folder, env=env) as address:
        port = urlsplit(address).port
        assert port is not None
        for trickle in ([b""], [b"GET / HTTP/1.1\r\n"], [b"G", b"E", b"T", b" ", b"/"]):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
                for piece in trickle:
                    one.sendall(piece)
                    time.sleep(0.1)
                assert one.recv(1000) == b""
        with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
            one.sendall(b"GET /healthz?live HTTP/1.1\r\nHost: a\r\n\r\n")
            answered = b""
            while piece := one.recv(10_000):  # the idle connection is closed by the server
                answered += piece
            assert answered.startswith(b"HTTP/1.1 200")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
            one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 10_000 + b"\r\n\r\n")
            assert one.recv(10_000).startswith(b"HTTP/1.1 4")
        answer = requests.get(f"{address}/api/v1/search", data=b"x" * 100_000, timeout=30)
        assert answer.status_code == 413
        assert answer.headers["Connection"] == "close"


def test_the_unit_of_systemd_names_what_there_is() -> None:
    text = (PROJECT / "packaging" / "gongkai.service").read_text(encoding="utf-8")
    values: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            values.setdefault(name, []).append(value)
    words = values["ExecStart"][0].split()
    assert words[0].endswith("/gongkai")
    assert command_lines.parse(words[1:]) == "serve"
    assert values["KillSignal"] == ["SIGTERM"]
    assert int(values["TimeoutStopSec"][0]) >= 60, "requests and the indexer end one after the other"
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictNamespaces"):
        assert values[name] in (["yes"], ["true"]), name
    assert values["ProtectSystem"] == ["strict"]
    assert values["CapabilityBoundingSet"] == [""]
    assert "root" not in values["User"]


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze") or unavailable("systemd-analyze", "install the Debian package systemd")
    text = (PROJECT / "packaging" / "gongkai.service").read_text(encoding="utf-8")
    unit = tmp_path / "gongkai.service"
    unit.write_text(text.replace("/opt/gongkai/bin/gongkai", sys.executable))
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
