"""The webhook for Galaxy: what is written, what is refused, and that it can be written again."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest
import yaml

from galaxychat import cli, webhook
from galaxychat.errors import StartError


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://usegalaxy.example.org/galaxychat/", "https://usegalaxy.example.org/galaxychat/"),
        ("https://usegalaxy.example.org/galaxychat", "https://usegalaxy.example.org/galaxychat/"),
        ("http://localhost:7070/galaxychat/", "http://localhost:7070/galaxychat/"),
        ("http://[::1]:7070/a/b", "http://[::1]:7070/a/b/"),
        ("https://chat.example.org", "https://chat.example.org/"),
        ("/galaxychat/", "/galaxychat/"),
        ("/galaxy/galaxychat", "/galaxy/galaxychat/"),
    ],
)
def test_addresses(given: str, address: str) -> None:
    """An address gets the slash behind which names are put; a path alone means Galaxy's own host."""
    assert webhook.checked_url(given) == address


@pytest.mark.parametrize(
    "given",
    [
        "",
        "galaxychat",
        "usegalaxy.example.org/galaxychat/",
        "//usegalaxy.example.org/galaxychat/",
        "ftp://usegalaxy.example.org/galaxychat/",
        "javascript:alert(1)",
        "https://",
        "https://me:secret@usegalaxy.example.org/galaxychat/",
        "https://usegalaxy.example.org/galaxychat/?a=b",
        "https://usegalaxy.example.org/galaxychat/#here",
        "https://usegalaxy.example.org:99999/galaxychat/",
        'https://usegalaxy.example.org/"+alert(1)+"/',
        "https://usegalaxy.example.org/</script>/",
        "https://usegalaxy.example.org/a\\b/",
        "https://usegalaxy.example.org/a b/",
        "https://usegalaxy.example.org/a\nb/",
        "https://usegalaxy.example.org/a/../b/",
        "/?a",
        "/galaxychat/{url}/",
        "/galaxychat/\n",
    ],
)
def test_what_is_no_address(given: str) -> None:
    """It is refused with what would be right, since it will stand in every page of Galaxy."""
    with pytest.raises(StartError, match="right would be"):
        webhook.checked_url(given)


def test_what_is_written(tmp_path: Path) -> None:
    """The three files that Galaxy reads, readable for it whatever the umask; and the public part holds no address."""
    before = os.umask(0o077)
    try:
        folder = webhook.install(tmp_path / "webhooks", "https://usegalaxy.example.org/galaxychat")
    finally:
        os.umask(before)
    assert folder == tmp_path / "webhooks" / "galaxychat"
    assert sorted(path.name for path in folder.iterdir()) == ["config.yml", "script.js", "styles.css"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o644 for path in folder.iterdir())
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o755
    config = yaml.safe_load((folder / "config.yml").read_text())
    assert config == {
        "id": "galaxychat",
        "type": "masthead",
        "activate": True,
        "weight": 1,
        "icon": "fa-comments",
        "tooltip": "Community chat",
    }
    script = (folder / "script.js").read_text()
    assert re.findall(r'const chat = "(.*)";', script) == ["https://usegalaxy.example.org/galaxychat/"]
    assert "{url}" not in script
    for word in ("innerHTML", "eval", "Function(", "keydown"):
        assert word not in script


def test_again_brings_it_up_to_date(tmp_path: Path) -> None:
    """The command that is run again, with another address or after an upgrade, needs nothing removed first."""
    webhook.install(tmp_path, "/old/")
    folder = webhook.install(tmp_path, "/new/")
    (folder / ".script.js.new").write_text("of a command that was killed")
    webhook.install(tmp_path, "/new/")
    assert '"/new/"' in (folder / "script.js").read_text()
    assert "/old/" not in (folder / "script.js").read_text()
    assert len(list(folder.iterdir())) == 3


def _somebody_elses_webhook(folder: Path) -> None:
    folder.mkdir()
    (folder / "config.yml").write_text("id: galaxychat\n")


def _somebody_elses_file(folder: Path) -> None:
    webhook.install(folder.parent, "/galaxychat/")
    (folder / "__init__.py").write_text("")


def _a_file(folder: Path) -> None:
    folder.write_text("")


@pytest.mark.parametrize("made", [_somebody_elses_webhook, _somebody_elses_file, _a_file])
def test_what_others_wrote_stays(tmp_path: Path, made: object) -> None:
    """A folder of that name that we did not write is left as it is, and one is told so."""
    assert callable(made)
    made(tmp_path / "galaxychat")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(StartError, match="galaxychat did not write it"):
        webhook.install(tmp_path, "/elsewhere/")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_no_such_folder(tmp_path: Path) -> None:
    """A path that is wrong further up is a slip, and no folders are made for it."""
    with pytest.raises(StartError, match="is not there"):
        webhook.install(tmp_path / "glaaxy" / "webhooks", "/galaxychat/")
    assert list(tmp_path.iterdir()) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It says the lines for galaxy.yml, with the folder absolute; a mistake is one line and status 1."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["install-webhook", "webhooks", "--url", "https://usegalaxy.example.org/galaxychat/"]) == 0
    said = capsys.readouterr().out
    lines = re.search(r"^    galaxy:\n.*$", said, re.MULTILINE)
    assert lines
    assert yaml.safe_load(lines[0]) == {"galaxy": {"webhooks_dir": str(tmp_path / "webhooks")}}
    assert "Restart Galaxy" in said
    assert cli.main(["install-webhook", "webhooks", "--url", "nonsense"]) == 1
    assert capsys.readouterr().err.startswith("galaxychat: --url: 'nonsense' is no address")
