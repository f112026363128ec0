"""The part of the IONOS API that a `get` uses. The tests have a more complete fake."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Api(BaseHTTPRequestHandler):
    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        registry = {"name": "demo", "hostname": "demo.cr.de-fra.ionos.com"}
        item = {"id": "789f8e3c-d5c8-4359-8f85-c200fb89e97c", "properties": registry}
        self.answer(200, {"items": [item]})

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        properties = order["properties"]
        properties["credentials"] = {"username": properties["name"], "password": "password"}
        self.answer(201, {"properties": properties})

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Api).serve_forever()
