"""The agent: compares what a node should have with what it has, and repairs it."""
