"""What `simlab gen` tells before it makes anything: the profiles there are, and a plan."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from simlab.cli.console import caution, say, show, show_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simlab.workload.plan import Plan
    from simlab.workload.profile import Profile


def list_profiles(*, as_json: bool) -> None:
    """Describe the profiles that come with simlab."""
    from simlab.report.planned import profiles_view
    from simlab.workload.catalogue import profiles

    listed = profiles()
    if as_json:
        show_json({"profiles": {each.name: asdict(each) for each in listed}})
        return
    show(profiles_view(listed))


def show_plan(
    load: "Profile",
    *,
    seed: int,
    incidents: bool,
    without: "Sequence[str]",
    image: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Tell what a load will be, and draw it where `image` says."""
    from simlab.report.planned import plan_view
    from simlab.workload.plan import plan

    if image is not None:
        _refuse(image, force=force)
    planned = plan(load, seed=seed, incidents=incidents, without=without)
    if image is not None:
        _draw(planned, image, force=force)
    if as_json:
        show_json(_as_json(planned, image))
        return
    show(plan_view(planned))
    caution(planned.cautions)
    if image is not None:
        say(f"{image}: the plan as a picture")


def _refuse(image: Path, *, force: bool) -> None:
    from simlab.dataset.target import refuse_existing
    from simlab.report.image import refuse_ending

    refuse_ending(image)
    refuse_existing(image, force=force)


def _draw(planned: "Plan", image: Path, *, force: bool) -> None:
    from simlab.report.image import write_image
    from simlab.report.plan_plot import plan_figure

    write_image(plan_figure(planned), image, force=force)


def _as_json(planned: "Plan", image: Path | None) -> dict[str, object]:
    from simlab.clock import iso

    told = asdict(planned) | {"profile": planned.profile.name, "cautions": planned.cautions}
    start_us = planned.profile.start_us
    told["troubles"] = [
        {
            "id": trouble.id,
            "kind": trouble.kind,
            "start": iso(start_us + round(trouble.start_s * 1e6)),
            "end": iso(start_us + round(trouble.end_s * 1e6)),
            "severity": trouble.severity,
            "warehouses": trouble.warehouses,
            "lookalike": trouble.lookalike,
        }
        for trouble in planned.troubles
    ]
    return told | {"start": iso(start_us), "image": None if image is None else str(image)}
