#!/usr/bin/env python3
"""Drives the pages of `genre serve` in a real browser: music is dropped, judged, played and corrected, a training is
begun, stopped and resumed; the console must stay silent, and axe-core's rules must pass.

Needs Chromium (Debian: apt-get install chromium) and, from PyPI, playwright and axe-playwright-python.

    python3 Tools/browser_test.py .build/debug/genre MUSIC [--shots FOLDER] [--chromium /usr/bin/chromium]

MUSIC is a folder of genre folders with a few short files each, such as the demo's corpus.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from playwright.sync_api import expect, sync_playwright

WIDTHS = (380, 820, 1400)
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]


class Checks:
    """Counts what was checked, and remembers what failed."""

    def __init__(self):
        self.faults = []

    def that(self, truth, words):
        print(("  ok    " if truth else "  FAULT ") + words, flush=True)
        if not truth:
            self.faults.append(words)


def serve(program, music, folder):
    process = subprocess.Popen(
        [program, "serve", music, "--state", folder / "state", "--runs", folder / "runs", "--data", music, "--port", "0",
         "--no-open"], stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip()
    assert address.startswith("http://"), "the server printed no address"
    return process, address


def watched(page, checks, name):
    def on_console(message):
        if message.type in ("error", "warning"):
            checks.that(False, f"{name}: console: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: checks.that(False, f"{name}: {error}"))


def drop(page, checks, files):
    page.goto(page.base + "#drop")
    page.set_input_files("#files", files)
    page.wait_for_function("n => document.querySelectorAll('.track .share').length === n", arg=len(files))
    page.wait_for_function("() => !document.querySelector('.track .waiting')", timeout=120_000)
    expect(page.locator("#count")).to_have_text(f"{len(files)} tracks")
    checks.that(page.locator("#detail .bars li").count() > 1, "drop: every genre has a bar")
    image = page.locator("#detail .picture img")
    page.wait_for_function("() => document.querySelector('#detail .picture img').naturalWidth > 0", timeout=30_000)
    checks.that(image.evaluate("image => image.naturalWidth > 0"), "drop: the spectrogram is there")
    page.locator("#tracks .track").nth(1).click()
    page.wait_for_function(
        "() => document.querySelector('#detail .file-name').textContent === "
        "document.querySelectorAll('#tracks .title')[1].textContent")
    box = page.locator("#detail .picture").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    page.wait_for_function("() => Number(document.querySelector('.transport input').value) > 0", timeout=15_000)
    place = page.locator(".transport input").evaluate("slider => slider.value / slider.max")
    checks.that(abs(place - 0.5) < 0.05, "drop: a click on the spectrogram seeks")
    page.keyboard.press("Tab")


def collection(page, checks, state):
    page.goto(page.base + "#collection")
    page.wait_for_selector("#grid tbody tr", timeout=60_000)
    page.wait_for_function("() => /^[0-9,]+ tracks? /.test(document.getElementById('collection-progress').textContent + ' ')",
                           timeout=300_000)
    row = page.locator("#grid tbody tr").first
    row.click()
    page.wait_for_selector("#collection-detail .verdict")
    row.press("ArrowDown")
    page.wait_for_function("() => document.querySelectorAll('#grid tr')[2].getAttribute('aria-selected') === 'true'")
    checks.that(True, "collection: the arrow keys walk")
    page.locator(".correct input").fill("polka")
    page.locator(".correct button").click()
    page.wait_for_function("() => document.getElementById('grid').textContent.includes('corrected')", timeout=10_000)
    table = (state / "corrections.csv").read_text()
    checks.that(re.search(r"^path,genre\n/.*,polka\n$", table) is not None, "collection: the correction is a table's row")
    page.locator("#filter-kind").select_option("corrected")
    checks.that(page.locator("#grid tbody tr").count() == 1, "collection: the filter leaves the corrected track")
    page.locator("#filter-kind").select_option("")
    page.locator("#view-map").click()
    page.wait_for_function("() => document.getElementById('map-note').textContent.includes('near each other')",
                           timeout=300_000)
    checks.that(page.locator("#map-legend .dot").count() > 0, "collection: the map has points")


def runs(page, checks):
    page.goto(page.base + "#runs")
    page.wait_for_selector("#new-run summary")
    page.locator("#new-run > summary").click()
    page.locator("#run-name").fill("browser")
    page.locator("[data-option='--net']").select_option("shallow")
    page.locator("[data-option='--epochs']").fill("500")
    page.locator("#run-form button[type=submit]").click()
    page.wait_for_selector(".state.training", timeout=120_000)
    page.wait_for_selector("#run-curves polyline", timeout=300_000, state="attached")

    def points():
        return page.evaluate("() => document.querySelector('#run-curves polyline').getAttribute('points').split(' ').length")

    first = points()
    page.wait_for_function(
        "n => document.querySelector('#run-curves polyline').getAttribute('points').split(' ').length > n", arg=first,
        timeout=120_000)
    checks.that(True, "runs: the curve grows")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector(".state.stopped", timeout=60_000)
    page.get_by_role("button", name="Resume").click()
    page.wait_for_selector(".state.training", timeout=60_000)
    checks.that(True, "runs: a training stops and goes on")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector(".state.stopped", timeout=60_000)


def rules(page, checks, name):
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        print("  axe-playwright-python is not installed: no rules are checked")
        return
    results = Axe().run(page, options={"runOnly": TAGS})
    for violation in results.response["violations"]:
        targets = ", ".join(str(node["target"]) for node in violation["nodes"][:3])
        checks.that(False, f"{name}: axe {violation['id']} ({violation['impact']}): {targets}")
    if not results.response["violations"]:
        checks.that(True, f"{name}: axe-core's rules pass")


def shots(browser, base, checks, files, folder):
    for width in WIDTHS:
        for theme in ("light", "dark"):
            page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme).new_page()
            watched(page, checks, f"{width} {theme}")
            for name in ("drop", "listen", "collection", "runs", "models"):
                page.goto(f"{base}#{name}")
                if name == "drop":
                    page.set_input_files("#files", files)
                    page.wait_for_function("() => !document.querySelector('.track .waiting')", timeout=120_000)
                    page.wait_for_function(
                        "() => document.querySelector('#detail .picture img').naturalWidth > 0", timeout=30_000)
                if name == "collection":
                    page.wait_for_selector("#grid tbody tr", timeout=60_000)
                    page.locator("#grid tbody tr").first.click()
                    page.wait_for_selector("#collection-detail .verdict")
                if name == "models":
                    page.wait_for_selector(".card")
                page.wait_for_timeout(400)
                overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
                checks.that(overflow <= 0, f"{name} at {width}, {theme}: nothing is wider than the page")
                if width == WIDTHS[-1]:
                    rules(page, checks, f"{name}, {theme}")
                if folder:
                    page.screenshot(path=str(folder / f"{name}-{width}-{theme}.png"), full_page=True)
            page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("music", type=pathlib.Path)
    parser.add_argument("--shots", type=pathlib.Path)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    parser.add_argument("--no-runs", action="store_true", help="begin no training")
    arguments = parser.parse_args()
    checks = Checks()
    files = sorted(str(file) for file in arguments.music.rglob("*") if file.suffix in (".wav", ".flac", ".mp3"))[::7][:3]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="browser-test-"))
    if arguments.shots:
        arguments.shots.mkdir(parents=True, exist_ok=True)
    process, address = serve(arguments.program, arguments.music, folder)
    try:
        with sync_playwright() as tools:
            browser = tools.chromium.launch(executable_path=arguments.chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1100, "height": 900})
            page.base = address
            watched(page, checks, "page")
            start = time.monotonic()
            page.goto(address)
            page.wait_for_selector("#zone")
            print(f"  the first page took {1000 * (time.monotonic() - start):.0f} ms")
            drop(page, checks, files)
            collection(page, checks, folder / "state")
            if not arguments.no_runs:
                runs(page, checks)
            shots(browser, address, checks, files, arguments.shots)
            browser.close()
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(checks.faults)} faults")
    return 1 if checks.faults else 0


if __name__ == "__main__":
    sys.exit(main())
