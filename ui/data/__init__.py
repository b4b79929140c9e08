"""The room of the page on which a reader brings a table.

In: a file, text that was pasted, or rows that were typed. Out: a table among those that the reader
keeps (``ui.shell.brought``), and a comparison on it.
"""
