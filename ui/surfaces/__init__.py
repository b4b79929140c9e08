"""The Surfaces page: the loss surface, the paths of the runs on it, a clock, and a module per tab.

In: the outcome of the comparison's training, and this page's settings: which plane, which window,
where the clock stands. Out: scenes, which the page draws and hands on to the exports; changes of
these settings; and changes of the comparison, such as a start that a click has moved.
"""
