"""Links and addresses through netlink."""
