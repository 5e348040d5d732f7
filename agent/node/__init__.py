"""Pure: what a host needs, and the steps towards it."""
