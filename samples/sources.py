"""The source files that make a crawl visit the sample sites."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from samples.server import HOST, start_address
from samples.sites import SITES


def write_sources(folder: Path, ports: Mapping[str, int]) -> list[Path]:
    """Writes ``SITE.toml`` for each site by its port, over older ones; the folder is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, port in ports.items():
        file = folder / f"{name}.toml"
        file.write_text(
            f"address = {json.dumps(start_address(name, port))}\n"
            f"name = {json.dumps(SITES[name].label, ensure_ascii=False)}\n"
            f"allowed_hosts = {json.dumps([f'{HOST}:{port}'])}\n"
            "allow_private_addresses = true\n"
            "delay = 0\n",
            encoding="utf-8",
        )
        written.append(file)
    return written
