"""The command line: `python -m companion doctor | run | experiment`."""

from __future__ import annotations

import argparse
import io
import re
import signal
import sys
from collections.abc import Sequence

PROGRAM = "python -m companion"


def doctor(_: argparse.Namespace) -> int:
    """Say what is installed, what would run here and what would not, and how to mend it."""
    from companion import runner
    from companion.runner import report

    try:
        root = runner.find_root()
    except ValueError:
        # Where the package alone is installed, as in Colab, there are no chapters to judge.
        root = None
    return report.show_doctor(root)


def run(given: argparse.Namespace) -> int:
    """Execute chapters in fresh kernels; exit status 0 when all went well, else 1."""
    from companion import runner
    from companion.runner import report

    try:
        seeds, names = _seeds_and_names(given)
        order = runner.Order(
            root=runner.find_root(),
            profile=given.profile,
            changes=_changes(given),
            seeds=seeds,
            timeout=given.timeout,
            kernel=given.kernel or None,
            cached=given.cached or given.store,
            store=given.store,
            confirm=given.confirm,
        )
        paths = runner.find_chapters(names, root=order.root)
    except ValueError as error:
        return _refused(error)
    with report.Bars() as bars:
        results = runner.carry_out(
            order, paths, jobs=given.jobs, on_cell=bars.cell, on_end=bars.end
        )
    report.show_summary(results)
    interrupted = any(result.status == "interrupted" for result in results)
    return 130 if interrupted else int(not all(result.passed for result in results))


def experiment(given: argparse.Namespace) -> int:
    """Measure a long comparison, row by row; without a name, list what is there and missing."""
    from companion import experiments
    from companion.runner import find_root

    try:
        seeds, names = _seeds_and_names(given)
        if not names:
            if given != _parser("experiment").parse_args([]):
                raise ValueError("say which experiment these options are for")
            experiments.show_experiments(find_root())
            return 0
        if len(names) > 1:
            raise ValueError(f"{' '.join(names)}: one experiment at a time")
        chosen = experiments.find_experiment(names[0])
        study = experiments.Study(chosen, find_root(), given.device, seeds, _changes(given))
        return experiments.conduct(
            study, jobs=given.jobs, cluster=given.cluster, publish=given.publish
        )
    except (ValueError, OSError) as error:
        return _refused(error)


def _run_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("names", nargs="*", metavar="chapter", help="as in 04_vit or 04; all by default")
    profiles = "smoke (seconds), book (a minute or two) or full (real data)"
    add("--profile", default="book", help=profiles)
    _common_options(parser, seeds="run once a seed and record every claim's values")
    confirm = "record these seeds' verdicts apart: no band came from them"
    add("--confirm", action="store_true", help=confirm)
    limit = "seconds a chapter may take; 0: the profile's own limit"
    add("--timeout", type=_seconds, default=0.0, help=limit)
    add("--kernel", default="", help="Jupyter kernel to use instead of our own")
    add("--cached", action="store_true", help="only what changed, into _build/executed/")
    add("--store", action="store_true", help="as --cached, then refresh the outputs in book/")


def _experiment_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("names", nargs="*", metavar="name", help="which; without it, all are listed")
    add("--device", default="", help="cpu or cuda, where the experiment takes it")
    _common_options(parser, seeds="a trial on other seeds than the record's")
    cluster = "address of a Dask scheduler whose workers measure the rows"
    add("--cluster", default="", metavar="ADDRESS", help=cluster)
    publish = "write book/results/NAME.json, when all rows are there and nothing was changed"
    add("--publish", action="store_true", help=publish)


def _common_options(parser: argparse.ArgumentParser, *, seeds: str) -> None:
    add = parser.add_argument
    # Every occurrence takes all words up to the next option; those after its numbers are names.
    add("--seeds", nargs="*", action="append", default=[], metavar="SEED", help=seeds)
    again = "change a setting; repeatable"
    add("--set", dest="changes", action="append", default=[], metavar="NAME=VALUE", help=again)
    add("--jobs", type=_count, default=1, help="chapters, or rows, at a time")


COMMANDS = {"doctor": doctor, "run": run, "experiment": experiment}
OPTIONS = {"run": _run_options, "experiment": _experiment_options}


def _parser(command: str) -> argparse.ArgumentParser:
    words = COMMANDS[command].__doc__
    parser = argparse.ArgumentParser(f"{PROGRAM} {command}", description=words, allow_abbrev=False)
    if command in OPTIONS:
        OPTIONS[command](parser)
    return parser


def _seeds_and_names(given: argparse.Namespace) -> tuple[tuple[int, ...], list[str]]:
    seeds: list[int] = []
    names = list(given.names)
    for words in given.seeds:
        count = next((i for i, word in enumerate(words) if not _is_number(word)), len(words))
        if count == 0:
            raise ValueError("--seeds needs numbers, as in --seeds 0 1 2")
        seeds += map(int, words[:count])
        names += words[count:]
    return tuple(seeds), names


def _is_number(text: str) -> bool:
    return re.fullmatch(r"0|[1-9]\d*", text) is not None


def _changes(given: argparse.Namespace) -> dict[str, str]:
    changes = {}
    for text in given.changes:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise ValueError(f"--set {text}: write it as NAME=VALUE, as in --set epochs=3")
        changes[name] = value
    return changes


def _count(text: str) -> int:
    if not _is_number(text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: give a whole number of at least 1")
    return int(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: give seconds, 0 or more")
    return seconds


def _refused(error: Exception) -> int:
    print(f"error: {error}", file=sys.stderr)
    return 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; a `kill` or a CI job's end is as clean as Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for stream in (sys.stdout, sys.stderr):
        # A pipe on Windows may lack our signs; a question mark is better than a crash.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, interrupt)
    words = list(sys.argv[1:] if arguments is None else arguments)
    top = argparse.ArgumentParser(
        PROGRAM,
        description="Seeing Attention: look at this machine, execute chapters, measure at length.",
        epilog="\n".join(f"  {name:<12}{does.__doc__}" for name, does in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("command", choices=COMMANDS, metavar=" | ".join(COMMANDS))
    command = top.parse_args(words[:1] or ["--help"]).command
    try:
        return COMMANDS[command](_parser(command).parse_intermixed_args(words[1:]))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
