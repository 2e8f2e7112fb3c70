"""The catalogue's tables; a change here needs a migration beside it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

change_counter = Table(
    "change_counter",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("value", BigInteger, nullable=False),
    comment="One row: the last change number; updating it locks it to the commit, so numbers become visible in order",
)

notices = Table(
    "notices",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("source", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("record", Text, nullable=False, comment="Notice.to_record() as JSON, without attachments"),
    Column("content_hash", String(64), nullable=False, comment="of the record; the same hash means nothing changed"),
    Column("version", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("change_number", BigInteger, nullable=False),
    Column("first_seen_at", String(32), nullable=False, comment="UTC, ISO 8601"),
    Column("changed_at", String(32), nullable=False),
    Index(None, "change_number", unique=True),
    Index(None, "source"),
)

versions = Table(
    "versions",
    metadata,
    Column("notice_id", String(200), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("record", Text, nullable=False),
    Column("seen_at", String(32), nullable=False),
    comment="Every state of a notice, the present one included",
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("notice_id", String(200), ForeignKey("notices.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("format", String(20)),
    Column("body", Text, nullable=False),
    Column("text_quality", Float),
    Column("extracted_by", Text),
    Column("error", Text),
    Column("snapshot", String(64), comment="SHA-256 of the raw bytes"),
    Index(None, "notice_id"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text),
    Column("stored_at", String(32), nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("label", Text, nullable=False, comment="The name that readers see"),
    Column("address", Text, nullable=False),
)

crawl_runs = Table(
    "crawl_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", String(100), nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32), comment="null while it runs, and after a kill"),
    Column("outcome", Text, comment="finished, page limit reached, failed: why"),
    Index(None, "source"),
)

frontier = Table(
    "frontier",
    metadata,
    Column("source", String(100), primary_key=True),
    Column("url_hash", String(64), primary_key=True, comment="SHA-256 of the address"),
    Column("url", Text, nullable=False),
    Column("kind", String(12), nullable=False, comment="listing, page or attachment"),
    Column("depth", Integer, nullable=False),
    Column("context", Text, nullable=False, comment="JSON: what the linking page said of it"),
    Column("run_id", Integer, nullable=False, comment="the run that last asked for it"),
    Column("state", String(8), nullable=False, comment="waiting, done or failed, within that run"),
    Column("outcome", String(12), comment="new, changed, unchanged, listing, ignored or failed"),
    Column("reason", Text, comment="why it failed or was ignored"),
    Column("status", Integer, comment="HTTP status"),
    Column("snapshot", String(64)),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("fetched_at", String(32)),
    Column("notice_id", String(200), comment="the notice that it became or belongs to"),
    Index(None, "source", "run_id", "state"),
)
