"""Galaxy's own models at work for a test, in their own environment and process."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support.postgres import PostgresCluster

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-galaxy" / "bin" / "python"
ID_SECRET = "the id_secret of the tests"


class GalaxyModel:
    """Calls into galaxy_model.py by its methods' names."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [PYTHON, Path(__file__).with_name("galaxy_model.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __getattr__(self, name: str) -> Any:
        def call(*unnamed: Any, **arguments: Any) -> Any:
            assert not unnamed, "arguments are named, as JSON names them"
            return self._ask({"do": name} | arguments)

        return call

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"Galaxy's models: {answer['error']}")
        return answer["result"]

    def quit(self) -> None:
        """End the process; it ends by itself when its input does."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()


class SqliteMaker:
    """Fresh Galaxy databases as copies of one file."""

    def __init__(self, models: GalaxyModel, directory: Path) -> None:
        self._template = directory / "template.sqlite"
        self._directory = directory
        self._made = 0
        models.create(url=f"sqlite:///{self._template}")

    def make(self) -> str:
        """Return the URL of a database with Galaxy's tables, all empty."""
        self._made += 1
        path = self._directory / f"galaxy-{self._made}.sqlite"
        shutil.copy(self._template, path)
        return f"sqlite:///{path}?isolation_level=IMMEDIATE"


class PostgresMaker:
    """Fresh Galaxy databases from one that serves as a template."""

    def __init__(self, models: GalaxyModel, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        self._made = 0
        models.create(url=cluster.create_database("galaxy_template"))

    def make(self) -> str:
        """Return the URL of a database with Galaxy's tables, all empty."""
        self._made += 1
        name = f"galaxy_{self._made}"
        opened = self._cluster.connect()
        try:
            opened.cursor().execute(f"CREATE DATABASE {name} TEMPLATE galaxy_template")
        finally:
            opened.close()
        return self._cluster.url(name)
