"""The command line: `python -m companion doctor | run | bench`."""

from __future__ import annotations

import importlib
import io
import re
import signal
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from companion import runner
from companion.runner import report

app = typer.Typer(
    help="Seeing Attention: look at this machine, execute chapters, measure costs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class ManySeeds(TyperCommand):
    """A command whose `--seeds` takes several numbers: `--seeds 0 1 2`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write `--seeds 0 1 2` as `--seeds 0 --seeds 1 --seeds 2`, which click understands."""
        spread: list[str] = []
        seeds = False
        for arg, after in zip(args, [*args, ""][1:], strict=True):
            number = _is_number(arg)
            if arg == "--seeds" and not _is_number(after):
                ctx.fail("--seeds needs numbers, as in --seeds 0 1 2")
            spread += ["--seeds", arg] if seeds and number else [arg] if arg != "--seeds" else []
            seeds = arg == "--seeds" or (seeds and number)
        return super().parse_args(ctx, spread)


@app.command()
def doctor() -> None:
    """Say what is installed, what would run here and what would not, and how to mend it."""
    try:
        root = runner.find_root()
    except ValueError:
        # Where the package alone is installed, as in Colab, there are no chapters to judge.
        root = None
    raise typer.Exit(report.show_doctor(root))


@app.command(cls=ManySeeds)
def run(
    chapters: Annotated[
        list[str] | None, typer.Argument(help="Chapters, as in 04_vit or 04; all by default.")
    ] = None,
    profile: Annotated[
        str, typer.Option(help="smoke (seconds), book (a minute or two) or full (real data).")
    ] = "book",
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a setting; repeatable."),
    ] = None,
    seeds: Annotated[
        list[int] | None,
        typer.Option(help="Run once a seed (--seeds 0 1 2) and record every claim's values."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Chapters at a time.")] = 1,
    timeout: Annotated[
        float, typer.Option(min=0, help="Seconds a chapter may take; 0: the profile's own limit.")
    ] = 0,
    kernel: Annotated[str, typer.Option(help="Jupyter kernel to use instead of our own.")] = "",
    cached: Annotated[
        bool, typer.Option("--cached", help="Only what changed, into _build/executed/.")
    ] = False,
    store: Annotated[
        bool, typer.Option("--store", help="As --cached, then refresh the outputs in book/.")
    ] = False,
) -> None:
    """Execute chapters in fresh kernels; exit status 0 when all went well, else 1."""
    try:
        order = runner.Order(
            root=runner.find_root(),
            profile=profile,
            changes=_changes(changes or []),
            seeds=tuple(seeds or ()),
            timeout=timeout,
            kernel=kernel or None,
            cached=cached or store,
            store=store,
        )
        paths = runner.find_chapters(chapters, root=order.root)
    except ValueError as error:
        raise _refused(error) from None
    with report.Progress() as progress:
        results = runner.carry_out(
            order, paths, jobs=jobs, on_cell=progress.cell, on_end=progress.end
        )
    report.show_summary(results)
    interrupted = any(result.status == "interrupted" for result in results)
    raise typer.Exit(130 if interrupted else int(not all(result.passed for result in results)))


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def bench(ctx: typer.Context) -> None:
    """Measure what models cost, beside the reference implementations (bench --help)."""
    # By name, because torch and the reference models come with it.
    raise typer.Exit(importlib.import_module("companion.experiments.command").main(ctx.args))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"0|[1-9]\d*", text) is not None


def _changes(given: list[str]) -> dict[str, str]:
    changes = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise ValueError(f"--set {text}: write it as NAME=VALUE, as in --set epochs=3")
        changes[name] = value
    return changes


def _refused(error: ValueError) -> typer.Exit:
    typer.echo(f"error: {error}", err=True)
    return typer.Exit(2)


def main() -> None:
    """Run the command line; a `kill` or a CI job's end is as clean as Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for stream in (sys.stdout, sys.stderr):
        # A pipe on Windows may lack our signs; a question mark is better than a crash.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, interrupt)
    app(prog_name="python -m companion")


if __name__ == "__main__":
    main()
