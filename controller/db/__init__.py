"""The database: engine, tables, and the only SQL."""
