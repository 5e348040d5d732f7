"""Records and the decisions about them: pure, without database, queue or process."""
