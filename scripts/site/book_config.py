"""The staged site's settings, derived from `_config.yml` and `_toc.yml` at the root."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

GITHUB = re.compile(r"https://github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(\.git)?/?")
BUTTONS = ("use_repository_button", "use_edit_page_button", "use_issues_button")


def site_url(repository: str) -> str:
    """The address where GitHub Pages serves a repository: '' for one that is not set.

    Raises:
        ValueError: the address is not that of a repository on GitHub, which Colab needs.
    """
    if not repository:
        return ""
    found = GITHUB.fullmatch(repository)
    if not found:
        raise ValueError(
            f"repository url {repository!r} in _config.yml is not like "
            "https://github.com/<owner>/<name>: `make repository URL=…` sets it"
        )
    owner, name = found["owner"].lower(), found["name"]
    host = f"https://{owner}.github.io/"
    return host if name.lower() == f"{owner}.github.io" else f"{host}{name}/"


def derive(config: dict[str, Any]) -> dict[str, Any]:
    """Settings for the staged book: buttons and links that need an address only with one."""
    derived: dict[str, Any] = yaml.safe_load(yaml.safe_dump(config))
    repository = derived.setdefault("repository", {})
    address = repository.get("url") or ""
    url = site_url(address)
    repository["url"] = address.removesuffix("/").removesuffix(".git")
    repository.pop("revision", None)  # what chapters install; Jupyter Book knows the branch alone
    html = derived.setdefault("html", {})
    html.update(dict.fromkeys(BUTTONS, bool(url)))
    derived["launch_buttons"] = {"colab_url": "https://colab.research.google.com" if url else ""}
    html["baseurl"] = url
    options = derived.setdefault("sphinx", {}).setdefault("config", {})
    # `html_theme_options` there would replace what the buttons became: merge by hand.
    options["html_theme_options"] = {
        **options.get("html_theme_options", {}),
        **html_options(derived),
    }
    return derived


def html_options(config: dict[str, Any]) -> dict[str, Any]:
    """The theme's options that Jupyter Book makes of `repository`, `launch_buttons`, `html`."""
    repository = config["repository"]
    return {
        "repository_url": repository["url"],
        "repository_branch": repository.get("branch", "main"),
        "path_to_docs": repository.get("path_to_book", ""),
        "launch_buttons": config["launch_buttons"],
        "home_page_in_toc": config["html"].get("home_page_in_navbar", True),
        **{button: config["html"][button] for button in BUTTONS},
    }


def flatten_toc(toc: dict[str, Any], below: dict[str, list[str]]) -> dict[str, Any]:
    """The table of contents for the staged book, whose pages lie at its root.

    Args:
        toc: as `_toc.yml` has it.
        below: generated pages, by the name of the page that they stand under.
    """

    def strip(node: Any) -> Any:
        if isinstance(node, dict):
            flat = {
                key: value.removeprefix("book/") if key in ("root", "file") else strip(value)
                for key, value in node.items()
            }
            inner = [{"file": name} for name in below.get(flat.get("file", ""), [])]
            return flat | ({"sections": inner} if inner else {})
        return [strip(child) for child in node] if isinstance(node, list) else node

    stripped: dict[str, Any] = strip(toc)
    return stripped


def pages(toc: dict[str, Any]) -> Iterator[str]:
    """Every page a table of contents names, in order."""
    if "root" in toc:
        yield toc["root"]
    if "file" in toc:
        yield toc["file"]
    for key in ("parts", "chapters", "sections"):
        for child in toc.get(key, []):
            yield from pages(child)


def read_yaml(path: Path) -> dict[str, Any]:
    """One YAML mapping from a file.

    Raises:
        ValueError: it is not YAML; in one line, where not.
    """
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None
    return content
