"""What Alembic runs: migrations on the connection it was given (see `store/migrate.py`)."""

from alembic import context

from store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
