"""Tables that readers bring: read strictly, described, suggested a use for, and written.

In: the bytes of a file, text that was pasted, or rows that were typed. Out: an engine's ``Table``
with all that was understood and counted on the way, or an ``InvalidInput`` "not_a_table" with line,
column and reason; and the table as CSV again, known by its digest.

The cells are split by the standard library's ``csv``, in its strict mode. pandas was tried: it
fills short rows and takes text behind a closing quotation mark in silence, and tells a wrong line
once a cell holds a line break. ``csv`` would have to read everything a second time to check it.
"""
