"""Use cases of DNS: domains, and the address records in them."""
