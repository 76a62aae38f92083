"""The room log: one port, a back end for each place it may be kept in."""
