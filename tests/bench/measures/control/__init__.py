"""The service as a whole: real daemons, a real broker. Each measure takes a site."""
