"""Where an element stands on a page: a fragment that is moved is another one to Streamlit."""


def place(block, wanted):
    """Return the positions of the blocks that lead to an element, and its own."""
    for position, child in block.children.items():
        if child is wanted:
            return (position,)
        below = place(child, wanted) if hasattr(child, "children") else None
        if below is not None:
            return (position, *below)
    return None
