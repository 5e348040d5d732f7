"""The database's versions, as Alembic scripts; ``cloudnet.controller.schema`` runs them."""
