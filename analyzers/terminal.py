"""Text for a terminal: crawled text is hostile, and must not move the cursor, change colours or end a line."""


def one_line(text: str) -> str:
    """With a sign in place of each character that does not print."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def escaped(text: str) -> str:
    r"""With each character that does not print written as JSON has it, such as ``\u001b``; so JSON stays the same."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _escape(character: str) -> str:
    number = ord(character)
    if number > 0xFFFF:  # in two halves
        high, low = divmod(number - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{number:04x}"
