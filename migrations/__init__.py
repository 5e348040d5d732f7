"""The database's versions, as Alembic scripts; ``cloudnet.controller.db.schema`` runs them."""
