"""The build backend of PEP 517: setuptools, with the browser client built first.

Node is asked for only when the bundle is stale: the source distribution holds a current one.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from setuptools import build_meta

import bundle
import node

Settings = Mapping[str, Any] | None

prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Return what `build_wheel` needs."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_node()]


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Return what `build_sdist` needs."""
    return [*build_meta.get_requires_for_build_sdist(config_settings), *_node()]


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """Return what `build_editable` needs."""
    return [*build_meta.get_requires_for_build_editable(config_settings), *_node()]


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Build a wheel with the client in it."""
    _prepare()
    name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build a source distribution that holds the client both as source and built."""
    _prepare()
    name: str = build_meta.build_sdist(sdist_directory, config_settings)
    return name


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the client in the checkout, and a wheel that points there."""
    _prepare()
    name: str = build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
    return name


def _node() -> list[str]:
    return [node.REQUIREMENT] if bundle.is_stale() else []


def _prepare() -> None:
    # setuptools never empties build/: a module that was deleted since would be in the wheel.
    shutil.rmtree(bundle.ROOT / "build", ignore_errors=True)
    bundle.ensure()
