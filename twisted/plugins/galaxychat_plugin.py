"""Makes `twistd galaxychat` known; every twistd command imports this, so it does no more."""

from twisted.application.service import ServiceMaker

serviceMaker = ServiceMaker(  # noqa: N816 -- the name that Twisted's own plugins have
    "galaxychat",
    "galaxychat.service",
    "A chat for the users of one Galaxy site.",
    "galaxychat",
)
