"""A Galaxy database, made by Galaxy's own models, of either kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from galaxychat.galaxydb import GalaxyDatabase, open_galaxy_database
from tests.interop.galaxylab import ID_SECRET, PYTHON, GalaxyModel, PostgresMaker, SqliteMaker
from tests.support.postgres import PostgresCluster
from tests.support.reactor import reactor, run


@dataclass(frozen=True)
class Galaxy:
    """One Galaxy's database: `model` changes it as Galaxy would, `database` reads it as we do."""

    url: str
    model: GalaxyModel
    database: GalaxyDatabase


@pytest.fixture(scope="session")
def galaxy_model() -> Iterator[GalaxyModel]:
    """Galaxy's models, started once."""
    # Not skipped where it is missing: `make test` installs it, and `make test-fast` asks for none of it.
    assert PYTHON.exists(), "Galaxy's own models are not installed: make .venv-galaxy/.ready"
    models = GalaxyModel()
    yield models
    models.quit()


@pytest.fixture(scope="session")
def sqlite_maker(galaxy_model: GalaxyModel, tmp_path_factory: pytest.TempPathFactory) -> SqliteMaker:
    """Makes SQLite databases."""
    return SqliteMaker(galaxy_model, tmp_path_factory.mktemp("galaxy"))


@pytest.fixture(scope="session")
def postgres_maker(galaxy_model: GalaxyModel, postgres: PostgresCluster) -> PostgresMaker:
    """Makes PostgreSQL databases."""
    return PostgresMaker(galaxy_model, postgres)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def galaxy_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh Galaxy database."""
    maker: SqliteMaker | PostgresMaker = request.getfixturevalue(f"{request.param}_maker")
    return maker.make()


@pytest.fixture
def galaxy(galaxy_url: str, galaxy_model: GalaxyModel) -> Iterator[Galaxy]:
    """A fresh Galaxy, opened from both sides."""
    galaxy_model.open(url=galaxy_url, id_secret=ID_SECRET)
    database = open_galaxy_database(galaxy_url, reactor)
    run(database.start)
    yield Galaxy(galaxy_url, galaxy_model, database)
    run(database.stop)
    galaxy_model.close()
