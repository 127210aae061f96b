"""The lesson: one chapter's profile, seed, settings and claims.

A claim is shown as a card and stored beside it as JSON, from which the book's page of claims is
made. Three environment variables steer a lesson from outside: `COMPANION_THREADS` (torch's
threads), `COMPANION_SET` (settings changed by `python -m companion run --set`, as JSON) and
`COMPANION_CLAIMS=record` (a measured claim that fails does not stop the chapter, so that one run a
seed gathers every value).
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from companion.lessons import card
from companion.lessons.bands import Band, stored
from companion.lessons.claims import MIME, slug
from companion.lessons.settings import PROFILES, Settings
from companion.lessons.show import execution, show
from companion.lessons.values import number, plain, rounded, rounded_error
from companion.records.machine import cores


class ClaimError(AssertionError):
    """A measured value lies outside the band of its claim."""


class Lesson:
    """What a chapter needs besides deep learning.

    Seeds Python, NumPy and torch, and sets torch's threads: one in `smoke` and `book`, so that a
    run is the same on every machine and several chapters can share one; every core in `full`.

    Raises:
        ValueError: the profile is unknown, the seed is not a whole number from 0 to 2**32 - 1, or
            `COMPANION_THREADS` is not a positive whole number.
    """

    def __init__(self, profile: str, seed: int) -> None:
        if profile not in PROFILES:
            raise ValueError(f"PROFILE={profile!r} is unknown: choose one of {', '.join(PROFILES)}")
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
            raise ValueError(f"SEED={seed!r} must be a whole number from 0 to {2**32 - 1}")
        self.profile = profile
        self.seed = seed
        self.threads = _threads(profile)
        self.changed: list[str] = []
        self.claims: dict[str, dict[str, Any]] = {}
        self._made_in: dict[str, int | None] = {}
        _seed_everything(seed, self.threads)

    def settings(self, table: Mapping[str, Mapping[str, Any]]) -> SimpleNamespace:
        """Show what each profile means for this chapter, and return the active profile's values.

        `table` maps a name to its value in each profile, as in
        `{"epochs": {"smoke": 1, "book": 40, "full": 20}}`.

        Raises:
            ValueError: a row lacks a profile, or `--set` named an unknown setting or a value of
                another type.
        """
        settings = Settings.read(table, self.profile, os.environ.get("COMPANION_SET", ""))
        self.changed = sorted(settings.changed)
        show(settings.text(), settings.html())
        return SimpleNamespace(**settings.values())

    def claim(
        self,
        title: str,
        *,
        source: str,
        measured: Any,
        holds: Band | Mapping[str, Band],
        unit: str = "",
        n: int | None = None,
        against: str = "",
    ) -> None:
        """Judge `measured`, show the card, store the claim.

        `holds` is one band (an exact claim: asserted in every profile) or a band for each profile
        that can judge it; elsewhere, and when `--set` changed a setting, a measured claim is shown
        as not judged. `measured` is a number, bool, text, tensor or list of them; with `unit="%"`
        it is a fraction shown as a percentage. A share of `n` trials is shown with its standard
        error. `against` says in a few words which paper or popular story the claim contradicts.

        Raises:
            ClaimError: the value lies outside the band; the card is shown before.
            ValueError: title or source is empty, the title was claimed before, `measured` is empty
                or not finite, or no share of `n` trials, or `holds` names no band or an unknown
                profile.
        """
        self._check(title, source, holds)
        exact = isinstance(holds, Band)
        band = holds if isinstance(holds, Band) else holds.get(self.profile)
        if self.changed and not exact:
            band = None
        value = _summary(plain(measured), band, holds)
        short = rounded(value, band)
        claim: dict[str, Any] = {
            "id": slug(title),
            "title": title,
            "source": source,
            "against": against,
            "exact": exact,
            "profile": self.profile,
            "seed": self.seed,
            "value": short,
            "unit": unit,
            "n": n,
            "error": rounded_error(short, n),
            **stored(band, unit),
            "held": None if band is None else band.holds(value),
            "changed": self.changed,
        }
        self.claims[claim["id"]] = claim
        self._made_in[claim["id"]] = execution()
        show(card.claim_text(claim), card.claim_html(claim), {MIME: claim})
        if next(iter(self.claims)) == claim["id"]:
            show(card.key_text(), card.key_html())
        recording = os.environ.get("COMPANION_CLAIMS") == "record" and not exact
        if band is not None and claim["held"] is False and not recording:
            shown = number(value, unit, band)
            raise ClaimError(f"{title}: measured {shown}, but the claim is {claim['band']}")

    def _check(self, title: str, source: str, holds: Band | Mapping[str, Band]) -> None:
        name = slug(title)
        if not name or not source.strip():
            raise ValueError(f"a claim needs a title and a source: {title=}, {source=}")
        # A reader may run a cell again; within one execution a second claim of a name is a mistake.
        if name in self.claims and self._made_in[name] == execution():
            raise ValueError(f"{title!r} was claimed before in this lesson: give it its own title")
        if isinstance(holds, Band):
            return
        unknown = [profile for profile in holds if profile not in PROFILES]
        if not holds or unknown:
            given = ", ".join(map(repr, holds)) or "none"
            raise ValueError(f"`holds` needs bands for some of {', '.join(PROFILES)}; got {given}")


def _summary(value: Any, band: Band | None, holds: Band | Mapping[str, Band]) -> Any:
    if band is None and isinstance(holds, Mapping):
        band = next(iter(holds.values()))
    return value if band is None else band.worst(value)


def _threads(profile: str) -> int:
    given = os.environ.get("COMPANION_THREADS", "")
    if given:
        if not given.isdecimal() or int(given) < 1:
            raise ValueError(f"COMPANION_THREADS={given!r} must be a whole number, 1 or more")
        return int(given)
    return cores() if profile == "full" else 1


def _seed_everything(seed: int, threads: int) -> None:
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries draw from the legacy generator
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
