"""The program with its modules read once: each command is a fork of this process, with the caller's folder and files.

``python -m tests.warm_program SOCKET`` listens; ``python warm_program.py SOCKET ARGUMENT …`` is a command.
"""

from __future__ import annotations

import json
import os
import socket
import sys

NO_ANSWER = 70


def listen(path: str) -> None:
    """One command after the other; the answer to each is its exit code."""
    import crawlers.crawl
    import crawlers.extraction.pool
    import crawlers.importing  # noqa: F401
    import gongkai
    from analyzers.analysis import default_analyzer

    default_analyzer().channels("农机")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        while True:
            with listener.accept()[0] as caller:
                parts, files, _flags, _address = socket.recv_fds(caller, 1 << 16, 3)
                while more := caller.recv(1 << 16):
                    parts += more
                child = os.fork()
                if child == 0:
                    listener.close()
                    caller.close()
                    folder, environment, arguments = json.loads(parts)
                    for number, file in enumerate(files):
                        os.dup2(file, number)
                        os.close(file)
                    os.chdir(folder)
                    os.environ.clear()
                    os.environ.update(environment)
                    sys.argv = ["gongkai", *arguments]
                    gongkai.main()
                    sys.exit()
                for file in files:
                    os.close(file)
                _child, status = os.waitpid(child, 0)
                caller.sendall(bytes([os.waitstatus_to_exitcode(status) & 255]))


def command(path: str, arguments: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(path)
        message = json.dumps([os.getcwd(), dict(os.environ), arguments]).encode()
        sent = socket.send_fds(caller, [message], [0, 1, 2])
        caller.sendall(message[sent:])
        caller.shutdown(socket.SHUT_WR)
        return (caller.recv(1) or bytes([NO_ANSWER]))[0]


if __name__ == "__main__":
    if len(sys.argv) == 2:
        listen(sys.argv[1])
    else:
        sys.exit(command(sys.argv[1], sys.argv[2:]))
