"""A process that writes: ``URL put NAME COUNT`` or ``URL hold NAME COUNT``, which never ends its transaction."""

import sys
import threading

from analyzers.notice import Attachment, Notice
from indexer.catalogue import Catalogue, notices

SHARED = 20
"""Notices that every writing process stores with the same content."""


def notice(notice_id: str, **values: object) -> Notice:
    made = Notice(notice_id, f"http://a.cn/{notice_id}", "jia", f"关于{notice_id}的通知", "正文。")
    for name, value in values.items():
        setattr(made, name, value)
    return made


def main(url: str, mode: str, name: str, count: int) -> None:
    catalogue = Catalogue.open(url)
    if mode == "hold":
        with catalogue.begin() as connection:
            for number in range(count):
                file = Attachment(f"http://a.cn/{number}.pdf", "附件", body="文件")
                notices.put(connection, notice(f"{name}-{number}", attachments=[file]))
            print("written", flush=True)
            threading.Event().wait()
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        with catalogue.begin() as connection:
            notices.put(connection, notice(f"{name}-{number}"))
        if number < SHARED:
            with catalogue.begin() as connection:
                notices.put(connection, notice(f"shared-{number}"))
    catalogue.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
