"""The dnsmasq processes, their files and leases."""
