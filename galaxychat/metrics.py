"""What is counted, in Prometheus' terms. No label holds anything about a person or a room."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.connections = Gauge("galaxychat_connections", "Open connections", registry=self._registry)
        self.admitted = Counter("galaxychat_admitted", "Connections that were let in", registry=self._registry)
        self.commands = Counter("galaxychat_commands", "Frames taken from clients", registry=self._registry)
        self.asked_galaxy = Counter(
            "galaxychat_galaxy_queries", "Statements to Galaxy's database about sessions", registry=self._registry
        )
        self.fast_path = Gauge(
            "galaxychat_fast_path", "Whether frames may go past the transports", registry=self._registry
        )
        self._closed = Counter(
            "galaxychat_closed", "Connections that the server ended", ["code"], registry=self._registry
        )
        self._refused = Counter(
            "galaxychat_handshakes_refused", "Handshakes refused by HTTP", ["status"], registry=self._registry
        )

    def closed(self, code: int) -> None:
        """Count a connection that is ended with a close code."""
        self._closed.labels(str(code)).inc()

    def refused(self, status: int) -> None:
        """Count a handshake that is refused with an HTTP status."""
        self._refused.labels(str(status)).inc()

    def text(self) -> bytes:
        """Return everything as Prometheus reads it."""
        return generate_latest(self._registry)
