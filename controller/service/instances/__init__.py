"""Use cases of instances: allocate, show, release."""
