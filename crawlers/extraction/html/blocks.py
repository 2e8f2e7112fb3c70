"""The page as a sequence of blocks: the text that stands directly in each cell, item, paragraph or division."""

from __future__ import annotations

import dataclasses

from bs4.element import Tag

from crawlers.extraction.html.tree import BLOCKS, attribute, squeeze, walk


@dataclasses.dataclass(slots=True)
class Block:
    tag: Tag
    pieces: list[str]
    """The texts of the block's inline elements, one each; ``\\n`` for a line break."""
    linked: int = 0
    """Characters within links."""
    inner: bool = False
    """Whether other blocks stand within it."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def line(self) -> str:
        return squeeze(self.text)


def blocks_of(root: Tag) -> list[Block]:
    """In document order, empty ones included: an empty cell is the value of the label before it."""
    blocks = [Block(root, [])]
    open_blocks = [blocks[0]]
    links = 0
    for event, node in walk(root):
        if event == "text":
            text = str(node)
            open_blocks[-1].pieces.append(text)
            if links:
                open_blocks[-1].linked += len(text.strip())
        elif isinstance(node, Tag):
            name = node.name
            if name == "a" and attribute(node, "href"):
                links += 1 if event == "open" else -1
            elif name == "br":
                if event == "open":
                    open_blocks[-1].pieces.append("\n")
            elif name in BLOCKS:
                if event == "open":
                    open_blocks[-1].inner = True
                    block = Block(node, [])
                    blocks.append(block)
                    open_blocks.append(block)
                else:
                    open_blocks.pop()
    return blocks
