"""What leaves: bundles, reports, printed charts, tables, scripts for other libraries.

In: a document and its history. Out: bytes by their file names, safely written or zipped, that need
neither this program nor a network to be read.
"""
