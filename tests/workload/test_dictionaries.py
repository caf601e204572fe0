"""The words of a dataset: many languages, bounded, all different, the same for the same seed."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from simlab.dataset.dictionaries import NO_DICTIONARIES, Dictionaries
from simlab.dataset.manifest import FILE, read_manifest
from simlab.dataset.read import read
from simlab.dataset.schema import ERROR_TYPES
from simlab.workload.dictionaries import LONGEST_TEXT, SKUS, SUPPLIERS, dictionaries
from simlab.workload.generate import generate
from simlab.workload.loading import load_profile
from simlab.workload.source import source_of_dataset

from .cases import case


def words(told: Dictionaries) -> Iterator[str]:
    yield from (*told.skus, *told.suppliers)
    for texts in told.error_texts.values():
        yield from texts


def test_the_same_seed_gives_the_same_words_and_another_seed_others() -> None:
    assert dictionaries(case(), seed=5) == dictionaries(case(), seed=5)
    one, other = set(words(dictionaries(case(), seed=5))), set(words(dictionaries(case(), seed=6)))
    assert len(one & other) < 0.1 * len(one)


@pytest.mark.parametrize("seed", range(5))
def test_each_error_type_has_several_texts_and_no_two_words_are_the_same(seed: int) -> None:
    told = dictionaries(case(), seed=seed)
    assert tuple(told.error_texts) == ERROR_TYPES
    assert all(len(texts) >= 4 for texts in told.error_texts.values())
    assert (len(told.skus), len(told.suppliers)) == (SKUS, SUPPLIERS)
    assert len(set(words(told))) == len(list(words(told)))


@pytest.mark.parametrize("seed", range(5))
def test_words_are_bounded_visible_and_on_one_line(seed: int) -> None:
    for word in words(dictionaries(case(), seed=seed)):
        assert 0 < len(word) <= LONGEST_TEXT
        assert not {unicodedata.category(letter)[0] for letter in word} & {"C"}
        assert "{" not in word.replace('{"error"', "")


def test_the_texts_hold_real_punctuation_and_letters_of_many_kinds() -> None:
    letters = set("".join(words(dictionaries(case(), seed=7))))
    assert letters >= set("\"'\\<>&{}[]():;,/@°«»„“äöüßéłżの")
    assert any(unicodedata.name(letter).startswith("CJK UNIFIED") for letter in letters)


def test_independent_rows_refer_to_nothing() -> None:
    assert dictionaries(load_profile("strategy"), seed=7) == NO_DICTIONARIES


def test_a_dataset_keeps_its_words_in_its_manifest_and_brings_them_to_a_run(tmp_path: Path) -> None:
    out = tmp_path / "a"
    generate(case(), seed=5, out=out)
    told = dictionaries(case(), seed=5)
    assert read_manifest(out).dictionaries == told
    assert source_of_dataset(read(out), out).dictionaries == told


def test_a_manifest_from_before_there_were_any_is_read_and_has_none(tmp_path: Path) -> None:
    out = tmp_path / "a"
    generate(case(), seed=5, out=out)
    old = msgspec.json.decode((out / FILE).read_bytes())
    names = old["warehouse_names"]
    del old["dictionaries"]
    (out / FILE).write_bytes(msgspec.json.encode(old))
    assert read_manifest(out).dictionaries == NO_DICTIONARIES
    assert source_of_dataset(read(out), out).warehouse_names == names
