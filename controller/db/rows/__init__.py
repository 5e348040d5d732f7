"""The only SQL: plain functions of a connection, one file for each kind of row."""
