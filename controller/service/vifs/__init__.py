"""Virtual interfaces: MAC addresses and what an instance's interfaces look like."""
