"""The Epochs page: epochs, batches and iterations, counted, seen and at work; a module per tab.

In: the session's comparison, whose selected run the tabs train in their own ways, and this page's
settings. Out: changes of both, and charts. Its trainings stay here: no other page shows them.
"""
