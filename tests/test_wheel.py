"""The wheel as somebody installs it: in an environment of its own, run from elsewhere, without the sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.conftest import PROJECT, unavailable
from tests.program import WAIT_SECONDS, answers, free_port, wait_for, write_records

pytestmark = pytest.mark.soak
PYTHONS = ("3.11", "3.12", "3.13")


@pytest.fixture(scope="module")
def uv() -> str:
    own = PROJECT / ".venv" / "bin" / "uv"
    return str(own) if own.exists() else shutil.which("uv") or unavailable("uv", "make .venv/uv installs it")


@pytest.fixture(scope="module")
def installed(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment's folder of programs; only what the lock names is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    run(uv, "build", "--quiet", "--wheel", "--out-dir", str(folder / "dist"), str(PROJECT))
    [wheel] = (folder / "dist").glob("gongkai-*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", str(folder / "environment"))
    python = str(folder / "environment" / "bin" / "python")
    lock = str(PROJECT / "requirements.lock")
    run(uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", lock)
    run(uv, "pip", "install", "--quiet", "--python", python, "--no-deps", str(wheel))
    run(uv, "pip", "check", "--quiet", "--python", python)
    return folder / "environment" / "bin"


def run(*words: str, cwd: Path | None = None) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GONGKAI_", "PYTHON"))}
    done = subprocess.run(words, cwd=cwd, env=kept, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_installed_program_does_its_work(installed: Path, tmp_path: Path) -> None:
    gongkai = str(installed / "gongkai")
    assert "import" in run(gongkai, "--help", cwd=tmp_path)
    assert "--port" in run(gongkai, "demo", "--help", cwd=tmp_path)
    records = write_records(tmp_path / "some.jsonl", range(20))
    (tmp_path / "公告.txt").write_text("关于停水的公告\n\n八月三日停水。", encoding="utf-8")
    assert "20 new" in run(gongkai, "import", str(records), cwd=tmp_path)
    assert "1 new" in run(gongkai, "import", str(tmp_path / "公告.txt"), cwd=tmp_path)
    assert "21 changes indexed" in run(gongkai, "index", cwd=tmp_path)
    assert "20 hits" in run(gongkai, "search", "农机补贴", cwd=tmp_path)
    run(gongkai, "backup", "one.backup", cwd=tmp_path)
    assert "21 notices" in run(gongkai, "--data", "new", "restore", "one.backup", cwd=tmp_path)
    port = str(free_port())
    with subprocess.Popen([gongkai, "serve", "--port", port], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"), process)
            page = requests.get(f"http://127.0.0.1:{port}/search?q=农机补贴", timeout=30).text
            style = page.split('rel="stylesheet" href="')[1].split('"')[0]
            assert requests.get(f"http://127.0.0.1:{port}{style}", timeout=30).status_code == 200
            assert "gongkai_ready" in requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
        finally:
            process.terminate()
            assert process.wait(WAIT_SECONDS) == 0


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_is_wheels_alone_on_every_python(uv: str, python: str, tmp_path: Path) -> None:
    """But for jieba, which is published as sources only, of Python without anything to compile."""
    names = [
        line.rstrip(" \\")
        for line in (PROJECT / "requirements.lock").read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    ]
    pinned = tmp_path / "pinned.in"
    pinned.write_text("\n".join(names) + "\n")
    wanted = [uv, "pip", "compile", "--quiet", "--python-version", python, "--python-platform", "x86_64-manylinux_2_28"]
    run(*wanted, "--only-binary", ":all:", "--no-binary", "jieba", str(pinned), "-o", str(tmp_path / "resolved"))
    resolved = (tmp_path / "resolved").read_text(encoding="utf-8")
    for name in ("tantivy", "rjieba", "lxml", "pydantic-core", "scrapy"):
        assert f"\n{name}==" in resolved
