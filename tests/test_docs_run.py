"""Every shell block of the documentation is run, page by page and from top to bottom, as a reader would run it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from samples import SITES, load_notices
from tests.conftest import PROJECT, unavailable
from tests.program import WAIT_SECONDS, answers, free_port, kill, start, wait_for
from tests.test_docs import PAGES, README, README_ZH, Block, blocks, shown

NEWCOMER = {README, PROJECT / "docs" / "tutorial" / "first-steps.md"}
"""Pages that begin at a fresh clone: no ``gongkai`` on the path, no data but what ``make run`` left in var/demo."""
ELASTICSEARCH = PROJECT / "docs" / "how-to" / "use-elasticsearch.md"
RUN_PAGES = [page for page in PAGES if page != README_ZH and any(block.page == page for block in blocks("sh"))]
"""Without the Chinese README: a test holds its blocks to be the English one's."""

NOT_RUN = {
    "docker compose": "needs a container engine; the file and its command lines are parsed in test_packaging",
    "make run": "the fixture runs what it runs; installing from the locks is a way of its own",
    "make test": "is what runs this",
    "systemctl": "changes the machine; the unit is checked in test_packaging",
    "python3 -m venv /opt": "installs for the whole machine; the wheel is installed and run in test_wheel",
    "pg_dump": "needs a PostgreSQL of the machine's own",
}
"""Beginnings of commands whose block is left out, with the reason."""

FILES = {
    "notices.jsonl": '{"id": "1", "name": "关于做好防汛工作的通知", "body": "各镇：现通知如下。"}\n',
    "laws.jsonl": '{"id": "1", "name": "水法实施办法", "text": "第一条 为了合理用水，制定本办法。"}\n',
    "etc/gongkai.toml": 'site_name = "公开检索"\n',
    "run/secrets/gongkai": "geheim\n",
    "finance.toml": 'address = "https://czj.example.gov.cn/"\nname = "县财政局"\n',
}
"""What a page takes to be there; one that the page itself gives in a block goes first."""

BEFORE = {"gongkai --data SCRATCH/srv/gongkai restore": "rm -r SCRATCH/srv/gongkai"}
"""Done before a command that begins so: a restore is into a folder that another machine has not filled yet."""


@dataclasses.dataclass(frozen=True)
class Demo:
    address: str
    sites: int
    """First of the sample sites' ports."""
    folder: Path
    warm: Path
    """Where tests.warm_program listens."""

    def site(self, name: str) -> str:
        return f"127.0.0.1:{self.sites + list(SITES).index(name)}"


def free_row(length: int) -> int:
    """First of so many free ports in a row."""
    for first in range(21000 + os.getpid() % 50 * 100, 32000, length):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + length):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise AssertionError("no free ports in a row")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("clone") / "demo"
    port, sites = free_port(), free_row(len(SITES))
    warm = folder.parent / "warm"
    listener = subprocess.Popen(
        [sys.executable, "-m", "tests.warm_program", str(warm)], cwd=PROJECT, start_new_session=True
    )
    process = start(folder, "demo", "--port", str(port), "--sites-port", str(sites))
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{address}/healthz"), process)
        wait_for(warm.exists, listener)
        yield Demo(address, sites, folder, warm)
        process.terminate()
        assert process.wait(WAIT_SECONDS) == 0
    finally:
        os.killpg(listener.pid, signal.SIGKILL)
        listener.wait()
        if process.poll() is None:
            kill(process)


def replacements(demo: Demo, scratch: Path, elasticsearch: str) -> list[tuple[str, str]]:
    """What stands in a page, as a regular expression, and what takes its place here."""
    local = "allow_private_addresses = true\ndelay = 0"
    notice = SITES["education"].address(load_notices("education")[0])
    page = f"http://{demo.site('education')}{notice} --allow-private-addresses"
    return [
        (r"http://127\.0\.0\.1:8000\b", demo.address),
        (r"--port 8080", f"--port {free_port()}"),
        (r"\bdemo --port", f"demo --sites-port {free_row(len(SITES))} --port"),
        (r"--host 0\.0\.0\.0", "--host 127.0.0.1"),
        (r"https://czj\.example\.gov\.cn/zwgk/index\.html", f"http://{demo.site('finance')}{SITES['finance'].start}"),
        (r"https://jyj\.example\.gov\.cn/zwgk/2021/t20210516_1234\.html", page),
        (r"https://jyj\.example\.gov\.cn/zwgk/", f"http://{demo.site('education')}{SITES['education'].start}"),
        (r'allowed_hosts = \["czj\.example[^\n]+', f'allowed_hosts = ["{demo.site("finance")}"]\n{local}'),
        (r'allowed_hosts = \["jyj\.example[^\n]+', f'allowed_hosts = ["{demo.site("education")}"]\n{local}'),
        (r"https://search\.example\.cn:9200", elasticsearch),
        (r"elasticsearch_ca_certs[^\n]+\n", ""),
        (r"elasticsearch_replicas = 1", "elasticsearch_replicas = 0"),
        (r'(?<=[\s"])/(srv|etc|run)(?=/)', rf"{scratch}/\1"),
    ]


def written_by(page: Path) -> dict[str, str]:
    """Files that blocks of the page are the content of: a name in the first line, or records."""
    files: dict[str, str] = {}
    for block in blocks("toml", "jsonl"):
        if block.page == page:
            name = re.match(r"# (\S+\.toml)\n", block.text)
            if name or block.language == "jsonl":
                files.setdefault(name[1] if name else "notices.jsonl", block.text)
    return files


def runnable(page: Path) -> list[Block]:
    left_out = re.compile(rf"^({'|'.join(map(re.escape, NOT_RUN))})\b", re.MULTILINE)
    return [block for block in blocks("sh") if block.page == page and not left_out.search(block.text)]


def doors(folder: Path, warm: Path) -> Path:
    """``gongkai`` of this checkout, whose service gets TERM as soon as it answers; ``curl`` that minds the status."""
    curl = shutil.which("curl") or unavailable("curl", "apt-get install curl")
    program = f"{shlex.quote(sys.executable)} {shlex.quote(str(PROJECT / 'gongkai.py'))}"
    scripts = {
        "curl": f'exec {curl} --fail-with-body "$@"\n',
        "gongkai": f"""
        port=$GONGKAI_PORT serves= before=
        for word in "$@"; do
          case "$before" in --port) port=$word ;; esac
          case "$word" in serve | demo) serves=yes ;; esac
          before=$word
        done
        test "$serves" || exec {shlex.quote(sys.executable)} -I -S {PROJECT}/tests/warm_program.py {warm} "$@"
        {program} "$@" &
        until {curl} -s -o /dev/null "http://127.0.0.1:$port/healthz"; do
          kill -0 $! || exit 70
          sleep 0.1
        done
        kill -TERM $!
        wait $!
        """,
    }
    folder.mkdir(parents=True)
    for name, text in scripts.items():
        door = folder / name
        door.write_text("#!/bin/sh\n" + dedent(text), encoding="utf-8")
        door.chmod(0o755)
    return folder


def prepare(page: Path, demo: Demo, scratch: Path, pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Fills the folder with what the page takes to be there; the environment of its commands."""
    text = "".join(block.text for block in runnable(page))
    inside = doors(scratch / "clone" / ".venv" / "bin", demo.warm)
    outside = doors(scratch / "bin", demo.warm)
    (inside / "activate").write_text(f'PATH="{inside}:$PATH"\n', encoding="utf-8")
    folders = ["clone/var/demo"]
    if page in NEWCOMER:
        (outside / "gongkai").unlink()
    else:
        folders += ["clone/gongkai-data", "srv/gongkai"]
    for name in folders:
        if name == "clone/gongkai-data" or name.removeprefix("clone/") in text + "".join(written_by(page).values()):
            shutil.copytree(demo.folder, scratch / name)
            for source in (scratch / name / "sources").iterdir():
                source.write_text(source.read_text(encoding="utf-8") + "page_limit = 3\n", encoding="utf-8")
    for name, content in {**FILES, **written_by(page)}.items():
        file = scratch / name if name.startswith(("etc/", "run/")) else scratch / "clone" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(replaced(content, pairs), encoding="utf-8")
    (scratch / "srv" / "backup").mkdir(parents=True)
    (scratch / "clone" / "archive" / "2011").mkdir(parents=True)
    (scratch / "clone" / "archive" / "2011" / "通知.txt").write_text(
        "关于放假的通知\n各镇：现通知如下。\n", encoding="utf-8"
    )
    shutil.copy(PROJECT / "samples" / "attachments" / "lhgb2010-3.pdf", scratch / "clone" / "notice.pdf")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GONGKAI_")}
    return {**kept, "PATH": f"{outside}:{os.environ['PATH']}", "GONGKAI_PORT": str(free_port())}


def replaced(text: str, pairs: list[tuple[str, str]]) -> str:
    for pattern, new in pairs:
        text = re.sub(pattern, new.replace("\\1", "\\g<1>"), text)
    return text


def script_of(page: Path, scratch: Path, pairs: list[tuple[str, str]]) -> str:
    """All blocks as one session, so that what one activates or exports holds for the next."""
    lines = []
    for number, block in enumerate(runnable(page), start=1):
        lines.append(f'echo; echo "== block {number} after $SECONDS s" >&2')
        for line in replaced(block.text, pairs).splitlines():
            for beginning, first in BEFORE.items():
                if line.startswith(beginning.replace("SCRATCH", str(scratch))):
                    lines.append(first.replace("SCRATCH", str(scratch)))
            lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.elasticsearch] if page == ELASTICSEARCH else []) for page in RUN_PAGES],
    ids=shown,
)
def test_the_blocks_of_the_page_run(page: Path, demo: Demo, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    elasticsearch = str(request.getfixturevalue("elasticsearch_url")) if page == ELASTICSEARCH else ""
    pairs = replacements(demo, tmp_path, elasticsearch)
    environment = prepare(page, demo, tmp_path, pairs)
    with open(tmp_path / "output", "w+", encoding="utf-8") as output:
        session = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script_of(page, tmp_path, pairs)],
            cwd=tmp_path / "clone", env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            code = session.wait(3 * WAIT_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(session.pid, signal.SIGKILL)
            session.wait()
        output.seek(0)
        printed = output.read()
    assert code == 0, printed
    assert "Traceback" not in printed, printed
    assert not re.search(r"^0 hits", printed, re.MULTILINE), printed
    for found in re.findall(r'^\{"query".*$', printed, re.MULTILINE):
        assert json.loads(found)["total"] > 0, found


def test_what_is_left_out_is_in_the_documentation() -> None:
    left_out = [block.text for page in RUN_PAGES for block in blocks("sh") if block.page == page]
    for beginning in NOT_RUN:
        assert any(re.search(f"^{re.escape(beginning)}\\b", text, re.MULTILINE) for text in left_out), beginning
