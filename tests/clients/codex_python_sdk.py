"""A public client of the Codex app-server, `codex-python-sdk-unofficial`, against `creel serve`.

Nobody of this project wrote it, and its pydantic models check every answer and notification: what it
takes has the shapes of the protocol. The variable CREEL names the built program.
"""

import asyncio
import os
import shlex
import tempfile
from pathlib import Path

from codex_agent_sdk.client import AppServerClient
from codex_agent_sdk.errors import CodexError
from codex_agent_sdk.options import AppServerConfig
from codex_agent_sdk.protocol.registries import TypedServerNotification, parse_server_notification

CREEL = os.environ["CREEL"]


def item(role, text):
    kind = "input_text" if role == "user" else "output_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def client(folder):
    """Has the client start `creel serve` where it would start `codex app-server`."""
    program = Path(folder, "codex")
    store = shlex.quote(str(Path(folder, "store")))
    program.write_text(f'#!/bin/sh\nshift\nexec {shlex.quote(CREEL)} serve --store {store} "$@"\n')
    program.chmod(0o700)
    return AppServerClient(AppServerConfig(codex_bin=str(program)))


async def refused(call, message):
    try:
        await call
    except CodexError as error:
        assert message in str(error), error
    else:
        raise AssertionError(f"nothing refused with {message!r}")


async def threads_of(codex, **filters):
    """Reads every page, two threads each."""
    threads, cursor = [], None
    while True:
        page = await codex.thread_list(limit=2, cursor=cursor, **filters)
        threads += page.data
        cursor = page.next_cursor
        if cursor is None:
            return threads


async def first_session(folder):
    async with client(folder) as codex:
        hello = await codex.initialize()
        assert hello.user_agent.startswith("creel/"), hello
        told = codex.subscribe_notifications()

        ids = []
        for number in range(3):
            started = await codex.thread_start(cwd="/work", model="m", model_provider="p")
            assert (started.cwd, started.model, started.model_provider) == ("/work", "m", "p")
            thread = started.thread
            assert thread.cwd == "/work" and not thread.ephemeral and thread.turns == [], thread
            items = [item("user", f"question {number}"), item("assistant", "answer")]
            params = {"threadId": thread.id, "items": items}
            assert await codex.request("thread/inject_items", params) == {}
            ids.append(thread.id)
        one, two, three = ids

        await codex.thread_set_name(thread_id=one, name="Fix the build")
        read = (await codex.thread_read(thread_id=one)).thread
        assert (read.id, read.name, read.cwd) == (one, "Fix the build", "/work"), read
        assert (await codex.thread_read(thread_id=one, include_turns=True)).thread.id == one
        assert [thread.id for thread in await threads_of(codex)] == [three, two, one]
        found = await threads_of(codex, search_term="Fix the")
        assert [thread.id for thread in found] == [one]

        forked = (await codex.thread_fork(thread_id=one)).thread
        assert forked.id not in ids, forked
        assert len(await threads_of(codex)) == 4

        await codex.thread_archive(thread_id=two)
        assert two not in [thread.id for thread in await threads_of(codex)]
        assert [thread.id for thread in await threads_of(codex, archived=True)] == [two]
        await refused(codex.thread_resume(thread_id=two), "is archived")
        assert (await codex.thread_unarchive(thread_id=two)).thread.id == two
        await refused(codex.thread_unarchive(thread_id=two), "no archived rollout found")

        missing = "00000000-0000-4000-8000-000000000000"
        await refused(codex.thread_read(thread_id=missing), f"thread not loaded: {missing}")
        await refused(codex.thread_read(thread_id="nope"), "invalid thread id: ")
        await refused(codex.thread_set_name(thread_id=one, name=" "), "must not be empty")
        await refused(codex.request("thread/nope"), "unknown variant `thread/nope`")
        await check_notifications(aiter(told), one, two, forked.id)
        return ids, forked.id


async def check_notifications(told, named, archived, forked):
    """Every notification fits its model, and those of the calls above were told."""
    wanted = {
        ("thread/name/updated", named),
        ("thread/started", forked),
        ("thread/archived", archived),
        ("thread/unarchived", archived),
    }
    async with asyncio.timeout(10):
        while wanted:
            notification = parse_server_notification(await anext(told))
            assert isinstance(notification, TypedServerNotification), notification
            params = notification.params
            thread = params.thread.id if hasattr(params, "thread") else params.thread_id
            wanted.discard((notification.method, thread))


async def second_session(folder, ids, forked):
    """What the first one did is there in another process."""
    async with client(folder) as codex:
        await codex.initialize()
        threads = {thread.id: thread for thread in await threads_of(codex)}
        assert threads.keys() == {*ids, forked}
        assert threads[ids[0]].name == "Fix the build"
        resumed = await codex.thread_resume(thread_id=ids[0], model="other")
        assert resumed.thread.id == ids[0] and resumed.thread.name == "Fix the build"
        assert (await codex.thread_resume(thread_id=forked)).thread.id == forked


async def main():
    with tempfile.TemporaryDirectory() as folder:
        ids, forked = await first_session(folder)
        await second_session(folder, ids, forked)
    print("the Codex SDK for Python works with creel serve")


asyncio.run(main())
