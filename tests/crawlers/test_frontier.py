from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from indexer.catalogue import Catalogue, frontier
from indexer.catalogue.frontier import Link, Result, Run, Task

START = "http://a.cn/"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    catalogue = Catalogue.open(f"sqlite:///{tmp_path / 'catalogue.db'}")
    with catalogue.begin() as opened:
        yield opened
    catalogue.close()


def start(connection: Connection) -> Run:
    return frontier.start_run(connection, "jia", "甲县", START)


def tasks(connection: Connection, run: Run, limit: int = 50) -> list[Task]:
    return frontier.next_tasks(connection, run, limit, set())


def page(number: int, **context: object) -> Link:
    return Link(f"{START}{number}.html", "page", 1, context)


def done(connection: Connection, run: Run, outcome: str = "new", **values: object) -> None:
    for task in tasks(connection, run):
        result = "listing" if task.kind == "listing" else outcome
        frontier.finish(connection, task, Result(result, answered=True, snapshot="s", **values))  # type: ignore[arg-type]


def test_an_unfinished_run_goes_on(connection: Connection) -> None:
    run = start(connection)
    frontier.add_links(connection, run, [page(n) for n in range(3)])
    frontier.finish(connection, tasks(connection, run)[0], Result("listing"))
    again = start(connection)
    assert (again.id, again.resumed, again.fetched) == (run.id, True, 1)
    assert [task.url for task in tasks(connection, again)] == sorted(
        (f"{START}{n}.html" for n in range(3)), key=frontier.url_hash
    )


def test_a_finished_run_is_followed_by_one_that_asks_everything_again(connection: Connection) -> None:
    run = start(connection)
    frontier.add_links(connection, run, [page(1), Link(f"{START}a.pdf", "attachment", 2, {"notices": ["n1"]})])
    done(connection, run, etag='"1"')
    assert tasks(connection, run) == []
    frontier.end_run(connection, run, "finished")
    second = start(connection)
    assert (second.resumed, second.id) == (False, run.id + 1)
    assert [(task.url, task.etag) for task in tasks(connection, second)] == [(START, '"1"'), (f"{START}1.html", '"1"')]


def test_what_a_limit_left_comes_before_what_is_known(connection: Connection) -> None:
    run = start(connection)
    done(connection, run)
    frontier.add_links(connection, run, [page(1)])
    done(connection, run)
    frontier.add_links(connection, run, [page(2)])
    frontier.end_run(connection, run, "page limit reached")
    second = start(connection)
    assert [task.url for task in tasks(connection, second)] == [START, f"{START}2.html", f"{START}1.html"]


def test_tasks_in_memory_are_not_handed_out_twice(connection: Connection) -> None:
    run = start(connection)
    frontier.add_links(connection, run, [page(n) for n in range(5)])
    first = frontier.next_tasks(connection, run, 2, set())
    rest = frontier.next_tasks(connection, run, 10, {task.key for task in first})
    assert len(rest) == 4
    assert not {task.url for task in first} & {task.url for task in rest}


def test_a_date_that_comes_late_is_not_lost(connection: Connection) -> None:
    run = start(connection)
    frontier.add_links(connection, run, [page(1)])
    done(connection, run, etag='"1"')
    assert frontier.add_links(connection, run, [page(1)]) == 0
    assert frontier.add_links(connection, run, [page(1, date="2021-05-01", title="通知")]) == 1
    (task,) = tasks(connection, run)
    assert (task.context["date"], task.etag, task.snapshot) == ("2021-05-01", None, None)
    assert frontier.add_links(connection, run, [page(1, date="2021-06-01")]) == 0
    assert not frontier.finish(connection, task, Result("changed"))
    assert frontier.add_links(connection, run, [page(1, date="2021-06-01")]) == 0


def test_asked_twice_in_a_run_it_is_still_new(connection: Connection) -> None:
    run = start(connection)
    frontier.add_links(connection, run, [page(1)])
    done(connection, run)
    frontier.add_links(connection, run, [page(1, date="2021-05-01")])
    done(connection, run, "unchanged")
    report = frontier.run_report(connection, "jia")
    assert report is not None
    assert (report.new, report.unchanged) == (1, 0)
    frontier.end_run(connection, run, "finished")
    run = start(connection)
    done(connection, run, "unchanged")
    report = frontier.run_report(connection, "jia")
    assert report is not None
    assert (report.new, report.unchanged) == (0, 1)


def test_further_pages_of_lists_come_after_what_was_never_fetched(connection: Connection) -> None:
    run = start(connection)
    paging = Link(f"{START}index_1.html", "listing", 0, {"paging": True})
    frontier.add_links(connection, run, [paging, page(1), Link(f"{START}gh/", "listing", 1)])
    order = [START, paging.url, f"{START}gh/", f"{START}1.html"]
    assert sorted(task.url for task in tasks(connection, run)[:2]) == sorted(order[:2])
    assert [task.url for task in tasks(connection, run)[2:]] == order[2:]
    done(connection, run)
    frontier.add_links(connection, run, [page(2)])
    frontier.end_run(connection, run, "page limit reached")
    urls = [task.url for task in tasks(connection, start(connection))]
    assert urls[:3] == [START, f"{START}gh/", f"{START}2.html"]
    assert sorted(urls[3:]) == sorted([paging.url, f"{START}1.html"])


def test_a_date_that_comes_while_the_page_is_read(connection: Connection) -> None:
    run = start(connection)
    frontier.add_links(connection, run, [page(1)])
    under_way = tasks(connection, run)[-1]
    frontier.add_links(connection, run, [page(1, date="2021-05-01")])
    assert frontier.finish(connection, under_way, Result("new"))
    assert tasks(connection, run)[-1].context == {"date": "2021-05-01"}


def test_a_file_of_two_notices(connection: Connection) -> None:
    run = start(connection)
    url = f"{START}a.pdf"
    frontier.add_links(connection, run, [Link(url, "attachment", 1, {"notices": ["n1"]})])
    done(connection, run)
    assert frontier.add_links(connection, run, [Link(url, "attachment", 1, {"notices": ["n1"]})]) == 0
    assert frontier.add_links(connection, run, [Link(url, "attachment", 1, {"notices": ["n2"]})]) == 1
    assert tasks(connection, run)[0].context["notices"] == ["n1", "n2"]


def test_the_report_counts_the_run(connection: Connection) -> None:
    assert frontier.run_report(connection, "jia") is None
    run = start(connection)
    frontier.add_links(connection, run, [page(n) for n in range(4)])
    listing, *pages = tasks(connection, run)
    frontier.finish(connection, listing, Result("listing"))
    frontier.finish(connection, pages[0], Result("new"))
    frontier.finish(connection, pages[1], Result("failed", "HTTP 404", 404))
    frontier.finish(connection, pages[2], Result("ignored", "neither"))
    report = frontier.run_report(connection, "jia")
    assert report is not None
    assert (report.fetched, report.new, report.listings, report.ignored, report.failed, report.waiting) == (
        4,
        1,
        1,
        1,
        1,
        1,
    )
    assert [(one.url, one.reason, one.status) for one in report.failures] == [(pages[1].url, "HTTP 404", 404)]
    assert (report.label, report.outcome, report.ok) == ("甲县", None, False)
    frontier.end_run(connection, run, "finished")
    report = frontier.run_report(connection, "jia", failures=0)
    assert report is not None
    assert (report.outcome, report.ok, list(report.failures)) == ("finished", True, [])
    assert frontier.known_sources(connection) == ["jia"]


def test_a_page_that_is_asked_again_within_the_run_still_counts(connection: Connection) -> None:
    run = start(connection)
    done(connection, run)
    frontier.add_links(connection, run, [page(1)])
    done(connection, run)
    frontier.add_links(connection, run, [page(1, title="关于停水的公告", date="2020-08-01")])
    assert [task.url for task in tasks(connection, run)] == [f"{START}1.html"]
    frontier.end_run(connection, run, "page limit reached")
    report = frontier.run_report(connection, "jia")
    assert report is not None
    assert (report.fetched, report.new, report.listings, report.waiting) == (2, 1, 1, 1)
