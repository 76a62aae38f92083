"""What is asked of the machine: systemd's socket, and file descriptors; and what is counted."""

from __future__ import annotations

import resource
import secrets
import socket
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from galaxychat.descriptors import raise_limit
from galaxychat.metrics import Metrics
from galaxychat.sdnotify import notify


def test_notify_by_file(socket_path: Path) -> None:
    """A state arrives as one datagram."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(socket_path))
        systemd.settimeout(5)
        notify("READY=1", {"NOTIFY_SOCKET": str(socket_path)})
        assert systemd.recv(100) == b"READY=1"


def test_notify_in_the_abstract_namespace() -> None:
    """A name that begins with @ stands for one that begins with a zero byte."""
    name = f"galaxychat-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{name}")
        systemd.settimeout(5)
        notify("STOPPING=1", {"NOTIFY_SOCKET": f"@{name}"})
        assert systemd.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("address", [None, "", "vsock:2:1234", "/nobody/listens/here", "@nobody", "/" + "x" * 300])
def test_notify_never_fails(address: str | None) -> None:
    """Without systemd, or with an address that leads nowhere, nothing happens."""
    notify("READY=1", {} if address is None else {"NOTIFY_SOCKET": address})


@pytest.mark.parametrize(
    ("limits", "fit", "becomes"),
    [
        ((1024, 4096), 3996, (4096, 4096)),
        ((4096, 4096), 3996, None),
        ((50, 50), 0, None),
        ((1024, resource.RLIM_INFINITY), 10**9, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)),
    ],
)
def test_descriptors(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], fit: int, becomes: tuple[int, int] | None
) -> None:
    """The soft limit is raised to the hard one, and what fits is what that leaves for connections."""
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda which, wanted: set_to.append(wanted))
    found = raise_limit()
    assert found == fit or found > fit == 10**9
    assert set_to == ([] if becomes is None else [becomes])


def test_metrics() -> None:
    """The numbers can be read by Prometheus, and no label could hold anything about a person."""
    counted = Metrics()
    counted.closed(4401)
    counted.refused(403)
    counted.commands.inc()
    families = {family.name: family for family in text_string_to_metric_families(counted.text().decode())}
    assert families["galaxychat_commands"].samples[0].value == 1
    samples = [sample for family in families.values() for sample in family.samples]
    labels = {label for sample in samples for label in sample.labels.items()}
    assert labels == {("code", "4401"), ("status", "403")}
