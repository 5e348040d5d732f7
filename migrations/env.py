"""What Alembic runs around the versions; ``controller/db/schema.py`` passes the connection."""

from __future__ import annotations

from alembic import context

from cloudnet.controller.db.schema import defaults_differ
from cloudnet.controller.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=defaults_differ,
    render_as_batch=True,  # SQLite alters a table by making it anew
    transaction_per_migration=True,
)

with context.begin_transaction():
    context.run_migrations()
