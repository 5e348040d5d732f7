"""The policy as iptables tables."""
