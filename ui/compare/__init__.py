"""The Compare page: several runs from the same start, and how they did.

In: the session's comparison and this page's settings. Out: the outcome of its training, which the
page hands on to the exports; and changes of the comparison, such as taking the best swept rates.
"""
