"""One compute node: the agent's own code on network namespaces. Each measure takes a workshop."""
