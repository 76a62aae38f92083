"""A chat for the users of one Galaxy site, inside Galaxy."""

__version__ = "1.0.0.dev0"
