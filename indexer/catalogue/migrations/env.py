"""Runs the migrations on the connection that the catalogue hands over."""

from alembic import context

from indexer.catalogue.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
