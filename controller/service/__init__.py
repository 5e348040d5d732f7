"""The use cases: each is one transaction, after which the hosts concerned are notified."""
