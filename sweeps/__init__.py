"""Many trainings: what a sweep is, how large, where it runs, and the folder that holds it.

In: a base experiment and axes (``spec``, ``axes``). They are settings by arithmetic (``settings``),
cut into chunks and estimated (``chunking``), trained by processes of this machine or by a cluster
(``runner``, ``local``, ``cluster``) and kept lane by lane in a folder (``store``, ``tables``). Out:
one table. A server's sweeps wait for their turn on a ``shelf``.
"""
