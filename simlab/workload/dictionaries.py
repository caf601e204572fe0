"""Stock items, suppliers and error texts for a dataset: made-up words of several languages."""

from collections.abc import Callable, Iterator, Mapping
from itertools import cycle, islice
from typing import Final

from faker import Faker

from simlab.dataset.dictionaries import NO_DICTIONARIES, Dictionaries
from simlab.dataset.schema import ERROR_TYPES
from simlab.rng import stream
from simlab.workload.profile import Profile

SKUS: Final = 200
SUPPLIERS: Final = 40
LONGEST_TEXT: Final = 200
"""Characters in any of the words."""
_PROVIDERS: Final = [f"faker.providers.{kind}" for kind in ("address", "company", "person")]
"""To load all that there are takes five times as long."""
_SHORT: Final = 60
"""Characters of a name within a text."""

_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en_GB": {
        "timeout": '"{company}" did not answer within {seconds} s; gave up',
        "locked": "row {number} of 'stock' is locked by {name}'s session (pid {number})",
        "validation": "quantity of {sku} is -{seconds}: expected >= 0 & <= 10,000",
        "auth": "token of {name}@{city} expired {seconds} min ago [401]",
        "upstream": 'HTTP 502 from {company}: {{"error": "bad gateway", "retry": true}}',
        "disk_full": "C:\\spool\\{city}\\{number}.tmp: no space left on device",
        "crash": "IndexError: list index out of range (inventory.py:{number}, in apply_batch)",
    },
    "de_DE": {
        "timeout": "»{company}« antwortet nicht: Zeitüberschreitung nach {seconds} s",
        "locked": "Artikel {sku} wird gerade von {name} geändert, bitte später nochmals",
        "validation": "Menge für {sku} ungültig: „{seconds},5“ ist keine ganze Zahl",
        "auth": "Zugriff verweigert: {name} fehlt die Berechtigung »Lager {city}«",
        "upstream": "Schnittstelle von {company} gestört (Fehler {number})",
        "disk_full": "Datenträger voll: /var/lager/{city}/größen.db",
        "crash": "Prüfsumme stimmt nicht überein; Vorgang {number} wurde zurückgerollt",
    },
    "fr_FR": {
        "timeout": "délai dépassé : {company} ne répond pas après {seconds} s",
        "locked": "l'article {sku} est verrouillé par « {name} »",
        "validation": "quantité erronée pour {sku} : « {seconds} kg » au lieu d'un entier",
        "auth": "accès refusé à {name} (dépôt de {city})",
        "upstream": "le service de {company} a renvoyé l'erreur n° {number}",
        "disk_full": "espace insuffisant sur /données/{city}/réserve",
        "crash": "arrêt inattendu : état incohérent à l'étape n° {seconds}",
    },
    "pl_PL": {
        "timeout": "przekroczono czas oczekiwania ({seconds} s) na odpowiedź: {company}",
        "locked": "pozycja {sku} zablokowana przez użytkownika „{name}”",
        "validation": "nieprawidłowa ilość dla {sku}: '{seconds};{number}'",
        "auth": "brak uprawnień: {name}, magazyn {city}",
        "upstream": "usługa {company} zwróciła błąd {number}",
        "disk_full": "brak miejsca na dysku: /magazyn/{city}/łącznie.log",
        "crash": "nieoczekiwany błąd w kroku {seconds}: żądanie {number} porzucone",
    },
    "ja_JP": {
        "timeout": "{company}からの応答がありません。{seconds}秒で打ち切りました。",
        "locked": "商品「{sku}」は{name}さんが編集中です。",
        "validation": '数量が不正です: {sku} = "{seconds}個"',
        "auth": "認証に失敗しました。{city}倉庫・{name}",
        "upstream": "{company}のサービスでエラー{number}が発生しました。",
        "disk_full": "ディスク容量が不足しています: /倉庫/{city}",
        "crash": "予期しないエラー<{number}>のため処理を中断しました。",
    },
}  # fmt: skip
"""What systems say of each error type, by the locale of the names that are filled in."""


def dictionaries(profile: Profile, *, seed: int) -> Dictionaries:
    """The words of a dataset, the same for the same seed; independent rows refer to none."""
    if profile.shape == "rows":
        return NO_DICTIONARIES
    fakers = {locale: _faker(locale, seed) for locale in _TEXTS}
    return Dictionaries(
        skus=_different(fakers["en_GB"], _sku, SKUS),
        suppliers=_suppliers(list(fakers.values())),
        error_texts={name: tuple(_texts(fakers, name)) for name in ERROR_TYPES},
    )


def _faker(locale: str, seed: int) -> Faker:
    """One that draws from a stream of its own."""
    faker = Faker(locale, providers=_PROVIDERS)
    faker.seed_instance(int(stream(seed, f"dictionary.{locale}").integers(2**32)))
    return faker


def _sku(faker: Faker) -> str:
    """A stock keeping unit such as `QX-48213-M`."""
    return faker.bothify("??-#####-?", letters="ABCDEFGHJKLMNPQRSTUVWXYZ")


def _company(faker: Faker) -> str:
    return faker.company()[:_SHORT]


def _different(faker: Faker, draw: Callable[[Faker], str], count: int) -> tuple[str, ...]:
    """So many words, no two of them the same."""
    words: dict[str, None] = {}
    while len(words) < count:
        words[draw(faker)] = None
    return tuple(words)


def _suppliers(fakers: list[Faker]) -> tuple[str, ...]:
    """Companies of all locales in turn."""
    each = SUPPLIERS // len(fakers)
    names = [iter(_different(faker, _company, each)) for faker in fakers]
    return tuple(islice((next(turn) for turn in cycle(names)), each * len(fakers)))


def _texts(fakers: Mapping[str, Faker], error_type: str) -> Iterator[str]:
    """One text of each language."""
    for locale, faker in fakers.items():
        text = _TEXTS[locale][error_type].format(
            company=_company(faker),
            name=faker.last_name()[:_SHORT],
            city=faker.city()[:_SHORT],
            sku=_sku(faker),
            seconds=faker.random_int(2, 90),
            number=faker.random_int(1000, 99999),
        )
        yield text[:LONGEST_TEXT]
