"""The numbers of the team: plots are drawn under the site's policy, fit a phone, and their tables need no script."""

import pytest
from playwright.async_api import Page, expect

from tests.servers import Site

from .chat import Somebody
from .desk import Desk, waiting_customer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Whether many dots of a plot have the colour in which its first line is named.
IS_DRAWN = """plot => {
    const canvas = plot.querySelector("canvas");
    const label = plot.querySelector(".u-legend tr:nth-child(2) .u-label");
    const [red, green, blue] = getComputedStyle(label).color.match(/\\d+/g).map(Number);
    const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let at = 0; at < dots.length; at += 4)
        count += dots[at] === red && dots[at + 1] === green && dots[at + 2] === blue && dots[at + 3] === 255;
    return count > 100;
}"""


async def open_numbers(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/admin/login/?next=/admin/numbers/%3Fperiod%3D7")
    await page.get_by_label("Username").fill("admin")
    await page.get_by_label("Password").fill("admin")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Numbers")).to_be_visible()


async def test_plots_are_drawn_and_fit_and_tables_need_no_script(somebody: Somebody, site: Site) -> None:
    async with waiting_customer(site):
        page = Desk(await somebody.away(site)).page
        await open_numbers(page, site)
        plot = page.locator(".plot").first
        await expect(plot.locator("canvas")).to_be_visible()
        await page.wait_for_function(IS_DRAWN, arg=await plot.element_handle())
        label = plot.locator(".u-label").nth(1)
        colours = set()
        for theme in ("light", "dark"):
            await page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            await page.wait_for_function(IS_DRAWN, arg=await plot.element_handle())
            colours.add(await label.evaluate("label => getComputedStyle(label).color"))
        assert len(colours) == 2
        for width in (320, 390, 1280):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.wait_for_function(
                "plot => plot.querySelector('canvas').getBoundingClientRect().right <= innerWidth",
                arg=await plot.element_handle(),
            )
            await page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")

        plain = (await somebody.away(site, java_script_enabled=False)).page
        await open_numbers(plain, site)
        await expect(plain.locator(".plot").first).to_be_hidden()
        number = plain.locator(".figure").filter(has_text="Handed to a person").locator(".value a")
        count = int(await number.inner_text())
        await number.click()
        await expect(plain.locator("#count")).to_have_text(str(count))
        await expect(plain.locator(".rows-table tbody tr")).to_have_count(count)
