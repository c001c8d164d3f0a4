"""The report as people meet it: in a browser, by mouse, keyboard and screen reader, light and dark, small and large."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeglot.migrate.report import html
from tests import dryruns

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Opened

pytestmark = pytest.mark.browser
Open = Callable[..., "Opened"]

SAMPLES = {
    "diverged": dryruns.credit,
    "weighty": dryruns.weighty,
    "equivalent": lambda: dryruns.credit(diverged=False),
    "inconclusive": dryruns.inconclusive,
    "hostile": dryruns.hostile,
}

HITS = ['"rows": 1000,', '"rows": 1000.0,']
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((v, i) => i < 3 ? v : v / 255);
  };
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor));
    return layers.reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + .05) / (Math.min(light(a), light(b)) + .05);
  const poor = [];
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || node.closest('script, style, .hidden, .skip, title, :disabled')) continue;
    if (!node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    let back = behind(node), fore = rgba(style.color);
    if (node instanceof SVGElement) {
      fore = rgba(style.fill);
      const shape = node.classList.contains('differs-text') ? node.previousSibling : node.parentElement.querySelector('.body');
      if (shape) back = over(rgba(getComputedStyle(shape).fill), behind(node.closest('.canvas')));
      else back = behind(node.closest('.canvas'));
    }
    seen += 1;
    const got = ratio(over(fore, back), back);
    if (got < 4.5) poor.push(`${got.toFixed(2)} ${node.tagName}.${node.getAttribute('class')} ${walker.currentNode.data.slice(0, 30)}`);
  }
  return { poor: [...new Set(poor)], seen };
}"""

UNNAMED = """() => {
  const name = (node) => node.getAttribute('aria-label') || node.textContent.trim() || node.labels?.[0]?.textContent.trim()
    || (node.getAttribute('aria-labelledby') && document.getElementById(node.getAttribute('aria-labelledby'))?.textContent);
  const wanted = 'button, a[href], input, select, [role=button], [role=region], [role=dialog]:not([hidden]), [role=list], figure, svg[role]';
  const bad = [...document.querySelectorAll(wanted)].filter((node) => !name(node)).map((node) => node.outerHTML.slice(0, 120));
  const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  const pointed = [...document.querySelectorAll('[aria-labelledby]')].filter((n) => !document.getElementById(n.getAttribute('aria-labelledby')) && !n.hidden).map((n) => n.outerHTML.slice(0, 120));
  const levels = [...document.querySelectorAll('main h1, main h2, main h3')].map((h) => Number(h.tagName[1]));
  const jumps = levels.filter((level, at) => at && level > levels[at - 1] + 1);
  return [...bad, ...twice, ...pointed, ...jumps.map((level) => `h${level} after a jump`),
          ...(document.documentElement.lang ? [] : ['no language']), ...(levels.filter((l) => l === 1).length === 1 ? [] : ['not one h1'])];
}"""


def kinds(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#table tbody tr td:first-child").all_inner_texts()]


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_report_opens_in_silence_with_readable_colours_and_names(opened: Open, sample: str, scheme: str) -> None:
    page = opened(SAMPLES[sample](), color_scheme=scheme).draw()
    found = page.evaluate(CONTRAST)
    assert found["seen"] > 60
    assert found["poor"] == []
    assert page.evaluate(UNNAMED) == []
    page.locator("#gantt .row button").first.click()
    found = page.evaluate(CONTRAST)
    assert found["poor"] == []
    assert page.evaluate(UNNAMED) == []


def test_what_the_page_may_not_load_is_refused_by_its_own_policy(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html(dryruns.credit()), encoding="utf-8")
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(file.as_uri())
    assert page.evaluate("fetch('https://example.org/').then(() => 'loaded', () => 'refused')") == "refused"
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), { textContent: 'ran = 1' }))")
    assert page.evaluate("typeof ran") == "undefined"
    assert any("Content Security Policy" in line for line in said)
    page.close()


def test_filters_and_sorting_of_the_differences(opened: Open) -> None:
    page = opened(dryruns.credit()).page
    everything = kinds(page)
    count = len(dryruns.credit().differences)
    assert len(everything) == count > 12 and page.inner_text("#f-count") == f"{count} differences"
    page.select_option("#f-kind", "state")
    assert kinds(page) == ["state"] * 3 and page.inner_text("#f-count") == f"3 of {count} differences"
    page.fill("#f-call", "keep")
    assert page.locator("#table tbody tr").all_inner_texts() == ["state\tkeep\t\tskipped\tblocked"]
    page.fill("#f-text", "no such thing")
    assert "Nothing fits the filter." in page.inner_text("#table tbody")
    page.click(".filters button[type=reset]")
    page.wait_for_selector(f"#table tbody tr:nth-child({count})")
    page.fill("#f-text", "boosted.joblib")
    assert kinds(page) == ["output"]
    page.fill("#f-text", "")
    by_kind = page.get_by_role("button", name="Kind", exact=True)
    by_kind.click()
    assert kinds(page) == sorted(everything)
    assert page.locator("#table th").first.get_attribute("aria-sort") == "ascending"
    by_kind.click()
    assert kinds(page) == sorted(everything, reverse=True)


def test_a_call_opens_by_keyboard_and_closes_to_where_one_was(opened: Open) -> None:
    page = opened(dryruns.credit()).draw()
    first = page.locator(".canvas[data-side='1'] .node[tabindex='0']")
    first.focus()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("ingest, call on the new side")
    page.keyboard.press("ArrowDown")
    at = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert at == "validate, call on the new side: succeeded, 1 difference"
    outline = "getComputedStyle(document.activeElement.querySelector('.body')).strokeWidth"
    assert page.evaluate(outline) == "3px", "the focus is seen"
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="validate")
    assert panel.is_visible()
    assert page.evaluate("document.activeElement.id") == "panel-title"
    assert [text.strip() for text in panel.locator(".hit").all_inner_texts()] == HITS
    assert "dags/credit_scoring.py:49" in panel.inner_text()
    assert "applications = ingest" in panel.inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("#panel").is_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == at
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert "current_production" in page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_the_panel_shows_both_sides_their_error_and_leads_on_to_the_next_difference(opened: Open) -> None:
    page = opened(dryruns.credit()).page
    page.get_by_role("button", name="register", exact=True).first.click()
    panel = page.locator("#panel")
    text = panel.inner_text()
    assert "ValueError: no space" in text
    assert '"version": "2026-03-02-forest"' in text
    assert "release" not in page.inner_text("#panel-title")
    page.get_by_role("button", name="Next call that differs").click()
    assert page.inner_text("#panel-title") == "deploy"
    page.get_by_role("button", name="Previous call that differs").click()
    assert page.inner_text("#panel-title") == "register"
    panel.get_by_role("button", name="select", exact=True).click()
    assert page.inner_text("#panel-title") == "select"


def test_a_loop_is_one_box_with_counts_and_opens_to_its_instances(opened: Open) -> None:
    page = opened(dryruns.large(calls=20, instances=1000)).draw()
    box = page.locator(".canvas[data-side='1'] .node", has_text="score")
    assert box.get_attribute("aria-label") == "score, call on the new side: 997 succeeded, 3 failed, 3 differences"
    box.click()
    rows = page.locator("#panel [role=listitem]")
    assert rows.count() == 3, "those that differ come first"
    page.locator("#panel .check input").uncheck()
    assert 15 < rows.count() < 80, "of a thousand rows only those that are seen exist"
    page.locator("#panel [role=listitem] button").first.focus()
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent").startswith("[999]")
    page.keyboard.press("Enter")
    assert page.inner_text("#panel-title") == "score[999]"
    page.get_by_role("button", name="All instances").click()
    assert page.inner_text("#panel-title") == "score"


def test_colours_follow_the_system_and_the_toggle(opened: Open) -> None:
    def bright() -> bool:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3])) > 384

    page = opened(dryruns.credit(), color_scheme="dark").page
    assert not bright()
    page.emulate_media(color_scheme="light")
    assert bright()
    toggle = page.locator("#theme")
    toggle.click()
    assert not bright() and toggle.get_attribute("aria-label") == "Colours: dark"
    toggle.click()
    page.emulate_media(color_scheme="dark")
    assert bright() and toggle.get_attribute("aria-label") == "Colours: light"
    toggle.click()
    assert not bright() and toggle.get_attribute("aria-label") == "Colours: as the system"


def test_both_drawings_and_both_charts_share_one_scale(opened: Open) -> None:
    page = opened(dryruns.credit()).draw()
    boxes = page.evaluate(
        "[0, 1].map((n) => [...document.querySelectorAll(`.canvas[data-side='${n}'] .node`)]"
        ".map((node) => node.getAttribute('transform')))"
    )
    assert boxes[0] == boxes[1] and len(boxes[0]) == len(dryruns.credit().graph.boxes)
    widths = page.evaluate(
        "[...document.querySelectorAll('#gantt .row')].find((row) => row.textContent.startsWith('build_features'))"
        ".querySelectorAll('.bar-of').values().map((bar) => bar.getBoundingClientRect().width).toArray()"
    )
    assert widths[1] / widths[0] == pytest.approx(0.7, abs=0.02)
    page.locator("#only").check()
    shown = page.locator("#gantt .row").all_inner_texts()
    assert shown and all("≠" in row for row in shown)


def test_a_thousand_calls_are_ready_within_three_seconds(opened: Open) -> None:
    one = opened(dryruns.large())
    page = one.page
    page.fill("#f-text", "failed")
    assert kinds(page)[0] == "run state"
    own = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    begin = time.monotonic()
    one.draw()
    drawn = time.monotonic() - begin
    assert own < 3000 and drawn < 3, f"ready after {own:.0f} ms, drawn {drawn:.1f} s later"
    assert 20 < page.locator(".canvas[data-side='0'] .node").count() < 400, "of a large graph only what is near exists"
    page.fill("#find", "c0777")
    page.keyboard.press("Enter")
    assert "c0777, call on the old side" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    assert page.inner_text("#panel-title") == "c0777"


BROKEN = """() => {
  const broken = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement.getClientRects().length || node.parentElement.closest('svg, script, style, .hidden, select')) continue;
    for (const word of node.data.matchAll(/[^\\s/-]{2,24}/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_no_word_is_broken(opened: Open, width: int) -> None:
    page = opened(dryruns.weighty()).draw()
    page.set_viewport_size({"width": width, "height": 844})
    for fold in page.locator("details").all():
        fold.evaluate("(one) => { one.open = true; }")
    assert page.evaluate(BROKEN) == []
    page.locator("#findings button").first.click()
    assert page.evaluate(BROKEN) == []


def test_a_finding_opens_its_call_and_unfolds_what_follows(opened: Open) -> None:
    page = opened(dryruns.weighty()).page
    second = page.locator("#findings > ol > li").nth(1)
    assert not second.locator(".follows").is_visible()
    second.locator("summary").first.click()
    assert second.locator(".follows li").count() == len(dryruns.weighty().findings[1].consequences) > 5
    second.get_by_role("button", name="register").first.click()
    assert page.inner_text("#panel-title") == "register"
    page.keyboard.press("Escape")
    page.locator("#findings").get_by_text("its code on both sides").click()
    assert page.locator("#findings .gone").inner_text().startswith("-    return")


def test_a_hundred_thousand_calls_open(opened: Open) -> None:
    page = opened(dryruns.large(2, 50_000, judged=False)).draw()
    page.locator(".canvas[data-side='1'] .node", has_text="score").click()
    assert page.locator("#panel [role=listitem]").count() == 3
    page.locator("#panel .check input").uncheck()
    assert page.locator("#panel [role=listitem]").count() < 80


def test_hostile_text_stays_text_wherever_it_is_opened(opened: Open) -> None:
    page = opened(dryruns.hostile()).draw()
    for button in ("#table .link", "#gantt .row button"):
        for number in range(page.locator(button).count()):
            page.locator(button).nth(number).click()
            assert "</script><!--<script>alert(1)" in page.inner_text("#panel")
            page.keyboard.press("Escape")
    assert page.locator("img").count() == 0
    assert page.locator("body script:not([type])").count() == 1


def test_without_scripts_the_findings_are_all_there(opened: Open) -> None:
    page = opened(dryruns.credit(), java_script_enabled=False).page
    text = page.inner_text("main")
    assert "Diverged" in text and "need JavaScript" in text
    assert page.locator("#table tbody tr").count() == len(dryruns.credit().differences)
    assert "effects outside the pipeline" in text
    assert not page.locator(".filters").is_visible() and not page.locator(".zoom").is_visible()


def test_on_paper_everything_is_light_and_unfolded(opened: Open) -> None:
    page = opened(dryruns.credit(), color_scheme="dark").draw()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".bar").is_visible() and not page.locator(".filters").is_visible()
    assert len(page.pdf()) > 20_000


@pytest.mark.parametrize("width", [360, 390, 768])
def test_a_narrow_window_needs_no_sideways_scrolling(opened: Open, width: int) -> None:
    page = opened(dryruns.weighty()).draw()
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
