"""Notifying hosts after a commit: the port, and its oslo.messaging adapter."""
