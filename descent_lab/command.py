"""The command: opens the dashboard, trains and sweeps without it, prints schemas."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import comparison
from comparison.document import Saved
from descent_lab.run import run
from descent_lab.sweep import Asked, sweep
from descent_lab.terminal import DONE
from engine.limits import LIMITS
from language import LANGUAGES, SOURCE_LANGUAGE
from sweeps.spec import SweepSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

# The router is beside the rooms, both in a checkout and where Descent Lab is installed.
DASHBOARD: Final = Path(comparison.__file__).parents[1] / "dashboard.py"

_ABOUT: Final = """\
Compare optimizers honestly: the same data, the same start, the same batches, side by side.

Without a COMMAND the dashboard opens. The options are then those of "streamlit run", such as
--server.port 8600 and --server.headless true.

  run     train an experiment and write its bundle: results and histories as CSV, interactive
          charts, the rows, the start and the batches, scripts that replay every run in PyTorch,
          Keras and Optax, and a manifest with the SHA-256 of each file
  sweep   train every setting of a sweep, here or on a Dask cluster, into a folder that goes on
          after whatever ended it
  schema  print the JSON schema of an experiment file
"""
_RUN: Final = """\
Train an experiment and write its bundle to a folder: the very files that the page's "Bundle" button
puts into a zip, but for times and drawn SVG.

EXPERIMENT is a file that the dashboard saved, or the JSON of an experiment alone:

  {"problem": {"kind": "network", "dataset": {"name": "spirals", "arms": 3},
               "hidden": [16, 16], "loss": "cross_entropy"},
   "runs": [{"optimizer": {"name": "adam"}, "learning_rate": 0.01, "batch_size": 32}],
   "budget": {"amount": 100, "unit": "epochs"}, "seeds": [0, 1, 2]}

What is left out of it has the default of the format: seven runs, on two moons. The command
"schema" says what there is.
"""
_SWEEP: Final = """\
Train every setting of a sweep, keep the scores of each lane in a folder, and write one table of
them: DIR/results.parquet. Whatever ends it, the same command goes on from there, to the same bytes.

SWEEP is a JSON file with a base experiment and axes ("sweep --schema" says what there is):

  {"experiment": {"seeds": [0, 1, 2]},
   "axes": [{"field": "learning_rate", "low": 1e-4, "high": 1, "count": 9, "scale": "log"},
            {"field": "batch_size", "values": [1, 8, 32, "all"]}]}

Without a file, give an experiment and axes; its runs are the first axis:

  sweep --from experiment.json --axis learning_rate=log:1e-4:1:9 --axis batch_size=1,8,32,all \\
        --seeds 5 --to DIR

An experiment that was saved on the Sweep page needs no axes: it has those of the page.
"""
_SWEEP_STATUS: Final = """\
exit status:
  0  done
  1  done, but some lanes could not be trained: DIR/workers.parquet says why
  2  bad input or folder: one line says which
  3  stopped by Ctrl-C or SIGTERM, a full disk, or a cluster that is gone: the same command goes on
"""
_STATUS: Final = """\
exit status:
  0  done
  1  a run diverged, and --strict was given; the bundle is written all the same
  2  bad input: one line says which file and field
  3  stopped by Ctrl-C or SIGTERM: in the training, and the bundle holds what was reached; asked
     for again or after the training, and there is none
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or (words[0].startswith("-") and words[0] not in {"-h", "--help"}):
        open_dashboard(words)
    given = _parser().parse_args(words)
    status: int = given.do(given)
    return status


def open_dashboard(options: Sequence[str]) -> NoReturn:
    """Serve the dashboard until it is stopped, with the options of ``streamlit run``.

    Raises:
        SystemExit: always; Streamlit ends the program.
    """
    from streamlit.web import cli  # noqa: PLC0415 - the other commands do without it

    sys.exit(cli.main(["run", str(DASHBOARD), *options], prog_name="streamlit"))


def _run(given: argparse.Namespace) -> int:
    return run(
        given.experiment,
        given.to,
        given.data,
        language=given.language,
        strict=given.strict,
        limited=not given.no_limit,
    )


def _sweep(given: argparse.Namespace) -> int:
    if given.schema:
        print(json.dumps(SweepSpec.model_json_schema(), indent=2))  # noqa: T201 - its output
        return DONE
    if given.sweep and (given.axis or given.seeds is not None):
        given.wrong("--axis and --seeds go with --from: a SWEEP has its own")
    if given.to is None and not given.dry_run:
        given.wrong("--to DIR is missing; --dry-run says the size alone")
    cluster = given.cluster
    if cluster is None and given.workers is None:
        cluster = os.environ.get("DASK_SCHEDULER_ADDRESS")
    asked = Asked(
        given.sweep,
        given.base,
        given.axis,
        given.seeds,
        given.to,
        given.workers,
        cluster,
        retry=given.retry,
        dry_run=given.dry_run,
        data=given.data,
    )
    return sweep(asked, given.language)


def _schema(_given: argparse.Namespace) -> int:
    print(json.dumps(Saved.model_json_schema(), indent=2))  # noqa: T201 - its output
    return DONE


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    name = Path(sys.argv[0]).stem
    if name != "descent-lab":
        name = "python -m descent_lab"
    parser = argparse.ArgumentParser(
        name,
        usage=f"{name} [OPTIONS OF STREAMLIT RUN]\n       {name} COMMAND ...",
        description=_ABOUT,
        formatter_class=raw,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", prog=name)
    run_parser = commands.add_parser(
        "run",
        help="train and write the bundle",
        description=_RUN,
        epilog=_STATUS,
        formatter_class=raw,
    )
    run_parser.set_defaults(do=_run)
    run_parser.add_argument("experiment", type=Path, metavar="EXPERIMENT", help="a JSON file")
    run_parser.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the bundle; made where it is missing, refused where it holds anything",
    )
    _add_data(run_parser)
    _add_language(run_parser, "of captions, run names and notes")
    run_parser.add_argument("--strict", action="store_true", help="exit with 1 if a run diverged")
    run_parser.add_argument(
        "--no-limit",
        action="store_true",
        help=f"also train what is estimated to take over {LIMITS['seconds'].high} s",
    )
    _add_sweep(commands)
    schema = commands.add_parser("schema", help="print the JSON schema of an experiment file")
    schema.set_defaults(do=_schema)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="a table that the experiment names but does not carry: the CSV, or a bundle's"
        " table.csv; once for each",
    )


def _add_language(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--language",
        choices=tuple(LANGUAGES),
        default=SOURCE_LANGUAGE,
        help=f"{what} (default: %(default)s)",
    )


def _add_sweep(commands: Any) -> None:
    parser = commands.add_parser(
        "sweep",
        help="train every setting of a sweep",
        description=_SWEEP,
        epilog=_SWEEP_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(do=_sweep, wrong=parser.error)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("sweep", type=Path, nargs="?", metavar="SWEEP", help="a JSON file")
    what.add_argument(
        "--from", type=Path, dest="base", metavar="EXPERIMENT", help="the base of a sweep"
    )
    what.add_argument("--schema", action="store_true", help="print the JSON schema of SWEEP")
    parser.add_argument(
        "--axis",
        action="append",
        default=[],
        metavar="FIELD=VALUES",
        help="an axis, with --from: a list 1,8,32,all or a range log:1e-4:1:9; once for each",
    )
    parser.add_argument(
        "--seeds", type=int, metavar="N", help="train with the seeds 0 to N - 1, with --from"
    )
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="folder of the sweep; made where it is missing"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="processes (default: one for each core)"
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="train on the Dask cluster of this scheduler (default: DASK_SCHEDULER_ADDRESS, unless"
        " --workers is given)",
    )
    parser.add_argument(
        "--retry", action="store_true", help="train again what could not be trained"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say how large it is and how long it takes"
    )
    _add_data(parser)
    _add_language(parser, "of messages")
