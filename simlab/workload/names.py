"""Names for warehouses, drawn once a dataset."""

from typing import Final

from faker import Faker

from simlab.workload.profile import Profile

NAMED_AT_MOST: Final = 1_000
"""Nobody reads a dictionary of more; such a load's warehouses go by their numbers."""


def warehouse_names(profile: Profile, *, seed: int) -> list[str]:
    """A made-up town for each warehouse, all different, the first for warehouse 1.

    None for independent rows, or where there are more than a thousand.
    """
    if profile.shape == "rows" or profile.warehouses > NAMED_AT_MOST:
        return []
    faker = Faker("en_GB")
    faker.seed_instance(seed)
    names: dict[str, None] = {}
    while len(names) < profile.warehouses:
        town = faker.city()
        names[town if town not in names else f"{town} {len(names) + 1}"] = None
    return list(names)
