"""Use cases of instances: allocate, show, move, release."""
