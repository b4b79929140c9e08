"""A sweep as a page and files show it: its plan, charts, tables, contract, and ways to Compare.

In: a document with the settings of the Sweep page, and the lanes of a sweep. Out: a specification,
charts and tables, and documents with settings that the sweep found.
"""
