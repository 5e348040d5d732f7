"""The use cases: each one transaction that decides and remembers, then a word to the hosts."""
