"""Virtual interfaces of instances: MAC addresses, and their network info."""
