"""The database: engine, tables, and the only SQL; errors leave it as cloudnet's own."""
