"""Makes the picture-only PDF: ``python -m samples.scan_builder FONT``, with a font file that has Chinese characters."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from samples.texts import FOLDER, parse_blocks

SIZE = (1240, 1754)
"""A4 at 150 dots an inch."""
MARGIN = 150
SCANS = FOLDER / "attachments"


def draw(text: str, font_file: str) -> Image.Image:
    """A page in black and white with the specks and the slight slant of a scanner."""
    page = Image.new("L", SIZE, 255)
    pen = ImageDraw.Draw(page)
    top = MARGIN
    for block in parse_blocks(text):
        font = ImageFont.truetype(font_file, 44 if block.kind == "heading" else 30)
        lines = ["　　".join(row) for row in block.rows] if block.kind == "table" else _lines(block.text, font)
        for line in lines:
            width = pen.textlength(line, font)
            left = {
                "heading": (SIZE[0] - width) / 2,
                "centre": (SIZE[0] - width) / 2,
                "right": SIZE[0] - MARGIN - width,
            }
            pen.text((left.get(block.kind, MARGIN), top), line, fill=0, font=font)
            top += 80 if block.kind == "heading" else 56
    page = page.rotate(0.6, resample=Image.Resampling.BICUBIC, fillcolor=255)
    specks = random.Random(7)
    for _ in range(250):
        page.putpixel((specks.randrange(SIZE[0]), specks.randrange(SIZE[1])), 0)
    return page.point(lambda value: 255 if value > 140 else 0).convert("1")


def _lines(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    lines = ["　　"] if len(text) > 30 else [""]
    for character in text:
        if font.getlength(lines[-1] + character) > SIZE[0] - 2 * MARGIN:
            lines.append("")
        lines[-1] += character
    return lines


def main() -> int:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.stderr.write(
            "usage: python -m samples.scan_builder FONT (such as NotoSansCJK-Regular.ttc of fonts-noto-cjk)\n"
        )
        return 2
    for file in sorted(SCANS.glob("*.scan")):
        draw(file.read_text(encoding="utf-8"), sys.argv[1]).save(file.with_suffix(".pdf"), resolution=150)
    return 0


if __name__ == "__main__":
    sys.exit(main())
