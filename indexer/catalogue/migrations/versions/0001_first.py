"""The first tables."""

from alembic import op

from indexer.catalogue.tables import change_counter, metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.bulk_insert(change_counter, [{"id": 1, "value": 0}])
