"""What is measured: each a function from a site to figures."""
