"""Pure: records, and the decisions about them. No database, no queue, no process."""
