"""The first page under the rules of axe, in both themes and both languages."""

import pytest
from axe_playwright_python.sync_playwright import Axe

# Streamlit's own markup, which this project cannot change.
STREAMLITS_OWN = {
    "empty-table-header",  # the corner of a table
    "list",  # the sections of the menu
    "listitem",
}


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_the_first_page_breaks_no_rule(new_page, app_url, idle, color_scheme, locale):
    tab = new_page(color_scheme=color_scheme, locale=locale)
    tab.goto(app_url)
    idle(tab)

    broken = {
        violation["id"]: [node["html"] for node in violation["nodes"]]
        for violation in Axe().run(tab).response["violations"]
        if violation["id"] not in STREAMLITS_OWN
    }
    assert broken == {}
