"""Use cases of floating IPs and their pools."""
