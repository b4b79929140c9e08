"""What all pages share: the comparisons of a session, controls, tabs, trainings, and charts.

In: what the reader does, a link, a file. Out: valid documents and the settings of each page,
results of trainings, and every chart with the files that a reader may make of it.
"""
