"""The rules of axe, for pages that have been drawn."""

from axe_playwright_python.sync_playwright import Axe

VIOLATIONS_ALONE = {"resultTypes": ["violations"]}  # to list what is right takes as long again

# Streamlit's own markup, which this project cannot change.
STREAMLITS_OWN = {
    "empty-table-header",  # the corner of a table
    "list",  # the sections of the menu
    "listitem",
    "presentation-role-conflict",  # where a file is dropped
}


def broken_rules(tab):
    """Return the elements that break a rule, by the rule."""
    # What was drawn anew fades in, and half faded in it is pale.
    tab.wait_for_function(
        "() => document.getAnimations().every(one => one.playState === 'finished')"
    )
    return {
        violation["id"]: [node["html"] for node in violation["nodes"]]
        for violation in Axe().run(tab, options=VIOLATIONS_ALONE).response["violations"]
        if violation["id"] not in STREAMLITS_OWN
    }
