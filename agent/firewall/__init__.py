"""Pure: what the host's firewall must do."""
