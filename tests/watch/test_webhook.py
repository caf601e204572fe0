"""What is posted to a webhook, how it is signed, and what answers mean."""

import socket
import threading
from pathlib import Path

import pytest

from simlab.errors import ConfigError
from simlab.watch.post import Post
from simlab.watch.receiver import LaterError, RefusedError
from simlab.watch.webhook import Webhook, secret_in, signature

from .cases import alert, following, line, lines, once, put, serving, until

LATER = [301, 308, 401, 403, 404, 405, 408, 425, 429, 500, 502, 503, 599]
REFUSED = [400, 402, 406, 409, 410, 413, 415, 422, 451]


def test_the_signature_is_that_of_rfc_4231() -> None:
    """Its test case 2."""
    assert signature(b"what do ya want for nothing?", b"Jefe") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_the_line_is_posted_as_it_stands_with_its_key_and_signature(tmp_path: Path) -> None:
    put(tmp_path / "inventory.log", line(alert(1)))
    with serving() as server:
        post = Post("--webhook", f"{server.url}/hook?token=x", timeout_s=5.0)
        once(tmp_path / "inventory.log", Webhook(post, secret=b"s"))
    ((path, headers, body),) = server.got
    assert (path, body) == ("/hook?token=x", line(alert(1))[:-1])
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == "a0:resolved"
    assert headers["X-Simlab-Signature"] == f"sha256={signature(body, b's')}"


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_any_answer_of_2xx_is_a_yes(code: int) -> None:
    with serving(lambda _: (code, {})) as server:
        Post("--webhook", server.url, timeout_s=5.0).send(b"{}")


@pytest.mark.parametrize("code", [*LATER, *REFUSED])
def test_a_no_is_of_the_event_or_for_now(code: int) -> None:
    error = LaterError if code in LATER else RefusedError
    with serving(lambda _: (code, {"Location": "/elsewhere"})) as server:
        with pytest.raises(error, match=f"HTTP {code}"):
            Post("--webhook", server.url, timeout_s=5.0).send(b"{}")
        assert len(server.got) == 1


def test_a_server_that_asks_for_time_gets_it() -> None:
    with serving(lambda _: (503, {"Retry-After": "7"})) as server, pytest.raises(LaterError) as no:
        Post("--webhook", server.url, timeout_s=5.0).send(b"{}")
    assert no.value.after_s == 7.0


def test_a_port_where_no_one_listens_and_a_silent_server_are_for_now() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(LaterError, match="timed out"):
            Post("--webhook", url, timeout_s=0.2).send(b"{}")
    with pytest.raises(LaterError, match="refused"):
        Post("--webhook", url, timeout_s=0.2).send(b"{}")


def test_a_server_that_speaks_no_http_is_for_now() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(b"SSH-2.0-OpenSSH\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(LaterError):
            Post("--webhook", url, timeout_s=2.0).send(b"{}")
        thread.join()


@pytest.mark.fault("watch", "unreachable")
def test_a_server_that_comes_back_gets_all_in_order(tmp_path: Path) -> None:
    log = tmp_path / "inventory.log"
    put(log, lines(range(4)))
    with serving(lambda count: (503 if count <= 6 else 200, {})) as server:
        post = Post("--webhook", server.url, timeout_s=5.0)
        with following(log, Webhook(post)):
            until(lambda: len(server.got) >= 10)
    states = [(each["alert_id"], each["state"]) for each in server.bodies[6:]]
    assert states == [("a0", "firing"), ("a0", "resolved"), ("a1", "firing"), ("a1", "resolved")]


def test_what_is_secret_in_an_address_is_sent_and_not_told() -> None:
    with serving(lambda _: (400, {})) as server:
        url = server.url.replace("http://", "http://me:p%40ss@") + "/secret?token=secret"
        with pytest.raises(RefusedError) as refused:
            Post("--webhook", url, timeout_s=5.0).send(b"{}")
    assert "secret" not in str(refused.value)
    assert "p@ss" not in str(refused.value)
    assert server.got[0][1]["Authorization"] == "Basic bWU6cEBzcw=="  # me:p@ss


@pytest.mark.parametrize(
    "url",
    ["", "localhost:80", "ftp://h/", "http://", "http://h:port/", "http://h/\r\nX: y", "http://ä"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="expected an address like"):
        Post("--webhook", url, timeout_s=1.0)


def test_a_secret_is_what_the_file_holds_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b" s3cret \r\n")
    assert secret_in(file) == b" s3cret "
    file.write_bytes(b"\n")
    with pytest.raises(ConfigError, match="empty"):
        secret_in(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        secret_in(tmp_path / "none")
