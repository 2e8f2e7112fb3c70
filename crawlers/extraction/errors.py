"""What can go wrong between bytes and text; every message is one line."""


class ExtractionError(Exception):
    """The bytes give no notice; the message says why."""


class UnreadableFileError(ExtractionError):
    """The format is not read, or the file is damaged, locked or empty; the message names the format."""


class ReaderError(ExtractionError):
    """A worker process did not bring an answer."""


class ReaderTimeoutError(ReaderError):
    """The task took longer than its limit, and its worker was ended."""


class ReaderMemoryError(ReaderError):
    """The task took more memory than its limit, and its worker was ended."""


class ReaderCrashedError(ReaderError):
    """The worker ended in the middle of the task."""
