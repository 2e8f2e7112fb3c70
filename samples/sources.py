"""The source files that make a crawl visit the sample sites."""

from __future__ import annotations

import json
from pathlib import Path

from samples import bureau, portal
from samples.server import HOST, start_address


def write_sources(folder: Path, portal_port: int, bureau_port: int) -> list[Path]:
    """Writes ``portal.toml`` and ``bureau.toml``, over older ones; the folder is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for site, port, name in (("portal", portal_port, portal.NAME), ("bureau", bureau_port, bureau.NAME)):
        file = folder / f"{site}.toml"
        file.write_text(
            f"address = {json.dumps(start_address(site, port))}\n"
            f"name = {json.dumps(name, ensure_ascii=False)}\n"
            f"allowed_hosts = {json.dumps([f'{HOST}:{port}'])}\n"
            "allow_private_addresses = true\n"
            "delay = 0\n",
            encoding="utf-8",
        )
        written.append(file)
    return written
