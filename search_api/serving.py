"""The server under the application: bounds on connections, and an end that loses no request."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from search_api.settings import ServiceSettings

_LINGER_SECONDS = 0.5
"""After TERM connections are still taken for so long, each answer closing its own: what clients keep open they then
close themselves, and none of their requests crosses with the end."""
_SEND_SECONDS = 60.0
"""A client that reads nothing for so long is cut off."""
_BACKLOG = 1_024


class Server(uvicorn.Server):
    """Ends in order: lingers, takes what the system has already connected, and lets running requests finish."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        cast(FastAPI, self.config.app).state.closing = True
        if not self.force_exit:
            await asyncio.sleep(_LINGER_SECONDS)
            await self._take_connected(sockets or [])
        await super().shutdown(sockets)

    async def _take_connected(self, sockets: list[socket.socket]) -> None:
        """Connections that wait in the system would be reset when the sockets close."""
        loop = asyncio.get_running_loop()
        for listener in sockets:
            loop.remove_reader(listener.fileno())
        for listener in sockets:
            with contextlib.suppress(BlockingIOError, InterruptedError):
                while True:
                    connection, _address = listener.accept()
                    connection.setblocking(False)
                    await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        make = cast(Any, self.config.http_protocol_class)
        made: asyncio.Protocol = make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        return made


def server_for(application: FastAPI, settings: ServiceSettings, *, host: str, port: int) -> Server:
    class Protocol(_Protocol):
        header_seconds = settings.header_seconds

    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_keep_alive=cast(int, settings.keep_alive_seconds),
        timeout_graceful_shutdown=cast(int, settings.stop_seconds),
        h11_max_incomplete_event_size=settings.header_bytes,
    )
    return Server(config)


class _Protocol(H11Protocol):
    """A request's head must come in time, and an answer must be taken in time."""

    header_seconds = 10.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head: asyncio.TimerHandle | None = None
        self._send: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        most = self.config.h11_max_incomplete_event_size or len(data)
        if len(data) > most and not self._answering() and b"\r\n\r\n" not in data[:most]:
            self.send_400_response("The head of the request is too long.")  # h11 only counts what is incomplete
            return
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head, self._send = _cancel(self._head), _cancel(self._send)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._send = self._send or self.loop.call_later(_SEND_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._send = _cancel(self._send)

    def _watch_head(self) -> None:
        """The time runs from the first byte that belongs to no request yet, and a trickle does not stop it."""
        if self._answering():
            self._head = _cancel(self._head)
        elif self._head is None:
            self._head = self.loop.call_later(self.header_seconds, self._late)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _late(self) -> None:
        self._head = None
        if not self._answering():
            self.transport.close()


def _cancel(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """No timer any more."""
    if timer is not None:
        timer.cancel()
    return None
