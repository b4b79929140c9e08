"""A table on the page in words: its columns, and what will be learnt from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comparison.words.cleaned import cleaned
from comparison.words.fields import short
from comparison.words.names import listed
from language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.tables.columns import ColumnFacts
    from comparison.tables.drafts import Draft
    from engine.problems.datasets import OwnTable

_TEXTS = 4  # of a column that are named


def column_rows(columns: Sequence[ColumnFacts]) -> list[dict[str, Any]]:
    """Return a row for each column of a table: what it holds, and what is missing."""
    return [
        {
            _("Column"): column.name,
            _("Kind"): _("numbers") if column.kind == "n" else _("texts"),
            _("Missing"): column.missing,
            _("Different"): column.distinct,
            _("Values"): _values(column),
        }
        for column in columns
    ]


def _values(column: ColumnFacts) -> str:
    if column.low is not None and column.median is not None and column.high is not None:
        text = _("{low} to {high}, median {median}")
        low, median, high = map(short, (column.low, column.median, column.high))
        return text.format(low=low, high=high, median=median)
    shown = [f"{text} ({count})" for text, count in column.categories[:_TEXTS]]
    return ", ".join(shown) + (" …" if column.distinct > len(shown) else "")


def dataset_words(draft: Draft, dataset: OwnTable) -> list[str]:
    """Return what will be learnt from how many rows, and what is left out."""
    held_back = dataset.n_validation(draft.share)
    rows = _("{training:,} training rows and {validation:,} validation rows").format(
        training=dataset.rows - held_back, validation=held_back
    )
    inputs = ngettext("{count} input", "{count} inputs", dataset.width)
    if dataset.task == "classification":
        text = _("{rows}: {inputs}, {count} classes in order of appearance: {classes}.")
    else:
        text = _("{rows}: {inputs}, and the number to predict is “{target}”.")
    sentences = [
        text.format(
            rows=rows,
            inputs=inputs.format(count=dataset.width),
            count=len(dataset.classes),
            classes=listed([cleaned(name) for name in dataset.classes]) if dataset.classes else "",
            target=draft.table.names[dataset.target_column],
        )
    ]
    if draft.left_out:
        text = ngettext(
            "{count} row is left out, for it lacks one of these values.",
            "{count} rows are left out, for they lack one of these values.",
            draft.left_out,
        )
        sentences.append(text.format(count=f"{draft.left_out:,}"))
    return sentences
