"""A pager to be killed: `python pager.py PORT FILE` notes each body posted to it, then says yes."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Pager(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # the base's name
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size)
        if len(body) < size:  # whoever sends it was killed at it
            return
        os.write(NOTES, body + b"\n")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    NOTES = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Pager).serve_forever()
