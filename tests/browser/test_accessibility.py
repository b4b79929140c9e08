"""Finished pages under the rules of axe: light in English, dark in Korean."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

VIOLATIONS_ALONE = {"resultTypes": ["violations"]}  # to list what is right takes as long again
PAGES = ["training", "surfaces", "epochs", "sweep", "backpropagation"]

# Streamlit's own markup, which this project cannot change.
STREAMLITS_OWN = {
    "empty-table-header",  # the corner of a table
    "list",  # the sections of the menu
    "listitem",
}


@pytest.mark.parametrize(("color_scheme", "locale"), [("light", "en-US"), ("dark", "ko-KR")])
def test_no_page_breaks_a_rule(visit, idle, color_scheme, locale):
    tab = visit(color_scheme=color_scheme, locale=locale)
    broken = {}
    for number, name in enumerate(PAGES):
        tab.get_by_role("banner").get_by_role("link").nth(number).click()
        expect(tab).to_have_url(re.compile(r"/$" if name == "training" else f"/{name}"))
        idle(tab)
        main = tab.get_by_role("main")
        expect(main.get_by_role("heading", level=1)).to_be_visible()
        if name == "sweep":
            main.locator(".st-key-sweep-start button").click()
            # A button with help is there twice, once for a phone.
            expect(main.locator(".st-key-sweep-use-best button").first).to_be_enabled()
            idle(tab)
        expect(main.get_by_role("figure").first).to_be_visible()
        # What was drawn anew fades in, and half faded in it is pale.
        tab.wait_for_function(
            "() => document.getAnimations().every(one => one.playState === 'finished')"
        )
        for violation in Axe().run(tab, options=VIOLATIONS_ALONE).response["violations"]:
            if violation["id"] not in STREAMLITS_OWN:
                found = [node["html"] for node in violation["nodes"]]
                broken[name, violation["id"]] = found

    assert broken == {}
