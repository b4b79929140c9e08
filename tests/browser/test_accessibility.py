"""Finished pages under the rules of axe: light in English, dark in Korean."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PAGES = ["/", "/surfaces", "/epochs", "/backpropagation"]

# Streamlit's own markup, which this project cannot change.
STREAMLITS_OWN = {
    "empty-table-header",  # the corner of a table
    "list",  # the sections of the menu
    "listitem",
}


@pytest.mark.parametrize(("color_scheme", "locale"), [("light", "en-US"), ("dark", "ko-KR")])
@pytest.mark.parametrize("address", PAGES)
def test_a_page_breaks_no_rule(visit, address, color_scheme, locale):
    tab = visit(address, color_scheme=color_scheme, locale=locale)
    main = tab.get_by_role("main")
    expect(main.get_by_role("heading", level=1)).to_be_visible()
    expect(main.get_by_role("figure").first).to_be_visible()

    broken = {
        violation["id"]: [node["html"] for node in violation["nodes"]]
        for violation in Axe().run(tab).response["violations"]
        if violation["id"] not in STREAMLITS_OWN
    }
    assert broken == {}
