"""Notifying hosts after a commit: the port, a notifier with a queue, and its RPC adapter."""
