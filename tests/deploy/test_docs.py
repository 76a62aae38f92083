"""What the documentation names is what the code has, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from galaxychat import cli, galaxytables, messages, service, settinggroups, tokens
from galaxychat.configparts import _ORIGINALS, _OWN, ConfigParts
from galaxychat.galaxyconfig import GalaxySettings
from galaxychat.metrics import Metrics
from galaxychat.settings import Checker

ROOT = Path(__file__).parents[2]
ADMIN = ROOT / "docs" / "admin.md"
DEPLOYMENT = ROOT / "docs" / "deployment.md"
PROTOCOL = ROOT / "docs" / "protocol" / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SOURCE = "\n".join(path.read_text() for path in sorted((ROOT / "galaxychat").rglob("*.py")))

_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
_CODE_BLOCK = re.compile(r"^```.*?^```|^ {4}.*?$", re.MULTILINE | re.DOTALL)


# ---- reading Markdown


def section(page: Path, title: str) -> str:
    """Return what stands below a heading, up to the next one of its rank."""
    found = re.search(rf"^(#+) {re.escape(title)}$(.*?)(?=^#{{1,2}} |\Z)", page.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} has no section {title}"
    return found[2]


def rows(page: Path, title: str) -> dict[str, str]:
    """Return the rows of a section's tables by each name that their first cell has in backticks."""
    found = {}
    for line in section(page, title).splitlines():
        if line.startswith("| `"):
            first, rest = line.strip("|").split("|", 1)
            found.update(dict.fromkeys(re.findall(r"`([^` ]+)[^`]*`", first), rest))
    return found


def slug(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    plain = heading.replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


# ---- settings


class Recorder(dict[str, Any]):
    """Settings of Galaxy that remember which of them somebody asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Have nothing but a prefix, with which the cookie's path matters; and remember."""
        self.asked.add(key)
        return "/galaxy" if key == "galaxy_url_prefix" else default


def asked_of_galaxy() -> set[str]:
    """Return the settings of Galaxy that the code looks at, by having it look."""
    options = Recorder()
    for path in (None, ROOT / "galaxy.yml"):
        galaxy = GalaxySettings(path=path, options=options, own=None, root=ROOT, from_source=False)
        ConfigParts(Checker(), galaxy, {"base_path": "/elsewhere"}, {}).all(insecure_demo=True)
    return options.asked


def test_every_setting_of_galaxys_is_documented() -> None:
    """The tables of Galaxy's settings and of the original's name what is read, and no more."""
    assert set(rows(ADMIN, "What is read of Galaxy's settings")) == asked_of_galaxy() - _ORIGINALS
    assert set(rows(ADMIN, "The original's four settings")) == _ORIGINALS


def test_every_setting_of_ours_is_documented() -> None:
    """The table of our own settings names them all, and no more."""
    assert set(rows(ADMIN, "The chat's own settings")) == _OWN - _ORIGINALS


def test_every_limit_is_documented_with_its_default_and_range() -> None:
    """An admin may rely on the numbers in the table."""
    documented = rows(ADMIN, "Limits")
    assert set(documented) == {field.name for field in fields(settinggroups.Limits)}
    for field in fields(settinggroups.Limits):
        default, _unit, span = (cell.strip() for cell in documented[field.name].split("|")[:3])
        assert default == str(field.default), field.name
        low, high, _ = settinggroups._WHOLE.get(field.name, (0.01, 10_000, ""))
        assert [float(number.replace(" ", "")) for number in span.split(", ")] == [low, high], field.name


def test_every_option_and_command_is_documented() -> None:
    """Both command lines, in full."""
    documented = set(rows(ADMIN, "The command line"))
    options = {f"--{option[0]}" for option in (*service.Options.optParameters, *service.Options.optFlags)}
    short = {f"-{option[1]}" for option in service.Options.optParameters if option[1]}
    actions = [action for action in cli._parser()._actions if isinstance(action.choices, Mapping)]
    commands = {name for action in actions for name in action.choices or ()}
    assert documented == options | short | commands | {"--version"}


# ---- the protocol


def tags(union: Any) -> dict[str, list[type[Any]]]:
    """Return the types of a union of the wire by their tags; a reply and an event may share one."""
    found: dict[str, list[type[Any]]] = {}
    for kind in get_args(union):
        found.setdefault(kind.__struct_config__.tag, []).append(kind)
    return found


@pytest.mark.parametrize(
    ("title", "union"), [("Commands", messages.AnyCommand), ("Events", messages.AnyEvent)], ids=["commands", "events"]
)
def test_every_command_and_event_is_documented_with_its_fields(title: str, union: Any) -> None:
    """Whoever writes a client finds each of them, and each of its fields, in the page's table."""
    documented = rows(PROTOCOL, title)
    assert set(documented) == set(tags(union))
    for tag, kinds in tags(union).items():
        lines = "\n".join(line for line in section(PROTOCOL, title).splitlines() if line.startswith(f"| `{tag}`"))
        named = {name for kind in kinds for name in kind.__struct_fields__} - {"id", "re"}
        assert {name for name in named if f"`{name}`" not in lines} == set(), tag


def test_every_field_of_a_thing_is_documented() -> None:
    """A room and a message, as the wire shows them."""
    documented = section(PROTOCOL, "Things")
    for kind in (messages.Room, messages.Message):
        assert {name for name in kind.__struct_encode_fields__ if f"`{name}`" not in documented} == set()


def test_every_error_is_documented() -> None:
    """The codes of the errors table are those that the code gives."""
    given = set(re.findall(r"(?:Refusal|BadCommand)\(\s*\"(\w+)\"", SOURCE))
    assert set(rows(PROTOCOL, "Errors")) == given


def test_every_close_code_is_documented() -> None:
    """Each code that the server closes with stands in the protocol's table; ours in the admin's as well."""
    given = set(re.findall(r"(?:Closing|\.close|shut)\((\d{4})\b", SOURCE))
    assert given
    table = section(PROTOCOL, "Closing")
    assert {code for code in given if code not in table} == set()
    advice = section(ADMIN, "When something is wrong")
    # 4400 is a fault of a client's author, not of a site.
    assert {code for code in given if code.startswith("4") and code not in advice} == {"4400"}


def test_every_kind_of_token_is_documented() -> None:
    """The closed set of nodes is the page's set."""
    kinds: set[str] = set()
    for node in tokens.TOKEN_SCHEMA["anyOf"]:
        first = node["prefixItems"][0]
        kinds.update(first.get("enum", [first.get("const")]))
    documented = re.findall(r"`\[\"(\w+)\"", section(PROTOCOL, "The body of a message"))
    assert set(documented) == kinds


# ---- deployment


def test_every_metric_is_documented() -> None:
    """By the name that Prometheus gives it."""
    text = Metrics().text().decode()
    given = {name for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE) if not name.endswith("_created")}
    documented = {re.sub(r"\{.*", "", name) for name in rows(DEPLOYMENT, "Health and metrics")}
    assert documented - {"/healthz", "/readyz", "/metrics"} == given


def test_every_column_of_galaxys_is_documented() -> None:
    """The table of rights says what the role's script grants and the code reads."""
    documented: dict[str, set[str]] = {}
    for line in section(DEPLOYMENT, "A role in Galaxy's PostgreSQL").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[1].startswith("`"):
            documented.setdefault(cells[1].strip("`"), set()).update(re.findall(r"`(\w+)`", cells[2]))
    read: dict[str, set[str]] = {}
    for tables in (galaxytables._REQUIRED, *galaxytables._OPTIONAL.values()):
        for table, names in tables.items():
            read.setdefault(table, set()).update(names)
    assert documented == read


@pytest.mark.parametrize("name", ["nginx", "nginx-nodes", "apache", "apache-nodes"])
def test_the_page_shows_the_proxys_file(name: str) -> None:
    """What is shown is what the tests run, less its comments."""
    file = (ROOT / "deploy" / f"{name}.conf").read_text()
    plain = [line.strip() for line in file.splitlines() if line.strip() and not line.strip().startswith("#")]
    language = name.partition("-")[0]
    shown = re.findall(rf"^```{language}\n(.*?)^```", DEPLOYMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert plain in [[line.strip() for line in block.splitlines() if line.strip()] for block in shown]


# ---- links


def links() -> Iterator[tuple[Path, bool, str]]:
    """All links within the repository: the page, whether it is a picture, the target."""
    for page in PAGES:
        for picture, target in _LINK.findall(_CODE_BLOCK.sub("", page.read_text())):
            if "://" not in target:
                yield page, bool(picture), target


def test_links_lead_somewhere() -> None:
    """Each names a file that is there, and a heading of it."""
    broken = []
    has_pictures = any((ROOT / "docs" / "images").glob("*.png"))
    for page, is_picture, target in links():
        if is_picture and not has_pictures:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in map(slug, _HEADING.findall(file.read_text()))):
            broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_tests_that_are_named_are_there() -> None:
    """A page that says which test shows something names a file of tests."""
    named = {(page.name, path) for page in PAGES for path in re.findall(r"`(tests/[\w/]+\.py)`", page.read_text())}
    assert len(named) > 30
    assert sorted(path for _, path in named if not (ROOT / path).is_file()) == []
    promises = (ROOT / "docs" / "security.md").read_text().split("## What is promised")[1].split("## What Galaxy")[0]
    rows = [
        line for line in promises.splitlines() if line.startswith("|") and not line.startswith(("|---", "| promise"))
    ]
    assert [row for row in rows if "`tests/" not in row] == []
