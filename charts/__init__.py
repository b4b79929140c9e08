"""Engine results to plotly figures: one small function a figure, layout only, nothing computed.

Every function returns a ``Chart``: the figure, the undecimated numbers behind it, and a text that
says what it shows.
"""
