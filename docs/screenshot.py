"""Makes docs/tutorial/first-steps.png: the results page of the tutorial's question over the sample district."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from PIL import Image

PROJECT = Path(__file__).resolve().parent.parent
PICTURE = PROJECT / "docs" / "tutorial" / "first-steps.png"
QUESTION = "农机补贴怎么申请"
PORT = 8790
WAIT_SECONDS = 180
COLOURS = 256
"""Of the picture's palette: a third of the bytes, and nothing that an eye would miss."""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1280,860",
]


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is not here: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        program = [sys.executable, str(PROJECT / "gongkai.py"), "--data", f"{folder}/demo", "demo"]
        demo = subprocess.Popen([*program, "--port", str(PORT), "--sites-port", str(PORT + 1)])
        try:
            page = f"http://127.0.0.1:{PORT}/search?q={urllib.parse.quote(QUESTION)}"
            wait_for(page, demo)
            picture = [f"--user-data-dir={folder}/browser", f"--screenshot={PICTURE}", page]
            subprocess.run([chromium, *FLAGS, *picture], check=True, timeout=WAIT_SECONDS)
            with Image.open(PICTURE) as taken:
                small = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(PICTURE, optimize=True)
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait()
    print(f"{PICTURE}: {PICTURE.stat().st_size} bytes")
    return 0


def wait_for(page: str, demo: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and demo.poll() is None:
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(page, timeout=10):  # noqa: S310
            return
        time.sleep(0.5)
    raise SystemExit("the demo did not answer")


if __name__ == "__main__":
    sys.exit(main())
