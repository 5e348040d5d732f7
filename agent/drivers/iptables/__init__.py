"""The firewall through libiptc."""
