"""One event, one frame, many connections. This is where a full room's time goes: nothing is done per peer twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence

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


def fan_out(payloads: Sequence[bytes], peers: Collection[Peer]) -> None:
    """Send events to many peers; one that is cut off for reading too slowly may leave the set meanwhile."""
    frames = b"".join(map(frame, payloads))
    size = len(frames)
    for peer in tuple(peers):
        outlet = peer.outlet
        straight = outlet.straight
        if straight is None:
            outlet.write_event(frames)
            continue
        try:
            sent = straight(frames)
        except OSError:
            # Full, or gone: the transport finds out which, and waits or ends.
            sent = 0
        if sent != size:
            outlet.write_rest(frames, sent)
