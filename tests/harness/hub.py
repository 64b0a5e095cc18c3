"""A stand-in of the Hugging Face Hub on this machine: the part of its HTTP interface that `huggingface_hub` uses."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", ".png", ".h5")
TOKEN = "hf_the_token_of_the_test"


@dataclass
class Hub:
    """What the server has, what it was asked, and how it fails.

    Args:
        repositories: files by commit by repository; the newest commit is the last one.
        private: repositories that need the token.
        branches: commits by branch by repository.
        cut: by name of a file, after how many bytes connections that send it break, one number each.
        spoiled: by name of a file, how often it is sent with a changed byte.
        status: answer everything with this error.
        requests: method, path, range and token of each request.
    """

    repositories: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    branches: dict[str, dict[str, str]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    cut: dict[str, list[int]] = field(default_factory=dict)
    spoiled: dict[str, int] = field(default_factory=dict)
    status: int | None = None
    requests: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    url: str = ""

    def commit(self, repository: str, files: dict[str, bytes], branch: str = "main") -> str:
        """Adds files to those of the newest commit of a branch, and returns the new commit."""
        commits = self.repositories.setdefault(repository, {})
        branches = self.branches.setdefault(repository, {})
        content = {**commits.get(branches.get(branch, ""), {}), **files}
        made = hashlib.sha1(repr(sorted((name, blob_hash(data)) for name, data in content.items())).encode()
                            + repository.encode()).hexdigest()
        commits[made] = content
        branches[branch] = made
        return made

    def asked(self, part: str) -> list[tuple[str, str, str | None, str | None]]:
        """The requests whose path has a part."""
        return [request for request in self.requests if part in request[1]]


def blob_hash(content: bytes) -> str:
    """The SHA-1 by which git names a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def etag(name: str, content: bytes) -> str:
    return hashlib.sha256(content).hexdigest() if name.endswith(LARGE) else blob_hash(content)


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers one connection of the stand-in."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self._handle()

    do_GET = do_POST = do_PUT = do_HEAD

    def _handle(self):
        hub, path = self.hub, unquote(urlsplit(self.path).path)
        body = self._body()
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        hub.requests.append((self.command, path, self.headers.get("Range"), token))
        if hub.status is not None:
            return self._send(hub.status, {"error": "no"})
        for pattern, method in (
                (r"/api/repos/create", self._create), (r"/api/validate-yaml", self._validate),
                (r"/api/models/(?P<repository>[^/]+/[^/]+)/branch/(?P<revision>.+)", self._branch),
                (r"/api/models/(?P<repository>[^/]+/[^/]+)/preupload/(?P<revision>.+)", self._preupload),
                (r"/api/models/(?P<repository>[^/]+/[^/]+)/commit/(?P<revision>.+)", self._commit),
                (r"/(?P<repository>[^/]+/[^/]+)\.git/info/lfs/objects/batch", self._batch),
                (r"/objects/(?P<oid>\w+)", self._object),
                (r"/api/models/(?P<repository>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)", self._tree),
                (r"/api/models/(?P<repository>[^/]+/[^/]+)(/revision/(?P<revision>.+))?", self._info),
                (r"/(?P<repository>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)", self._resolve)):
            match = re.fullmatch(pattern, path)
            if match:
                groups = match.groupdict()
                if self._refused(groups.get("repository"), token, self.command in ("POST", "PUT")):
                    return None
                return method(body, **groups)
        return self._send(404, {"error": "no such page"})

    def _body(self):
        """Reads what was sent, as a whole or in chunks."""
        if "chunked" not in (self.headers.get("Transfer-Encoding") or ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    # === Access ===

    def _refused(self, repository, token, writes):
        """Refuses writing without the token, and repositories that are private or not there, as the hub does."""
        if writes and token != TOKEN and not self.path.startswith("/objects/"):
            self._send(401, {"error": "Invalid username or password."})
            return True
        hidden = repository in self.hub.private and token != TOKEN
        if repository is not None and (hidden or repository not in self.hub.repositories):
            self._send(404 if token else 401, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            return True
        return False

    def _files(self, repository, revision):
        revision = self.hub.branches[repository].get(revision or "main", revision)
        return revision, self.hub.repositories[repository].get(revision)

    # === Reading ===

    def _info(self, body, repository, revision=None):
        commit, files = self._files(repository, revision)
        if files is None:
            return self._send(404, {"error": "Invalid rev"}, {"X-Error-Code": "RevisionNotFound"})
        return self._send(200, {"id": repository, "sha": commit, "private": repository in self.hub.private,
                                "siblings": [{"rfilename": name} for name in files]})

    def _tree(self, body, repository, revision):
        files = self._files(repository, revision)[1] or {}
        entries = []
        for name, content in files.items():
            entry = {"type": "file", "path": name, "size": len(content), "oid": blob_hash(content)}
            if name.endswith(LARGE):
                entry["lfs"] = {"oid": etag(name, content), "size": len(content), "pointerSize": 134}
            entries.append(entry)
        return self._send(200, entries)

    def _resolve(self, body, repository, revision, name):
        commit, files = self._files(repository, revision)
        if files is None or name not in files:
            return self._send(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        content, headers = files[name], {"X-Repo-Commit": commit, "ETag": f'"{etag(name, files[name])}"',
                                         "Accept-Ranges": "bytes"}
        if self.command == "GET" and self.hub.spoiled.get(name, 0):
            self.hub.spoiled[name] -= 1
            content = content[:-1] + bytes([content[-1] ^ 1])
        status, first = 200, 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if wanted:
            status, first = 206, int(wanted[1])
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        cuts = self.hub.cut.get(name) if self.command == "GET" else None
        return self._send(status, content[first:], headers, cuts.pop(0) if cuts else None)

    # === Writing ===

    def _create(self, body):
        asked = json.loads(body)
        repository = f"{asked['organization']}/{asked['name']}"
        if repository in self.hub.repositories:
            return self._send(409, {"error": "You already created this model repo",
                                    "url": f"{self.hub.url}/{repository}"})
        self.hub.commit(repository, {".gitattributes": b"*.safetensors filter=lfs"})
        if asked.get("visibility") == "private" or asked.get("private"):
            self.hub.private.add(repository)
        return self._send(200, {"url": f"{self.hub.url}/{repository}", "name": repository})

    def _branch(self, body, repository, revision):
        branches = self.hub.branches[repository]
        if revision in branches:
            return self._send(409, {"error": "Reference already exists"})
        branches[revision] = branches["main"]
        return self._send(201, {})

    def _validate(self, body):
        header = json.loads(body)["content"]
        problem = [] if header.startswith("---\n") else [{"message": "no header"}]
        return self._send(400 if problem else 200, {"errors": problem, "warnings": []})

    def _preupload(self, body, repository, revision):
        files = [{"path": one["path"], "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                  "shouldIgnore": False} for one in json.loads(body)["files"]]
        return self._send(200, {"files": files})

    def _batch(self, body, repository):
        objects = [{"oid": one["oid"], "size": one["size"], **({} if one["oid"] in self.hub.objects else {
            "actions": {"upload": {"href": f"{self.hub.url}/objects/{one['oid']}", "header": {}}}})}
            for one in json.loads(body)["objects"]]
        return self._send(200, {"transfer": "basic", "objects": objects})

    def _object(self, body, oid):
        if hashlib.sha256(body).hexdigest() != oid:
            return self._send(400, {"error": "another checksum"})
        self.hub.objects[oid] = body
        return self._send(200, {})

    def _commit(self, body, repository, revision):
        files = {}
        for line in filter(None, body.decode().split("\n")):
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.hub.objects[value["oid"]]
        commit = self.hub.commit(repository, files, revision)
        return self._send(200, {"commitUrl": f"{self.hub.url}/{repository}/commit/{commit}", "commitOid": commit,
                                "success": True})

    # === Sending ===

    def _send(self, status, content, headers=None, cut=None):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), "Content-Type": "application/json",
                            **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data if cut is None else data[:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, *arguments):
        pass


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Runs a stand-in on a free port of this machine."""
    hub = Hub()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Answer,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
