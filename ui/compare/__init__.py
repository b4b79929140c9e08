"""The Compare page: several runs from the same start, and how they did.

In: the session's comparison and this page's settings. Out: its training's outcome, which the page
hands on to the exports, and changes of the comparison, as where the best rates of a sweep are taken.
"""
