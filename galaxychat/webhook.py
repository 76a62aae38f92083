"""The folder that brings the chat into Galaxy: a webhook, which Galaxy reads at its start."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from galaxychat.errors import StartError
from galaxychat.origin import parse_origin

NAME = "galaxychat"
_FILES = ("config.yml", "script.js", "styles.css")
_MARK = "# Written by `galaxychat install-webhook`"
# No quote, backslash, bracket, blank, query or fragment: it stands in a script, and names are put behind it.
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%!$&()*+,;=:@-]+)*/?", re.ASCII)


def checked_url(text: str) -> str:
    """Return the chat's address with its slash at the end; raises StartError for what is none.

    Either a whole address, or only its path, for a chat that is found below Galaxy's own address.
    """
    start, path = _split(text)
    is_host = start == "" if text.startswith("/") else parse_origin(start) is not None
    if not is_host or not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise StartError(
            f"--url: {text!r} is no address of a chat; right would be https://<galaxy>/galaxychat/, "
            "or /galaxychat/ where it is below Galaxy's own address."
        )
    return f"{start}{path.rstrip('/')}/"


def install(webhooks: Path, url: str) -> Path:
    """Write the webhook's folder into Galaxy's folder of webhooks, or bring it up to date; return it.

    Raises StartError when the address is wrong, the folder is somebody else's, or it cannot be written.
    """
    address = checked_url(url)
    folder = webhooks.absolute() / NAME
    try:
        if not webhooks.absolute().parent.is_dir():
            raise StartError(
                f"{webhooks.absolute().parent} is not there, so {webhooks} cannot be Galaxy's webhooks_dir."
            )
        if folder.exists() and not _is_ours(folder):
            raise StartError(
                f"{folder} is there already, and galaxychat did not write it. Move it away, or name another folder."
            )
        for made in (folder.parent, folder):
            if not made.exists():
                made.mkdir()
                made.chmod(0o755)  # readable for Galaxy, whoever that runs as
        for name in _FILES:
            text = files("galaxychat").joinpath("webhookfiles", name).read_text(encoding="utf-8")
            _write(folder / name, text.replace("{url}", address))
    except OSError as error:
        raise StartError(f"The webhook could not be written: {error}.") from None
    return folder


def _split(text: str) -> tuple[str, str]:
    """Everything up to the path, and the rest; `urlsplit` would drop line breaks without a word."""
    scheme, mark, rest = text.partition("://")
    if not mark or text.startswith("/"):
        return "", text
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}", slash + path


def next_steps(folder: Path) -> str:
    """Return what is left to do in Galaxy."""
    return "\n".join(
        (
            f"The webhook is in {folder}.",
            "Galaxy finds it by its configuration, galaxy.yml (several folders: with commas between them):",
            "",
            "    galaxy:",
            f"      webhooks_dir: {folder.parent}",
            "",
            "Restart Galaxy: it reads webhooks at its start only. To take the chat out again, remove that folder",
            "and restart Galaxy.",
        )
    )


def _is_ours(folder: Path) -> bool:
    """An empty folder is nobody's; one of ours says so, and holds nothing that others put there."""
    if not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()} - {_new_name(name) for name in _FILES}
    if not names:
        return True
    config = folder / "config.yml"
    return names <= set(_FILES) and config.is_file() and config.read_text(errors="replace").startswith(_MARK)


def _write(path: Path, text: str) -> None:
    """Put a file in its place as a whole."""
    new = path.with_name(_new_name(path.name))
    new.write_text(text, encoding="utf-8")
    new.chmod(0o644)
    new.replace(path)


def _new_name(name: str) -> str:
    return f".{name}.new"
