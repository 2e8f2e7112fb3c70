"""The first tables."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_notices()
    _create_files()
    _create_crawling()


def _create_notices() -> None:
    change_counter = op.create_table(
        "change_counter",
        Column("id", Integer, nullable=False),
        Column("value", BigInteger, nullable=False),
        PrimaryKeyConstraint("id", name="pk_change_counter"),
        comment="One row: the last change number; updating it locks it to the commit, so numbers become visible in"
        " order",
    )
    op.bulk_insert(change_counter, [{"id": 1, "value": 0}])
    op.create_table(
        "notices",
        Column("id", String(200), nullable=False),
        Column("source", Text, nullable=False),
        Column("url", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("record", Text, nullable=False, comment="Notice.to_record() as JSON, without attachments"),
        Column(
            "content_hash", String(64), nullable=False, comment="of the record; the same hash means nothing changed"
        ),
        Column("version", Integer, nullable=False),
        Column("deleted", Boolean, nullable=False),
        Column("change_number", BigInteger, nullable=False),
        Column("first_seen_at", String(32), nullable=False, comment="UTC, ISO 8601"),
        Column("changed_at", String(32), nullable=False),
        PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_change_number", "notices", ["change_number"], unique=True)
    op.create_index("ix_notices_source", "notices", ["source"])
    op.create_table(
        "versions",
        Column("notice_id", String(200), nullable=False),
        Column("version", Integer, nullable=False),
        Column("record", Text, nullable=False),
        Column("seen_at", String(32), nullable=False),
        PrimaryKeyConstraint("notice_id", "version", name="pk_versions"),
        comment="Every state of a notice, the present one included",
    )


def _create_files() -> None:
    op.create_table(
        "attachments",
        Column("id", String(64), nullable=False),
        Column("notice_id", String(200), nullable=False),
        Column("position", Integer, nullable=False),
        Column("url", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("format", String(20)),
        Column("body", Text, nullable=False),
        Column("text_quality", Float),
        Column("extracted_by", Text),
        Column("error", Text),
        Column("snapshot", String(64), comment="SHA-256 of the raw bytes"),
        PrimaryKeyConstraint("id", name="pk_attachments"),
        ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_attachments_notice_id", ondelete="CASCADE"),
    )
    op.create_index("ix_attachments_notice_id", "attachments", ["notice_id"])
    op.create_table(
        "snapshots",
        Column("sha256", String(64), nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("media_type", Text),
        Column("stored_at", String(32), nullable=False),
        PrimaryKeyConstraint("sha256", name="pk_snapshots"),
    )


def _create_crawling() -> None:
    op.create_table(
        "sources",
        Column("name", String(100), nullable=False),
        Column("label", Text, nullable=False, comment="The name that readers see"),
        Column("address", Text, nullable=False),
        PrimaryKeyConstraint("name", name="pk_sources"),
    )
    op.create_table(
        "crawl_runs",
        Column("id", Integer, autoincrement=True, nullable=False),
        Column("source", String(100), nullable=False),
        Column("started_at", String(32), nullable=False),
        Column("finished_at", String(32), comment="null while it runs, and after a kill"),
        Column("outcome", Text, comment="finished, page limit reached, failed: why"),
        PrimaryKeyConstraint("id", name="pk_crawl_runs"),
    )
    op.create_index("ix_crawl_runs_source", "crawl_runs", ["source"])
    op.create_table(
        "frontier",
        Column("source", String(100), nullable=False),
        Column("url_hash", String(64), nullable=False, comment="SHA-256 of the address"),
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
        PrimaryKeyConstraint("source", "url_hash", name="pk_frontier"),
    )
    op.create_index("ix_frontier_source_run_id_state", "frontier", ["source", "run_id", "state"])
