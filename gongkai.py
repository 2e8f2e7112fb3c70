"""gongkai: search in what Chinese governments disclose. The one place where the four packages meet."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import fcntl
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import DBAPIError

from analyzers.analysis import default_analyzer
from analyzers.normalization import normalize
from analyzers.notice import clean_text
from analyzers.query import parse_query
from analyzers.terminal import escaped, one_line
from indexer.backup import BackupError, configuration_without, write_backup
from indexer.catalogue import Catalogue, CatalogueError, frontier, notices
from indexer.engine import Engine, EngineBusyError, EngineError, EngineUnavailableError
from indexer.follower import Follower
from indexer.restore import in_use, restore_backup
from indexer.settings import StoreSettings
from indexer.snapshots import SnapshotError
from indexer.standing import standing
from indexer.supervisor import supervised
from search_api.search import SearchRequest, SearchRequestError, SearchService
from search_api.settings import ServiceSettings

CONFIG_FILE = "gongkai.toml"
EXIT_PARTLY = 3
"""Something was refused or failed, and named; the rest was done."""


class Settings(StoreSettings, ServiceSettings, BaseSettings):
    """What an operator may set: in gongkai.toml, or as GONGKAI_ and the name in capitals in the environment."""

    model_config = SettingsConfigDict(env_prefix="GONGKAI_", extra="forbid", frozen=True)

    sources_dir: Path | None = Field(None, description="Folder of the sources' TOML files; DATA_DIR/sources if absent.")
    reader_workers: int = Field(2, ge=1, le=64, description="Processes that read pages and files.")
    reader_seconds: float = Field(60.0, gt=0, description="Time limit for reading one page or file.")
    reader_megabytes: int = Field(1024, ge=128, description="Resident memory at which a reading process is ended.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get("GONGKAI_CONFIG", CONFIG_FILE)
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    @property
    def sources_folder(self) -> Path:
        return self.sources_dir or self.data_dir / "sources"


class OperatorError(Exception):
    """A command cannot be done; the message says why in one line."""


app = typer.Typer(
    help="Search in what Chinese governments disclose.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(stderr=True, highlight=False)
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def _options(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(help="Folder that holds everything (setting data_dir).")] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file, instead of ./gongkai.toml.")] = None,
) -> None:
    context.obj = load_settings(data=data, config=config)


@app.command("import")
def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files of JSON lines, documents, or folders of them.")],
    source: Annotated[str | None, typer.Option(help="The source of all notices.")] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="OLD=NEW renames a key; may be repeated.")] = None,
    as_json: _Json = False,
) -> None:
    """Take notices from files into the catalogue."""
    from crawlers.extraction.pool import ReaderPool
    from crawlers.importing import ImportReport, import_paths

    settings = _settings(context)
    renamed = dict(_renaming(pair) for pair in map_ or [])
    with _catalogue(settings) as catalogue, contextlib.ExitStack() as stack, _progress() as shown:
        bar = shown.add_task("importing", total=None)
        pools: list[ReaderPool] = []

        def pool() -> ReaderPool:
            if not pools:
                pools.append(stack.enter_context(_reader_pool(settings)))
            return pools[0]

        def moved(report: ImportReport) -> None:
            shown.update(bar, completed=sum(report.outcomes.values()))

        report = import_paths(
            paths, catalogue, settings.open_snapshots(), source=source, renamed=renamed, pool=pool, progress=moved
        )
    counts = {name: report.outcomes.get(name, 0) for name in ("new", "changed", "unchanged")} | {
        "failed": report.failed
    }
    if as_json:
        failures = [{"place": place, "reason": reason} for place, reason in report.failures]
        _print_json({**counts, "failures": failures})
    else:
        for place, reason in report.failures:
            _report(f"{one_line(place)}: {one_line(reason)}")
        _print(", ".join(f"{number} {name}" for name, number in counts.items()))
    if report.failed:
        raise typer.Exit(EXIT_PARTLY)


@app.command()
def extract(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="FILE_OR_URL")],
    as_json: _Json = False,
    allow_private_addresses: Annotated[bool, typer.Option(help="Allow hosts in private networks.")] = False,
) -> None:
    """Show what would be stored for a file or a page."""
    from crawlers.extraction.errors import ExtractionError
    from crawlers.extraction.extract import extract as read
    from crawlers.guard import FetchError, GuardError, fetch

    settings = _settings(context)
    content_type = None
    if address.startswith(("http://", "https://")):
        try:
            fetched = fetch(address, allow_private=allow_private_addresses)
        except (FetchError, GuardError) as error:
            raise OperatorError(str(error)) from error
        raw, content_type, place = fetched.body, fetched.content_type, fetched.url
    else:
        try:
            raw, place = Path(address).read_bytes(), Path(address).absolute().as_uri()
        except OSError as error:
            raise OperatorError(f"{address}: {error.strerror}") from error
    with _reader_pool(settings) as pool:
        try:
            notice = pool.submit(read, raw, place, content_type, "extract").result()
        except ExtractionError as error:
            raise OperatorError(f"{address}: {error}") from error
    record = notice.to_record()
    if as_json:
        _print_json(record)
        return
    for name, value in record.items():
        if value and name not in ("body", "attachments"):
            _print(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    for file in notice.attachments:
        _print(f"attachment: {file.name} {file.url}")
    _print("\n" + notice.body)


@app.command()
def analyze(text: str, as_json: _Json = False) -> None:
    """Show what search makes of a text: its normal form, words, bigrams, and what it means as a query."""
    text = clean_text(text, keep_lines=True)
    analyzer = default_analyzer()
    channels, normal = analyzer.channels(text), normalize(text)
    shown = {
        "normalized": normal.text,
        "offsets": [list(run) for run in zip(normal.starts, normal.origins, strict=True)],
        "words": channels.words.split(),
        "bigrams": channels.bigrams.split(),
        "query": parse_query(text, analyzer).to_json(),
        "version": analyzer.version,
    }
    if as_json:
        _print_json(shown)
    else:
        for name, value in shown.items():
            _print(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


@app.command()
def crawl(
    context: typer.Context,
    sources: Annotated[list[str] | None, typer.Argument(help="Names of sources; all if none.")] = None,
    as_json: _Json = False,
) -> None:
    """Fetch the sources' sites into the catalogue; after a kill the same command goes on."""
    settings = _settings(context)
    if not _crawl(settings, sources or [], as_json=as_json):
        raise typer.Exit(EXIT_PARTLY)


@app.command()
def index(
    context: typer.Context,
    rebuild: Annotated[bool, typer.Option(help="Make a new index beside and switch to it.")] = False,
    follow: Annotated[bool, typer.Option(help="Stay, and index every change as it comes.")] = False,
    parent: Annotated[int | None, typer.Option(help="With --follow: end when this process does.")] = None,
) -> None:
    """Bring the index to the catalogue's last change."""
    settings = _settings(context)
    with _catalogue(settings) as catalogue, contextlib.closing(settings.open_engine()) as engine:
        follower = settings.follower(catalogue, engine)
        try:
            if follow:
                if rebuild:
                    follower.ask_for_rebuild()
                _follow(settings, follower, parent or os.getppid())
            else:
                _catch_up(follower, catalogue, engine, rebuild=rebuild)
        finally:
            follower.close()


@app.command()
def search(
    context: typer.Context,
    query: str,
    size: Annotated[int, typer.Option(min=1, max=100)] = 10,
    page: Annotated[int, typer.Option(min=1)] = 1,
    as_json: _Json = False,
) -> None:
    """Search from the command line."""
    settings = _settings(context)
    with _catalogue(settings) as catalogue, contextlib.closing(settings.open_engine()) as engine:
        try:
            answer = SearchService(catalogue, engine).search(SearchRequest(q=query, size=size, page=page))
        except SearchRequestError as error:
            raise OperatorError(str(error)) from error
    if as_json:
        _print_json(dataclasses.asdict(answer))
        return
    _print(f"{answer.total} hits, {answer.took_ms} ms")
    if answer.relaxed:
        _print(f"not in every hit: {' '.join(answer.relaxed['left_out'])}")
    for hit in answer.hits:
        agency = " ".join(hit.fields.get("issuing_agency") or [])
        _print(f"\n{hit.title}\n  {hit.fields.get('date') or ''} {agency} {hit.id}\n  {hit.snippet}")


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
    index_here: Annotated[bool, typer.Option("--index/--no-index", help="Also follow the catalogue.")] = True,
) -> None:
    """Serve the pages and the API, and keep the index up to date."""
    settings = _settings(context)
    _serve(settings, host or settings.host, port or settings.port, index_here=index_here)


@app.command()
def demo(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the service.")] = None,
    sites_port: Annotated[int, typer.Option(min=1, max=65530, help="First of the sample sites' six ports.")] = 8101,
) -> None:
    """Serve the six sample sites of a district on loopback, crawl them, index them, and open the service."""
    from samples import SITES, SampleSites, ports_from, write_sources

    settings = _settings(context)
    port = port or settings.port
    _check_port(settings.host, port)
    with SampleSites(ports_from(sites_port)) as sites:
        for name, address in sites.addresses.items():
            _report(f"sample site {name}: {address}")
        write_sources(settings.sources_folder, sites.ports)
        if _crawled(settings, tuple(SITES)):
            _report("already crawled; the data is kept")
        else:
            _report("crawling them")
            _run_command(settings, "crawl", *SITES)
        with _catalogue(settings) as catalogue, contextlib.closing(settings.open_engine()) as engine:
            follower = settings.follower(catalogue, engine)
            _report("indexing")
            _catch_up(follower, catalogue, engine, rebuild=False)
            follower.close()
            with catalogue.read() as connection:
                counts = notices.count(connection)
            documents = engine.health()["documents"]
        _report(f"{sum(counts.values())} notices, {documents} documents in the index")
        _serve(settings, settings.host, port, index_here=True)


@app.command()
def status(context: typer.Context, as_json: _Json = False) -> None:
    """Say how catalogue, index and crawls stand."""
    settings = _settings(context)
    with _catalogue(settings) as catalogue, contextlib.closing(settings.open_engine()) as engine:
        report = {"data_dir": str(settings.data_dir), **standing(catalogue, engine)}
    if as_json:
        _print_json(report)
        return
    _print(f"data: {report['data_dir']}")
    _print(f"catalogue: {sum(report['notices'].values())} notices, change {report['last_change']}")
    state = report["index"]
    if "error" in state:
        _print(f"index: {state['error']}")
    else:
        _print(f"index: {state['engine']}, {state['documents']} documents, {state['lag']} changes behind")
    for run in report["sources"]:
        _print(_run_line(run))
        for line in _run_details(run):
            _print(line)


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write; one that is there is replaced when all went well.")],
    snapshots: Annotated[str, typer.Option(help="include, or reference: without the raw bytes.")] = "include",
    as_json: _Json = False,
) -> None:
    """Write catalogue, snapshots, sources and configuration into one file; service and crawls may go on."""
    if snapshots not in ("include", "reference"):
        raise OperatorError(f"--snapshots {snapshots}: must be include or reference")
    settings = _settings(context)
    with _catalogue(settings) as catalogue, _progress() as shown:
        bar = shown.add_task("snapshots", total=None)
        report = write_backup(
            file,
            catalogue,
            settings.open_snapshots(),
            data_dir=settings.data_dir,
            sources=settings.sources_folder,
            configuration=_configuration(),
            include_snapshots=snapshots == "include",
            progress=lambda done, total: shown.update(bar, completed=done, total=total),
        )
    if as_json:
        _print_json(dataclasses.asdict(report))
    else:
        for line in report.missing:
            _report(f"not in the backup: {line}")
        _print(f"{report.notices} notices, {report.snapshots} snapshots, {report.size} bytes in {report.file}")
    if report.missing:
        raise typer.Exit(EXIT_PARTLY)


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that gongkai backup wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Move what the data folder holds aside.")] = False,
    as_json: _Json = False,
) -> None:
    """Put a backup into an empty data folder, after verifying all of it; gongkai index then makes the index."""
    settings = _settings(context)
    if settings.catalogue_url is not None:
        raise OperatorError("catalogue_url is set; a backup is restored as catalogue.db in the data folder: unset it")
    report = restore_backup(file, settings.data_dir, settings.open_snapshots(), force=force)
    if as_json:
        _print_json(dataclasses.asdict(report))
    else:
        if report.aside:
            _report(f"what was there is in {report.aside}")
        if report.absent:
            _report(f"{report.absent} snapshots are neither in the backup nor in the store")
        counts = f"{report.notices} notices, {report.snapshots} snapshots, change {report.last_change}"
        _print(f"{counts}, as of {one_line(report.created_at)}; next: gongkai index")
    if report.absent:
        raise typer.Exit(EXIT_PARTLY)


def main() -> None:
    """The command gongkai: every error that an operator can mend is one line."""
    try:
        app()
    except OperatorError as error:
        _fail(str(error))
    except (BackupError, CatalogueError, EngineError, SnapshotError, FileNotFoundError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    except DBAPIError as error:
        _fail(f"catalogue: {error.orig}")


def load_settings(*, data: Path | None = None, config: Path | None = None) -> Settings:
    """From file, environment and the two options; raises OperatorError naming the key that is wrong."""
    if config is not None:
        os.environ["GONGKAI_CONFIG"] = str(config)
    file = Path(os.environ.get("GONGKAI_CONFIG", CONFIG_FILE))
    if "GONGKAI_CONFIG" in os.environ and not file.is_file():
        raise OperatorError(f"{file}: no such configuration file")
    try:
        given: dict[str, Any] = {} if data is None else {"data_dir": data}
        return Settings(**given)
    except ValidationError as error:
        raise OperatorError(f"settings: {_first_problem(error)}") from None
    except (OSError, ValueError) as error:
        raise OperatorError(f"{file}: {error}") from None


def _configuration() -> str | None:
    """The configuration file without its secrets; None where there is none."""
    file = Path(os.environ.get("GONGKAI_CONFIG", CONFIG_FILE))
    secret = {name for name, field in Settings.model_fields.items() if not field.repr}
    return configuration_without(file.read_text(encoding="utf-8"), secret) if file.is_file() else None


def settings_table() -> list[tuple[str, str, str]]:
    """Name, default and help of every setting; the reference in docs/ is held to it by a test."""
    return [
        (name, "" if field.default is None else _shown_default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def _shown_default(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, n=1)
        return f"{name}: is no setting" + (f"; did you mean {near[0]}?" if near else "")
    return f"{name}: {problem['msg']} (in {CONFIG_FILE} or as {_environment_name(name)})"


def _environment_name(name: str) -> str:
    return f"GONGKAI_{name.upper()}"


def _settings(context: typer.Context) -> Settings:
    found = context.find_object(Settings)
    assert found is not None
    return found


@contextlib.contextmanager
def _catalogue(settings: Settings) -> Iterator[Catalogue]:
    with contextlib.ExitStack() as stack:
        existed = settings.data_dir.is_dir()
        if existed:
            stack.enter_context(in_use(settings.data_dir))
        catalogue = stack.enter_context(contextlib.closing(settings.open_catalogue()))
        if not existed and settings.data_dir.is_dir():
            stack.enter_context(in_use(settings.data_dir))
        yield catalogue


def _reader_pool(settings: Settings) -> Any:
    from crawlers.extraction.pool import ReaderPool

    return ReaderPool(
        workers=settings.reader_workers,
        seconds=settings.reader_seconds,
        megabytes=settings.reader_megabytes,
        recycle_after=200,
    )


def _renaming(pair: str) -> tuple[str, str]:
    old, equals, new = pair.partition("=")
    if not (old and equals and new):
        raise OperatorError(f"--map {pair}: write it as OLD=NEW")
    return old, new


def _crawl(settings: Settings, names: list[str], *, as_json: bool) -> bool:
    from crawlers.crawl import CrawlError
    from crawlers.crawl import crawl as crawl_sources
    from crawlers.sources import SourceError, load_sources

    try:
        known = load_sources(settings.sources_folder)
    except SourceError as error:
        raise OperatorError(str(error)) from error
    if not known:
        raise OperatorError(f"{settings.sources_folder}: no sources; put a TOML file for each site there")
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise OperatorError(f"{name}: no such source" + (f"; did you mean {near[0]}?" if near else ""))
    wanted = [known[name] for name in names or known]
    with _catalogue(settings) as catalogue, _only_one(settings.data_dir / "crawl.lock", "crawl"), _progress() as shown:
        bars = {source.id: shown.add_task(source.name, total=None) for source in wanted}

        def moved(progress: Any) -> None:
            counts = f"{progress.notices} notices, {progress.attachments} files, {progress.failed} failed"
            label = f"{known[progress.source].name}: {progress.fetched} fetched, {counts}"
            shown.update(bars[progress.source], description=label)

        try:
            reports = crawl_sources(
                catalogue,
                settings.open_snapshots(),
                wanted,
                progress=moved,
                readers=settings.reader_workers,
                reader_seconds=settings.reader_seconds,
                reader_megabytes=settings.reader_megabytes,
            )
        except CrawlError as error:
            raise OperatorError(str(error)) from error
    shown_reports = [dataclasses.asdict(report) for report in reports]
    if as_json:
        _print_json(shown_reports)
    else:
        for run in shown_reports:
            _print(_run_line(run))
            for failure in run["failures"]:
                _report(f"    {one_line(failure['url'])}: {one_line(failure['reason'])}")
    return all(report.ok for report in reports)


def _run_line(run: dict[str, Any]) -> str:
    counts = ", ".join(f"{run[name]} {name}" for name in ("fetched", "new", "changed", "unchanged", "failed"))
    waiting = f", {run['waiting']} waiting" if run["waiting"] else ""
    return f"{run['source']} ({one_line(run['label'])}): {run['outcome'] or 'not finished'}; {counts}{waiting}"


def _run_details(run: dict[str, Any]) -> list[str]:
    failures = [f"    {failure['url']}: {failure['reason']}" for failure in run["failures"]]
    return failures + [f"    {note['url']}: {note['reason']}" for note in run["notes"]]


@contextlib.contextmanager
def _only_one(lock: Path, what: str) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open(lock, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperatorError(f"another {what} runs on this data folder") from None
        yield


def _catch_up(follower: Follower, catalogue: Catalogue, engine: Engine, *, rebuild: bool) -> None:
    """Indexes here, or waits for the process that writes the index already; should that one end, goes on here."""
    with catalogue.read() as connection:
        last = notices.last_change(connection)
    waiting = False
    with _progress() as shown:
        bar = shown.add_task("indexing", total=None)
        while True:
            try:
                taken = follower.catch_up(
                    rebuild=rebuild, progress=lambda done, total: shown.update(bar, completed=done, total=total)
                )
                _print(f"{taken} changes indexed")
                return
            except EngineBusyError as error:
                if not waiting:
                    _report(f"{error}; waiting for it")
                    waiting = True
                    if rebuild:
                        follower.ask_for_rebuild()
            with contextlib.suppress(EngineUnavailableError):
                if not follower.rebuild_asked and int(engine.health()["position"]) >= last:
                    _print("the index is up to date")
                    return
            time.sleep(0.3)


def _follow(settings: Settings, follower: Follower, parent: int) -> None:
    """Until TERM, Ctrl-C, or the end of the process ``parent``, which started this one."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def watch() -> None:
        while not stop.wait(1.0):
            if os.getppid() != parent:
                stop.set()

    threading.Thread(target=watch, daemon=True).start()
    follower.follow(stop, report=_logged(settings).warning)


def _crawled(settings: Settings, names: tuple[str, ...]) -> bool:
    with _catalogue(settings) as catalogue, catalogue.read() as connection:
        reports = [frontier.run_report(connection, name) for name in names]
    return all(report is not None and report.ok for report in reports)


def _command(settings: Settings, *arguments: str) -> list[str]:
    """This program again, in a process of its own."""
    return [sys.executable, str(Path(__file__).absolute()), "--data", str(settings.data_dir), *arguments]


def _run_command(settings: Settings, *arguments: str) -> None:
    done = subprocess.run(_command(settings, *arguments), check=False)
    if done.returncode not in (0, EXIT_PARTLY):
        raise OperatorError(f"gongkai {' '.join(arguments)} ended with {done.returncode}")


def _check_port(host: str, port: int) -> None:
    """Before long work: raises OperatorError where the service could not listen."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as error:
            raise OperatorError(f"port {port} of {host}: {error.strerror}; choose another with --port") from error


def _serve(settings: Settings, host: str, port: int, *, index_here: bool) -> None:
    from search_api.app import create_app
    from search_api.serving import server_for

    log = _logged(settings)
    with _catalogue(settings) as catalogue, contextlib.closing(settings.open_engine()) as engine:
        service = SearchService(catalogue, engine)
        application = create_app(service, settings.serve_settings())
        server = server_for(application, settings, host=host, port=port)
        _check_port(host, port)
        sockets = [server.config.bind_socket()]
        with contextlib.ExitStack() as stack:
            if index_here:
                stack.enter_context(
                    supervised(
                        _command(settings, "index", "--follow", "--parent", str(os.getpid())), report=log.warning
                    )
                )
            log.info(f"serving on http://{host}:{port}{settings.root_path} with {engine.name}")
            # The server gives TERM on when it has ended; by then only the indexer is left to end, below.
            signal.signal(signal.SIGTERM, lambda *_: None)
            server.run(sockets=sockets)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _report(text: str) -> None:
    """To the operator, beside what the command answers."""
    console.print(one_line(text), markup=False, soft_wrap=True)


def _logged(settings: Settings) -> logging.Logger:
    """Sets the log up for a process that stays."""
    from search_api.request_log import configure_logging

    configure_logging(settings.log_format, settings.log_level)
    return logging.getLogger("gongkai")


def _print(text: str) -> None:
    for line in text.split("\n"):
        sys.stdout.write(one_line(line) + "\n")


def _print_json(value: Any) -> None:
    for line in json.dumps(value, ensure_ascii=False, indent=2).split("\n"):
        sys.stdout.write(escaped(line) + "\n")


def _fail(message: str) -> None:
    console.print(f"gongkai: {one_line(message)}", markup=False, style="red", soft_wrap=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
