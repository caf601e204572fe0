"""The receivers that the options of `simlab watch` name."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simlab.cli.options import length_s
from simlab.errors import ConfigError

if TYPE_CHECKING:
    from simlab.watch.command import Program
    from simlab.watch.receiver import Receiver, Tell


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for, by the options' names; None is not asked for."""

    on_firing: str | None
    on_resolved: str | None
    rollback: str | None
    rollback_cooldown: str
    rollback_max_age: str | None
    dry_run: bool
    webhook: str | None
    webhook_secret_file: Path | None
    alertmanager: str | None
    label: list[str]
    resend: str
    timeout: str
    command_timeout: str


def receivers(asked: Asked, *, tell: "Tell") -> "list[Receiver]":
    """The receivers; none where none is asked for.

    Raises:
        ConfigError: an option cannot be used, or goes with another that is not there.
    """
    _check_pairs(asked)
    made = [_commands(asked, tell), _rollback(asked, tell), _webhook(asked)]
    return [each for each in (*made, _alertmanager(asked, tell)) if each is not None]


def positive_s(text: str, option: str) -> float:
    """A length of time that may not be none [s].

    Raises:
        ConfigError: it is none, or no length of time.
    """
    found_s = length_s(text, option)
    if not found_s:
        raise ConfigError(f"{option} {text}: expected more than 0")
    return found_s


def _check_pairs(asked: Asked) -> None:
    for option, is_there, other, needed in (
        ("--dry-run", asked.dry_run, "--rollback", asked.rollback),
        ("--rollback-max-age", asked.rollback_max_age, "--rollback", asked.rollback),
        ("--webhook-secret-file", asked.webhook_secret_file, "--webhook", asked.webhook),
        ("--label", asked.label, "--alertmanager", asked.alertmanager),
    ):
        if is_there and needed is None:
            raise ConfigError(f"{option} goes with {other}; add it")


def _program(option: str, text: str | None, asked: Asked, tell: "Tell") -> "Program | None":
    from simlab.watch.command import Program

    if text is None:
        return None
    timeout_s = positive_s(asked.command_timeout, "--command-timeout")
    return Program(option, text, timeout_s=timeout_s, tell=tell)


def _commands(asked: Asked, tell: "Tell") -> "Receiver | None":
    from simlab.watch.command import Commands

    firing = _program("--on-firing", asked.on_firing, asked, tell)
    resolved = _program("--on-resolved", asked.on_resolved, asked, tell)
    return Commands(firing=firing, resolved=resolved) if firing or resolved else None


def _rollback(asked: Asked, tell: "Tell") -> "Receiver | None":
    from simlab.watch.rollback import Rollback

    program = _program("--rollback", asked.rollback, asked, tell)
    if program is None:
        return None
    return Rollback(
        program,
        cooldown_s=length_s(asked.rollback_cooldown, "--rollback-cooldown") or 0.0,
        oldest_s=length_s(asked.rollback_max_age, "--rollback-max-age"),
        is_dry=asked.dry_run,
        tell=tell,
    )


def _webhook(asked: Asked) -> "Receiver | None":
    from simlab.watch.post import Post
    from simlab.watch.webhook import Webhook, secret_in

    if asked.webhook is None:
        return None
    file = asked.webhook_secret_file
    secret = None if file is None else secret_in(file)
    timeout_s = positive_s(asked.timeout, "--timeout")
    return Webhook(Post("--webhook", asked.webhook, timeout_s=timeout_s), secret=secret)


def _alertmanager(asked: Asked, tell: "Tell") -> "Receiver | None":
    from simlab.watch.alertmanager import PATH, Alertmanager, labels_of
    from simlab.watch.post import Post

    if asked.alertmanager is None:
        return None
    timeout_s = positive_s(asked.timeout, "--timeout")
    post = Post("--alertmanager", asked.alertmanager, path=PATH, timeout_s=timeout_s)
    resend_s = positive_s(asked.resend, "--resend")
    return Alertmanager(post, labels=labels_of(asked.label), resend_s=resend_s, tell=tell)
