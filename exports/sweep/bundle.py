"""The bundle of a sweep: what it is, all of its lanes, and what they show."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from comparison.sweep.catalogue import sweep_charts
from comparison.sweep.contract import sweep_contract
from comparison.tables.known import written
from comparison.words.errors import explain
from comparison.words.sweeps import refused_words, unfinished_words
from engine.errors import InvalidInput
from engine.version import VERSION
from exports.bundle import add_charts
from exports.contents import TABLE_FILE, Contents
from exports.manifest import FORMAT, versions, with_sums
from exports.sweep.readme import command_again, sweep_readme
from exports.sweep.tables import csv_of, settings_csv
from language import _, current_language
from sweeps.final import RowsGone, tables_now
from sweeps.store import RESULTS_FILE, SPEC_FILE, WORKERS_FILE, FolderRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from comparison.document import Document
    from comparison.sweep.look import Look
    from engine.problems.datasets.table import Table
    from exports.printed import Contract
    from sweeps.spec import SweepSpec

_LANES_CSV: Final = "results.csv"


def sweep_bundle(
    look: Look, folder: Path, document: Document, tables: Sequence[Table] = ()
) -> dict[str, bytes]:
    """Return the files of a sweep by their paths, ``manifest.json`` last.

    They hold the lanes that the look has seen, whatever has come since. Apart from the manifest's
    times and the drawn SVG they depend only on these, the document and the language.

    Args:
        look: how the sweep is looked at.
        folder: of the sweep.
        document: the comparison with the settings of the page.
        tables: readers' tables that the one who asks for the bundle has.
    """
    contents = Contents()
    caption = sweep_contract(look)
    remarks = unfinished_words(look.lanes)
    contents.files[SPEC_FILE] = specification(look.spec)
    contents.files["experiment.json"] = document.for_files().model_dump_json(indent=2).encode()
    _add_tables(contents, look.spec, tables)
    _add_lanes(contents, look, folder)
    contents.files["settings.csv"] = settings_csv(look)
    charts, missing = sweep_charts(look)
    add_charts(contents, document, charts, caption)
    contents.leave_out_charts(missing)
    made_with = {"engine": str(VERSION), **versions("pyarrow")}
    contents.files["README.md"] = sweep_readme(look, contents, caption, made_with)
    contents.files["manifest.json"] = _manifest(look, contents, caption, remarks, made_with)
    return contents.files


def specification(spec: SweepSpec) -> bytes:
    """Return a sweep as the file that the command takes."""
    return spec.model_dump_json(indent=2).encode()


def _add_tables(contents: Contents, spec: SweepSpec, tables: Sequence[Table]) -> None:
    """Add the table whose rows the sweep is trained on, if it is there."""
    here = {table.digest: table for table in tables}
    for one in spec.tables[:1]:
        if one.digest in here:
            contents.files[TABLE_FILE] = written(here[one.digest])
        else:
            contents.left_out[TABLE_FILE] = explain(
                InvalidInput("not_here", "data", (one.title, one.digest))
            )


def _add_lanes(contents: Contents, look: Look, folder: Path) -> None:
    """Add the tables of all lanes, and who trained them."""
    why = ""
    if not look.lanes.status.any():
        why = _("Nothing is trained yet.")
    else:
        try:
            tables = tables_now(folder, look.lanes)
        except RowsGone:
            why = _("The lanes can no longer be read: the sweep was removed, or files of it.")
        except FolderRefused as error:
            why = refused_words(error)
    if why:
        contents.left_out |= dict.fromkeys((RESULTS_FILE, _LANES_CSV, WORKERS_FILE), why)
        return
    contents.files[RESULTS_FILE] = tables.results
    contents.files[_LANES_CSV] = csv_of(tables.results)
    contents.files[WORKERS_FILE] = tables.workers


def _manifest(
    look: Look,
    contents: Contents,
    caption: Contract,
    remarks: list[str],
    made_with: dict[str, str],
) -> bytes:
    """Return what the bundle is, and the SHA-256 of each of its files."""
    spec, lanes = look.spec, look.lanes
    equal, unequal = caption
    runs = zip(look.styles, spec.settings.variants, strict=True)
    facts: dict[str, Any] = {
        "format": FORMAT,
        "about": _("A sweep of optimizers, made by Descent Lab."),
        "reproduce": [command_again(contents)],
        "versions": made_with,
        "language": current_language(),
        "sweep": hashlib.sha256(spec.key.encode()).hexdigest(),
        "seeds": spec.experiment.seeds,
        "unfinished": remarks,
        "contract": {"equal": equal, "unequal": unequal},
        "runs": [
            {"name": style.name, "colour": style.colour, "settings": variant.size}
            for style, variant in runs
        ],
        "lanes": {
            "all": lanes.status.size,
            "done": int(lanes.done.sum()),
            "diverged": int(lanes.diverged.sum()),
            "failed": int(lanes.failed.sum()),
        },
        "times": {"made": datetime.now(UTC).isoformat(timespec="seconds")},
    }
    return with_sums(facts, contents)
