"""A comparison that takes longer than a chapter may: variants times seeds, row by row.

Which rows there are, which are missing, and what they come to, for all experiments alike. Other
code of the experiment has rows of its own. So has a trial, with other seeds or settings, which
never becomes a record.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from companion.experiments.experiment import Check, Experiment
from companion.lessons.settings import convert
from companion.lessons.values import plain, rounded
from companion.records.lines import read_lines


@dataclass(frozen=True)
class Study:
    """An experiment as it is to be carried out here.

    Args:
        experiment: which one.
        root: the clone; rows go to its `_build/`, a record to its `book/results/`.
        device: one of the experiment's; None takes its first.
        seeds: instead of the experiment's own.
        changes: settings to be changed, as text.

    Raises:
        ValueError: it does not run on that device, has no such setting, or a value does not fit.
    """

    experiment: Experiment
    root: Path
    device: str = ""
    seeds: Sequence[int] = ()
    changes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = self.experiment.settings
        object.__setattr__(self, "device", self.device or next(iter(known)))
        if self.device not in known:
            words = f"{self.experiment.name} runs on {' and '.join(known)} alone"
            raise ValueError(f"--device {self.device}: {words}")
        if unknown := sorted(set(self.changes) - set(known[self.device])):
            settings = ", ".join(known[self.device])
            raise ValueError(f"--set {unknown[0]}: {self.experiment.name} has {settings}")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"--seeds {' '.join(map(str, self.seeds))}: a seed is given twice")
        _ = self.settings, self.code

    @property
    def settings(self) -> dict[str, Any]:
        """The settings for this device, as changed."""
        values = dict(self.experiment.settings[self.device])
        return values | {n: convert(n, text, values[n]) for n, text in self.changes.items()}

    @property
    def trial(self) -> bool:
        """Whether it differs from what its record is made of."""
        own = self.experiment.settings[self.device]
        return bool(self.seeds) or self.settings != own

    @property
    def command(self) -> str:
        """What measures the record anew."""
        device = f" --device {self.device}" if self.device != "cpu" else ""
        return f"python -m companion experiment {self.experiment.name}{device} --publish"

    @property
    def wanted(self) -> list[tuple[str, int]]:
        """All rows: variant and seed."""
        variants = self.experiment.variants
        return [(name, seed) for name in variants for seed in self.seeds or variants[name]]

    @cached_property
    def code(self) -> str:
        """The fingerprint of the experiment's own modules, apart from comments and format.

        Read when the study is made, since what is edited while it is measured is not what ran.
        """
        run = self.experiment.run
        file = Path(inspect.getfile(getattr(run, "func", run)))
        files = sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
        trees = [_shape(ast.parse(path.read_text(encoding="utf-8"))) for path in files]
        return hashlib.sha256(repr(trees).encode()).hexdigest()[:16]

    @property
    def path(self) -> Path:
        """Where finished rows are, one a line."""
        return self.root / "_build" / "experiments" / self.experiment.name / "rows.jsonl"

    @property
    def identity(self) -> dict[str, Any]:
        """What a row says beside its values, by which it is known for one of this study."""
        settings = json.loads(json.dumps(self.settings))
        return {"code": self.code, "device": self.device, "settings": settings}

    def folder(self, variant: str, seed: int) -> Path:
        """Where a row keeps its checkpoints while it is under way."""
        of = json.dumps([variant, seed, self.identity], sort_keys=True)
        return self.path.parent / f"row-{hashlib.sha256(of.encode()).hexdigest()[:16]}"

    def finished(self) -> dict[tuple[str, int], dict[str, Any]]:
        """The wanted rows that are there, in order, each with its provenance."""
        lines = {
            (line["row"]["variant"], line["row"]["seed"]): line
            for line in read_lines(self.path)
            if self.identity.items() <= line.items()
        }
        return {key: lines[key] for key in self.wanted if key in lines}

    def missing(self) -> list[tuple[str, int]]:
        """The wanted rows that are not there yet."""
        done = self.finished()
        return [key for key in self.wanted if key not in done]

    def record(self) -> dict[str, Any]:
        """What the rows come to, with the verdict.

        Raises:
            ValueError: rows are missing, or were measured on different machines or versions.
        """
        lines = list(self.finished().values())
        if missing := self.missing():
            raise ValueError(f"{len(missing)} of {len(self.wanted)} rows are missing")
        places = {json.dumps({**line["provenance"], "date": ""}, sort_keys=True) for line in lines}
        if len(places) > 1:
            raise ValueError(
                f"the rows were measured in {len(places)} ways (machine or versions): delete "
                f"{self.path} and measure them in one"
            )
        latest = max(lines, key=lambda line: str(line["provenance"]["date"]))["provenance"]
        body = self.experiment.conclude([dict(line["row"]) for line in lines])
        checks = [_judged(check, body) for check in self.experiment.checks]
        held = all(check["held"] for check in checks)
        return {
            "experiment": self.experiment.name,
            "provenance": latest,
            "device": self.device,
            "settings": self.settings,
            "checks": checks,
            "held": held,
            **body,
        }


def _judged(check: Check, record: Mapping[str, Any]) -> dict[str, Any]:
    value, band = plain(check.measure(record)), check.holds
    words = {"title": check.title, "measured": rounded(value, band), "band": band.describe()}
    return {**words, "held": band.holds(value)}


def _shape(part: object) -> object:
    # ast.dump and ast.unparse differ from one Python to the next.
    if isinstance(part, list):
        return [_shape(each) for each in part]
    if not isinstance(part, ast.AST):
        return repr(part)
    fields = [(name, _shape(value)) for name, value in ast.iter_fields(part)]
    return [
        type(part).__name__,
        [(name, value) for name, value in fields if value not in ([], "None")],
    ]
