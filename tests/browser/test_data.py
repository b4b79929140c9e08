"""Your data in a real browser: a file of a Korean spreadsheet program, a reload, another reader."""

import re

from playwright.sync_api import expect

PEOPLE = "번호,키,몸무게,성별\r\n" + "".join(
    f"{row},{150 + row * 7 % 40},{45 + row * 5 % 40 + row % 2},{'남여'[row % 2]}\r\n"
    for row in range(1, 41)
)


def test_a_korean_csv_is_trained_on_and_stays_with_its_reader(visit, idle):
    mine = visit("/data", locale="ko-KR")
    mine.set_input_files(
        "input[type=file]",
        {"name": "키몸무게.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode("cp949")},
    )
    expect(mine.get_by_text("CP949")).to_be_visible()
    expect(mine.get_by_text("40행, 4열")).to_be_visible()
    mine.locator(".st-key-use-table button").click()
    expect(mine).to_have_url(re.compile(r"data=own"))
    expect(mine.locator(".st-key-chart-loss")).to_be_visible()
    idle(mine)
    link = mine.url

    mine.reload()
    expect(mine.locator(".st-key-chart-loss")).to_be_visible()
    expect(mine.locator(".st-key-dataset input")).to_have_value("키몸무게.csv")

    theirs = visit(link, locale="en-US")
    expect(theirs.get_by_text("which links do not carry")).to_be_visible()
    expect(theirs.locator(".st-key-chart-loss")).to_have_count(0)
    theirs.set_input_files(
        "input[type=file]",
        {"name": "a copy.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode("utf-16")},
    )
    theirs.locator(".st-key-open-waiting button").click()
    expect(theirs.locator(".st-key-chart-loss")).to_be_visible()


def test_what_is_typed_and_clicked_at_once_is_used(visit):
    tab = visit("/data?format=1&page=data&page.tab=paste")
    tab.locator(".st-key-pasted-table textarea").fill("a\tb\n1,5\t2\n2,5\t4\n3,5\t7\n")
    tab.locator(".st-key-read-pasted button").click()

    expect(tab.get_by_text("tab, decimal comma, first line as names: 3 rows")).to_be_visible()
    tab.locator(".st-key-pasted-table textarea").fill("a,b\n<b>,x\n1\n")
    tab.locator(".st-key-read-pasted button").click()
    expect(tab.get_by_text("Line 3")).to_be_visible()
    expect(tab.get_by_text("3 rows, 2 columns")).to_be_visible()
