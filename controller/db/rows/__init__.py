"""The only SQL: functions of a connection, one file for each kind of row."""
