"""The page of the package: every public module's docstrings, through Sphinx's autodoc."""

from pathlib import Path

INTRO = """# The package

`companion` holds the code that the chapters import. It reads in the order of a run: data go in,
parts make models, models learn, and what they attend to comes out.
"""

PACKAGES = {
    "data": "What goes in",
    "parts": "What models are made of",
    "models": "One file per paper",
    "training": "How models learn",
    "viz": "What comes out",
    "pretrained": "Published weights",
    "lessons": "What a chapter needs besides deep learning",
}


def api_page(companion: Path) -> str:
    """Markdown with one section per package and one autodoc directive per public module."""
    parts = [INTRO]
    for package, title in PACKAGES.items():
        modules = public_modules(companion / package)
        if modules:
            parts.append(f"## {title}: `companion.{package}`\n")
            parts += [directive(f"companion.{package}.{name}") for name in modules]
    modules = public_modules(companion)
    if modules:
        parts.append("## Executing and measuring: `companion`\n")
        parts += [directive(f"companion.{name}") for name in modules]
    return "\n".join(parts)


def public_modules(package: Path) -> list[str]:
    """Names of a package's modules, without those that begin with an underscore."""
    return sorted(path.stem for path in package.glob("*.py") if not path.stem.startswith("_"))


def directive(module: str) -> str:
    """Autodoc's directive for one module, below a heading of its own."""
    # What a module imports and names in __all__ stands where it is defined, and only there.
    options = "   :members:\n   :ignore-module-all:\n"
    return f"### `{module}`\n\n```{{eval-rst}}\n.. automodule:: {module}\n{options}```\n"
