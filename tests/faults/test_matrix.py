"""Each fault that is promised to be borne at some place has a test that says so."""

import json
import subprocess
import sys

import pytest

from . import matrix


@pytest.fixture(scope="module")
def found() -> matrix.Found:
    """By place and fault, the tests that pytest collects, whatever this run was asked for."""
    done = subprocess.run(
        [sys.executable, matrix.__file__, "--json"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: matrix.Found = json.loads(done.stdout)
    return told


def test_every_cell_that_should_be_filled_is_and_no_test_is_of_a_cell_unknown(
    found: matrix.Found,
) -> None:
    promised, tested = matrix.cells(matrix.PROMISED), matrix.cells(found)
    assert sorted(promised - tested) == [], "cells without a test"
    assert sorted(tested - promised) == [], "tests of cells that the matrix does not know"


def test_every_fault_is_borne_somewhere_and_the_table_has_a_column_for_each() -> None:
    assert {fault for faults in matrix.PROMISED.values() for fault in faults} == set(matrix.FAULTS)


def test_the_table_in_the_docs_is_the_matrix() -> None:
    """`python tests/faults/matrix.py --write` makes it so."""
    assert matrix.documented() == matrix.as_markdown()
