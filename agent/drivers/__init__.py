"""The only files that touch the kernel, a process or its files: read, ensure, remove."""
