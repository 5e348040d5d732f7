"""The kinds of resource that an agent manages, one file each."""
