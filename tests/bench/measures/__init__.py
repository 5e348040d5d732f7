"""The measures: each is a function from a place to figures."""
