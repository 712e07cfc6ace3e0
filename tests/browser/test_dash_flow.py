"""A session from the first page to the report, as a physiotherapist runs it; and what may go wrong on the way."""

import csv
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

Opened = Callable[..., Any]
Serve = Callable[..., Any]


def test_from_connect_to_report(serve: Serve, open_tab: Opened, tmp_path: Path) -> None:
    served = serve("--idle", "--pace", 4, "--out", tmp_path)
    page = open_tab(f"{served.url}/").page
    assert "Not connected" in page.locator(".health").inner_text()
    page.get_by_label("Name").fill("Anna")
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Connect to Virtual device").click()

    page.wait_for_url("**/calibrate")
    page.wait_for_selector(".check.ok >> text=Lower sensor")
    page.wait_for_selector("text=Step 3 of 3")
    page.wait_for_selector(".check.ok >> text=Calibrated")
    assert page.get_by_role("progressbar").get_attribute("aria-valuenow") == "100"
    assert page.locator("svg.drawing .stick").count() == 1
    page.get_by_role("button", name="Without a dowel").click()
    page.wait_for_function("() => document.querySelectorAll('svg.drawing .stick').length === 0")

    page.goto(f"{served.url}/")
    page.wait_for_selector("dd >> text=87 %")
    page.get_by_role("button", name="Identify").click()

    page.goto(f"{served.url}/train")
    page.get_by_role("button", name="Start set").click()
    # What was done before belongs to no set now.
    page.get_by_role("button", name="End set").wait_for()
    page.wait_for_function("() => Number(document.querySelector('.count').textContent) >= 1")
    page.wait_for_function("() => / [4-9] done/.test(document.querySelector('.set-line').textContent)")
    page.get_by_role("button", name="End set").click()

    page.goto(f"{served.url}/finish")
    page.get_by_role("button", name="End the session").click()
    page.get_by_role("link", name="Report").wait_for()
    assert page.locator("table.figures tbody tr").count() >= 1
    page.wait_for_selector("li >> text=× Too much")
    page.get_by_label("Pain").click()
    page.get_by_role("option", name="3", exact=True).click()
    page.get_by_label("Notes").fill("left knee tired")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Saved with the session")

    strike = page.get_by_role("button", name="Strike out")
    compliant = page.locator("li", has=page.locator(".rep.compliant")).filter(has=strike).first
    compliant.get_by_role("button", name="Strike out").click()
    page.locator(".dialog .primary").click()
    page.wait_for_selector("text=A reason is needed")
    page.get_by_label("Reason").fill("stumbled")
    page.locator(".dialog .primary").click()
    page.wait_for_selector(".rep.struck >> text=stumbled")
    (folder,) = tmp_path.iterdir()
    kept = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    assert kept["pain_0_10"] == 3 and kept["notes"] == "left knee tired" and kept["person"] == "Anna"
    assert [(one["kind"], one["note"]) for one in kept["events"]][-1] == ("strike_out", "stumbled")

    report = open_tab(f"{served.url}/files/1/report.html").page
    assert "was struck out: stumbled" in report.inner_text("body")
    page.get_by_role("button", name="Restore").click()
    page.get_by_label("Reason").fill("it was fine")
    page.locator(".dialog .primary").click()
    page.locator(".rep.struck").wait_for(state="detached")
    kept = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    assert [one["kind"] for one in kept["events"]][-2:] == ["strike_out", "restore"]

    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    with Path(waiting.value.path()).open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))[0] == "time_s"

    # The same file dropped on the page gives the same analysis.
    page.goto(f"{served.url}/open")
    page.wait_for_selector("form.opener[data-ready]")
    page.locator("input[name=file]").set_input_files(str(folder / "session.csv"))
    page.get_by_role("button", name="Analyse").click()
    page.get_by_role("link", name="Open the report").wait_for()
    assert page.locator("tbody tr").count() >= 3
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open the report").click()
    assert "session.csv" in popup.value.inner_text("body")


def test_a_device_that_is_lost_in_mid_set_loses_nothing(serve: Serve, open_tab: Opened, tmp_path: Path) -> None:
    served = serve("--outage", "18,25", "--out", tmp_path)
    page = open_tab(f"{served.url}/train").page
    page.get_by_role("button", name="Start set").click()
    page.wait_for_selector(".banner >> text=The link is lost")
    assert "Link lost" in page.locator(".health").inner_text()
    # What was measured last is no longer so, and not shown as if it were.
    page.wait_for_function("() => document.querySelector('.angles-now').textContent === ''")
    page.reload()
    page.wait_for_selector(".banner >> text=The link is lost")
    page.wait_for_selector(".health .good")
    page.locator(".banner").wait_for(state="detached")
    page.wait_for_function("() => document.querySelectorAll('.rep').length >= 5")
    page.goto(f"{served.url}/finish")
    page.get_by_role("button", name="End the session").click()
    page.get_by_role("link", name="CSV").wait_for()
    (folder,) = tmp_path.iterdir()
    with (folder / "session.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    times = [float(row["time_s"]) for row in rows]
    assert max(b - a for a, b in pairwise(times)) < 0.011
    # One sensor begins and ends a sample before the other; between, each has them all.
    assert [at for at, row in enumerate(rows[2:-2], 2) if row["sacral_acc_x"] == ""] == []


def test_where_there_is_no_page_it_says_so_and_leads_back(training: Any, open_tab: Opened) -> None:
    page = open_tab(f"{training.url}/").page
    assert page.goto(f"{training.url}/trian").status == 404
    assert page.locator("h1").inner_text() == "There is no such page"
    page.get_by_role("link", name="Go to the first page").click()
    page.wait_for_selector("h1 >> text=Connect")


def test_by_keyboard_alone(serve: Serve, open_tab: Opened) -> None:
    served = serve("--idle", "--pace", 4)
    page = open_tab(f"{served.url}/").page
    page.wait_for_selector("text=Virtual device")

    def to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            label = page.evaluate(
                "() => { const on = document.activeElement; return on === document.body ? '' :"
                " on.getAttribute('aria-label') || on.textContent || ''; }"
            )
            if name in label:
                # What has the focus is seen to have it.
                outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineWidth")
                assert outline == "3px"
                return
        raise AssertionError(f"{name} cannot be reached with Tab")

    to("Skip to the page")
    to("Connect to Virtual device")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calibrate")
    page.wait_for_selector("h1")
    to("Next: train")
    page.keyboard.press("Enter")
    page.wait_for_url("**/train")
    page.get_by_role("button", name="Start set").wait_for()
    to("Start set")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="End set").wait_for()
    to("Feedback")
    page.keyboard.press("Enter")
    to("Tone")
    page.keyboard.press("Space")
    to("Theme")
    before = page.evaluate("() => document.body.className")
    page.keyboard.press("Enter")
    page.wait_for_function("before => document.body.className !== before", arg=before)


def test_the_choice_of_theme_stays(serve: Serve, open_tab: Opened) -> None:
    served = serve("--idle")
    tab = open_tab(f"{served.url}/", color_scheme="dark")
    page = tab.page
    page.wait_for_selector("body.body--dark")
    page.get_by_role("button", name="Theme").click()
    page.wait_for_selector("body.body--light")
    page.goto(f"{served.url}/wall")
    page.wait_for_selector("body.body--light")


def test_programmes_and_limits_are_chosen_before_a_session(serve: Serve, open_tab: Opened) -> None:
    served = serve("--idle")
    page = open_tab(f"{served.url}/").page
    page.wait_for_selector("text=Hip hinge 45–50°, lower back bent at most 10°")
    page.get_by_label("Limits").click()
    page.get_by_role("option", name="lenient").click()
    page.wait_for_selector("text=lower back bent at most 19°")
    page.get_by_label("Programme").click()
    page.get_by_role("option", name="Unassisted hip hinge").click()
    page.wait_for_selector("text=bent at most 10°")


def test_without_a_recording_that_is_said(serve: Serve, open_tab: Opened) -> None:
    served = serve("--pace", 4)
    page = open_tab(f"{served.url}/finish").page
    page.get_by_role("button", name="End the session").click()
    page.wait_for_selector("text=This session was not recorded")
    assert page.get_by_role("link", name="Report").is_hidden()


def test_a_device_on_bluetooth_is_chosen_by_its_signal(serve: Serve, open_tab: Opened) -> None:
    served = serve("--idle", "--radio", "--pace", 4)
    page = open_tab(f"{served.url}/").page
    page.wait_for_selector("text=signal -58 dBm, battery 64 %")
    page.wait_for_selector("text=AA:BB:CC:00:00:08")
    assert page.locator("b").count() == 0
    near = page.locator("li.likely", has_text="<b onclick=alert(1)>hip")
    near.get_by_role("button").click()
    page.wait_for_url("**/calibrate")
    page.goto(f"{served.url}/")
    page.wait_for_selector("dd >> text=ble:AA:BB:CC:00:00:07")
    page.wait_for_selector("dd >> text=-62 dBm, good")
    assert "signal -62 dBm" in page.locator(".health").inner_text()


def test_what_is_searched_for_moves_nothing_away_from_under_a_hand(serve: Serve, open_tab: Opened) -> None:
    served = serve("--idle", "--radio")
    page = open_tab(f"{served.url}/").page
    connect = page.get_by_role("button", name="Connect to Virtual device")
    connect.wait_for()
    before = connect.bounding_box()
    page.wait_for_selector("text=battery 64 %")
    assert connect.bounding_box() == before


def test_a_set_ends_by_itself_and_can_be_kept_open(serve: Serve, open_tab: Opened) -> None:
    served = serve("--pace", 4, "--sets", 2)
    page = open_tab(f"{served.url}/train").page
    page.locator("summary", has_text="Feedback").click()
    page.get_by_label("Repetitions", exact=True).fill("2")
    page.wait_for_selector("text=of 2 compliant")
    page.get_by_role("button", name="Start set 1").click()
    page.get_by_role("button", name="Keep this set open").click()
    page.wait_for_selector("text=This set stays open until you end it")
    page.wait_for_function("() => / [3-9] done/.test(document.querySelector('.set-line').textContent)")
    page.get_by_role("button", name="End set").click()
    # Between the simulator's sets the wearer stands for long enough.
    page.get_by_role("button", name="Start set 2").click()
    page.wait_for_selector("text=the set ends once you have stood for 5 s")
    page.get_by_role("button", name="Start set 3").wait_for()
    assert page.locator(".clock").inner_text().startswith("Rest")
