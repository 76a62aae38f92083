"""One event, one frame, many connections."""

from __future__ import annotations

from collections.abc import Collection

from galaxychat.ports import Peer

_TEXT_AND_FINAL = 0x81


def frame(payload: bytes) -> bytes:
    """Return a WebSocket text frame as a server sends it, unmasked (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT_AND_FINAL, size)) + payload
    if size < 65536:
        return bytes((_TEXT_AND_FINAL, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_TEXT_AND_FINAL, 127)) + size.to_bytes(8, "big") + payload


def fan_out(payload: bytes, peers: Collection[Peer]) -> None:
    """Send one event to many peers; one that is cut off for reading too slowly may leave the set meanwhile."""
    framed = frame(payload)
    for peer in tuple(peers):
        peer.write_event(framed)
