"""Engine results become plotly figures here; nothing is computed but where things are drawn.

In come what the engine returns (a ``History``, the scores of a sweep, a graph with its
derivatives, arrays of losses on a grid) and a ``RunStyle`` for every run: its name, colour and
dash. Out goes a ``Chart``: the figure, the undecimated numbers behind it, a text that says what it
shows, and remarks for its caption. There is one public function for each kind of figure.

``theme`` holds every colour, the common sizes and the common layout; ``marks`` the lines, bands,
dots, regions and notes that figures are built of; ``lines`` what all charts of lines share: value
axes, thinning, and names at the ends. ``zoom`` makes a figure of a part of another one.

Words come from ``language``. Nothing here knows Streamlit, pandas, or which page shows a chart.
"""
