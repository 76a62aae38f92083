"""What users install: the wheel made from the source distribution, and a checkout in editable mode."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import galaxychat

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[2]
TWISTD = "from twisted.scripts.twistd import run; run()"
#: The page is served as <base>/, the files that it names below <base>/static/.
NAMED_FILE = re.compile(r'(?:src|href)="static/([^"]+)"')
#: Where our package lies, printed without importing what it depends on.
WHERE = "import galaxychat; print(galaxychat.__path__[0])"


def run(*command: str | Path, cwd: Path, path: str | None = None) -> str:
    """Run a command with nothing of this process's Python in its way, and return its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if path is not None:
        environment["PATH"] = path
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def known() -> list[str]:
    """Name what git knows, or would take: neither what is ignored nor what was deleted."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def checkout(known: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the checkout as a clone would be: without a built client."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in known:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="session")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution, and the client with it."""
    directory = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", directory, checkout, cwd=directory)
    return next(directory.glob("galaxychat-*.tar.gz"))


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with setuptools alone: no registry to ask, no Node to find."""
    pip = (sys.executable, "-m", "pip")
    tools = tmp_path_factory.mktemp("tools")
    run(*pip, "download", "--quiet", "--no-deps", "--dest", tools, "setuptools>=77", cwd=tools)
    directory, empty = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("empty")
    offline = ("--no-index", "--find-links", tools, "--no-deps", "--no-cache-dir")
    run(*pip, "wheel", "--quiet", *offline, "--wheel-dir", directory, sdist, cwd=directory, path=str(empty))
    return next(directory.glob("galaxychat-*.whl"))


def environment_with(directory: Path, *arguments: str | Path) -> Path:
    """Make a virtual environment with our package installed, and the dependencies lent by this one."""
    run(sys.executable, "-m", "venv", "--without-pip", directory, cwd=directory)
    python = directory / "bin" / "python"
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=directory)
    # This lends the packages there, but not what .pth files there add: not this checkout.
    Path(site.strip(), "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", *arguments, cwd=directory)
    return python


@pytest.fixture(scope="session")
def from_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel; the environment's Python."""
    return environment_with(tmp_path_factory.mktemp("from-wheel"), "--no-index", wheel)


@pytest.fixture(scope="session")
def editable(checkout: Path, sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the checkout in editable mode, after `sdist` has built its client; the environment's Python."""
    return environment_with(tmp_path_factory.mktemp("editable"), "--editable", checkout)


@pytest.fixture(params=["from_wheel", "editable"])
def python(request: pytest.FixtureRequest) -> Path:
    """Each of the two installs in turn."""
    chosen: Path = request.getfixturevalue(request.param)
    return chosen


def test_twistd_finds_the_plugin(python: Path, tmp_path: Path) -> None:
    """An admin who installed the package starts the chat with twistd, from any directory."""
    assert "galaxychat" in run(python, "-c", TWISTD, "--help", cwd=tmp_path)


def test_the_client_is_in_the_package(python: Path, tmp_path: Path) -> None:
    """Users get the browser client with the package, whole: every file that the page names."""
    static = Path(run(python, "-c", WHERE, cwd=tmp_path).strip(), "static")
    named = NAMED_FILE.findall((static / "index.html").read_text())
    assert {Path(name).suffix for name in named} == {".js", ".css"}
    assert [name for name in [*named, "embed.js", "embed.html"] if not (static / name).is_file()] == []


def test_the_webhook_is_in_the_package(python: Path, tmp_path: Path) -> None:
    """An admin writes Galaxy's webhook from the installed package."""
    command = ("install-webhook", "webhooks", "--url", "https://galaxy.example.org/galaxychat/")
    run(python.with_name("galaxychat"), *command, cwd=tmp_path)
    written = {path.name for path in (tmp_path / "webhooks" / "galaxychat").iterdir()}
    assert written == {"config.yml", "script.js", "styles.css"}


def test_the_command_says_its_version(python: Path, tmp_path: Path) -> None:
    """The console script is installed, and tells which version an admin has."""
    assert galaxychat.__version__ in run(python.with_name("galaxychat"), "--version", cwd=tmp_path)


def test_the_wheel_holds_every_source_file(wheel: Path, known: list[str]) -> None:
    """Packages are listed by hand in setup.cfg: none was forgotten, and no data file either."""
    packed = set(zipfile.ZipFile(wheel).namelist())
    sources = {name for name in known if name.startswith(("galaxychat/", "twisted/"))}
    assert sources - packed == set()


def test_the_wheel_holds_nothing_else(wheel: Path, known: list[str]) -> None:
    """Tests, build tools and leftovers would land in everybody's site-packages."""
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    strangers = {name for name in packed - set(known) if not name.startswith("galaxychat/static/")}
    assert strangers == set()
