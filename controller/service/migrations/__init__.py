"""Use cases of instances that move to another host."""
