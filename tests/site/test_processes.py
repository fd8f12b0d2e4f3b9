"""Two server processes on one PostgreSQL are one site, with Redis and without."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from time import monotonic

import pytest

from tests.provider import Provider
from tests.servers import PostgreSQL, Site, postgresql, redis
from tests.servers.fixtures import asking
from tests.servers.model import LastingProvider

from .visitor import Visitor, Window

pytestmark = pytest.mark.xdist_group("two processes")

QUESTION = "Where is my order, please?"
ANSWER = "It left our warehouse on Monday and should reach you tomorrow."
BEGINNING = "It left our warehouse"

Sites = tuple[Site, Site]


@pytest.fixture(scope="module")
def model() -> Iterator[LastingProvider]:
    with LastingProvider() as model:
        yield model


@pytest.fixture
def provider(model: LastingProvider) -> Iterator[Provider]:
    with model.for_one_test() as provider:
        yield provider


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    """It has a database with the demo shop in it, to be copied."""
    with postgresql() as cluster:
        site = Site(tmp_path_factory.mktemp("stocked"), cluster.create("stocked"))
        site.manage("migrate", "--verbosity", "0")
        site.manage("demo_shop")
        yield cluster


@pytest.fixture(scope="module", params=["redis", "postgresql"])
def sites(
    request: pytest.FixtureRequest,
    cluster: PostgreSQL,
    model: LastingProvider,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Sites]:
    """Two processes of one site."""
    folder = tmp_path_factory.mktemp("sites")
    with redis() if request.param == "redis" else nullcontext("") as redis_url:
        database = cluster.create(request.param, template="stocked")
        one, other = (Site(folder, database, REDIS_URL=redis_url, **asking(model)) for _ in range(2))
        with one, other:
            yield one, other
        one.check_log()
        other.check_log()


@asynccontextmanager
async def open_in_both(
    sites: Sites, visitor: Visitor, path: str, *, may_resync: bool = False
) -> AsyncIterator[tuple[Window, Window]]:
    """A window on the conversation at each process. Both show what is stored, and are sent what comes from now on."""
    one, other = sites
    async with (
        visitor.window(one, path, may_resync=may_resync) as here,
        visitor.window(other, path, may_resync=may_resync) as there,
    ):
        for window in (here, there):
            await window.ping()
        yield here, there


async def test_an_answer_is_seen_streaming_on_another_process_and_is_the_same_there_at_the_end(
    sites: Sites, provider: Provider, visitor: Visitor
) -> None:
    provider.say("Hello.")
    answer = provider.say(ANSWER, hold_after=4)
    path = await visitor.begin(sites[0])
    async with open_in_both(sites, visitor, path) as (here, there):
        await here.say("Hi")  # with which the conversation begins, on the other process's page too
        for window in (here, there):
            await window.until_ended("done")
        await here.say(QUESTION)
        for window in (here, there):
            await window.until(lambda window: window.answer == BEGINNING)
        assert there.deltas

        answer.release()
        for window in (here, there):
            await window.until_ended("done")
            assert window.said("customer") == ["Hi", QUESTION]
            assert window.said("assistant") == ["Hello.", ANSWER]


async def test_an_answer_is_stopped_from_a_process_that_does_not_run_it(
    sites: Sites, provider: Provider, visitor: Visitor
) -> None:
    """B11: within a second or so, with the provider's stream closed."""
    provider.say(ANSWER, hold_after=4)
    path = await visitor.begin(sites[0])
    async with open_in_both(sites, visitor, path) as (here, there):
        await here.say(QUESTION)
        await there.until(lambda window: window.answer == BEGINNING)

        began = monotonic()
        await there.send(action="stop")

        for window in (here, there):
            await window.until_ended("stopped")
            assert window.answer == BEGINNING
        await provider.until(lambda provider: not provider.open_streams)
        assert monotonic() - began < 2.5


async def test_one_message_that_arrives_at_both_processes_at_once_is_stored_and_answered_once(
    sites: Sites, provider: Provider, visitor: Visitor
) -> None:
    provider.say(ANSWER)
    path = await visitor.begin(sites[0])
    # The second copy shows the turn once more as it was when that copy was read, maybe over text that has come since.
    async with open_in_both(sites, visitor, path, may_resync=True) as (here, there):
        # As a page does that has lost one connection and found another.
        await asyncio.gather(*(window.say(QUESTION, client_id="the-same") for window in (here, there)))

        for window in (here, there):
            await window.until_ended("done")
            assert window.said("customer") == [QUESTION]
            assert window.said("assistant") == [ANSWER]
    assert sites[0].rows("SELECT count(*) FROM conversations_message WHERE client_id = 'the-same'") == [(1,)]
    assert len(provider.requests) == 1


async def test_who_signs_out_at_one_process_is_signed_out_at_the_other(
    sites: Sites, visitor: Visitor
) -> None:
    one, _ = sites
    await visitor.sign_in(one, "alice")
    path = await visitor.begin(one)
    async with open_in_both(sites, visitor, path) as (here, there):
        await visitor.post(one, "/accounts/logout/")

        for window in (here, there):
            assert await window.close_code() == 4401


def waits(count: int) -> Callable[[Window], bool]:
    """Whether the header of a page in admin says that so many customers wait."""
    return lambda page: (
        "waiting-count" in page.parts and page.parts["waiting-count"]["data-count"] == str(count)
    )


def is_owned_by(owner: str) -> Callable[[Window], bool]:
    return lambda window: "owner" in window.parts and window.parts["owner"]["data-owner"] == owner


async def test_staff_at_one_process_answer_a_customer_at_the_other(sites: Sites, provider: Provider) -> None:
    """They see at once who waits, take over in mid-sentence, one of the two alone, and talk."""
    one, other = sites
    customer, agent, sam = Visitor(), Visitor(), Visitor()
    await agent.sign_in(other, "agent")
    await sam.sign_in(other, "sam")
    path = await customer.begin(one)
    async with (
        customer.window(one, path) as chat,
        agent.window(other, "/desk/?board=1") as agents_list,
        sam.window(other, "/desk/?board=1") as sams_list,
    ):
        for count, action in ((1, "person"), (0, "cancel_person")):
            await chat.send(action=action, client_id=action)
            for page in (agents_list, sams_list):
                await page.until(waits(count))
                assert len(page.parts["board"].all("li", data_owner="waiting")) == count

        answer = provider.say(ANSWER, hold_after=4)
        await chat.say(QUESTION)
        await chat.until(lambda chat: chat.answer == BEGINNING)
        number = one.find_conversation(path)
        async with (
            agent.window(other, f"/desk/c/{number}/", may_resync=True) as agents,
            sam.window(other, f"/desk/c/{number}/", may_resync=True) as sams,
        ):
            for desk in (agents, sams):
                await desk.until(lambda desk: desk.answer == BEGINNING)

            await agents.send(action="take_over", client_id="first")
            for window in (chat, agents, sams):
                await window.until(is_owned_by("human"))
            await sams.send(action="take_over", client_id="second")
            await sams.until(lambda desk: desk.notices[-1:] == ["Alex already has this conversation."])
            await provider.until(lambda provider: not provider.open_streams)
            answer.release()

            await agents.send(action="reply", text="A person here.", client_id="reply")
            await chat.until(lambda chat: chat.said("staff") == ["A person here."])
            await chat.say("Thank you!")
            for desk in (agents, sams):
                await desk.until(lambda desk: desk.said("customer")[-1] == "Thank you!")
                assert desk.said("staff") == ["A person here."]
            assert chat.said("assistant") == [BEGINNING]
            assert len(provider.requests) == 1
