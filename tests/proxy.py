"""A reverse proxy, as small as can be: it puts a service below a path, which it takes off or leaves on."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

_OF_CONNECTIONS = {"connection", "keep-alive", "transfer-encoding"}


@contextmanager
def below(path: str, url: str, *, strip: bool = True) -> Iterator[str]:
    """The address of a service below a path; whether the proxy strips the path from requests."""
    there = httpx.URL(url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            if not self.path.startswith(f"{path}/"):
                self.send_error(404, "not the service")
                return
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = HTTPConnection(there.host, there.port, timeout=60)
            target = self.path.removeprefix(path) if strip else self.path
            connection.request(self.command, target, content, dict(self.headers))
            reply = connection.getresponse()
            self.send_response_only(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in _OF_CONNECTIONS:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.read())
            connection.close()

        do_GET = do_HEAD = do_POST = do_OPTIONS = pass_on  # noqa: N815 - the names that the standard library asks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
