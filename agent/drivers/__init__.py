"""The only modules that change the host: its kernel, its processes and their files."""
