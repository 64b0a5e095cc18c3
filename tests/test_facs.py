import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan import facs
from catgan.errors import CatganError


def test_names_and_sides():
    assert facs.action_unit(12).name == "Lip corner puller"
    assert facs.action_unit(12).muscle == "zygomaticus major"
    assert facs.action_unit(4).two_sided and not facs.action_unit(26).two_sided
    assert set(range(4, 29)) - {3} <= set(facs.ACTION_UNITS) and 3 not in facs.ACTION_UNITS


def test_unknown_number():
    with pytest.raises(CatganError, match="no Action Unit 3"):
        facs.action_unit(3)


@given(st.sampled_from(sorted(facs.ACTION_UNITS)))
def test_parse_inverts_name(number):
    assert facs.parse_action_unit(facs.au_name(number)) == number
    assert facs.parse_action_unit(f"au{number}") == facs.parse_action_unit(str(number)) == number


@pytest.mark.parametrize("text", ["", "AU", "AU12x", "-1", "AU1.5", "3", "AU99999"])
def test_parse_refuses(text):
    with pytest.raises(CatganError):
        facs.parse_action_unit(text)


def test_column_names_sort_by_number():
    assert facs.au_name(4) == "AU04" < facs.au_name(12) == "AU12"


def test_presence_columns_are_named_by_number_or_column():
    assert facs.presence_column(4) == facs.presence_column("AU04") == "AU04_present"
    assert facs.without_presence("AU04_present") == facs.without_presence("AU04") == "AU04"
    assert facs.is_presence("AU04_present") and not facs.is_presence("AU04") and not facs.is_presence("valence")


def test_mirroring_is_an_involution():
    assert all(facs.MIRRORED[partner] == number for number, partner in facs.MIRRORED.items())


def test_expressions():
    assert facs.parse_expression(" Happy ") == "happiness"
    with pytest.raises(CatganError, match="Did you mean 'surprise'"):
        facs.parse_expression("surprize")


def test_prototype_tables_are_cited_and_use_real_codes():
    assert facs.PROTOTYPES["emfacs"].sets["happiness"] == (6, 12)
    assert facs.PROTOTYPES["du_2014"].sets["happiness"] == (12, 25)
    for table in facs.PROTOTYPES.values():
        assert table.citation
        for units in (*table.sets.values(), *table.optional.values()):
            assert set(units) <= set(facs.ACTION_UNITS)


def test_anchor_signs():
    assert facs.VA_ANCHORS["happy"][0] > 0 > facs.VA_ANCHORS["sad"][0]
    assert all(-1 <= value <= 1 for anchor in facs.VA_ANCHORS.values() for value in anchor)


def test_blendshapes_average_sides_and_know_what_they_cannot_show():
    scores = {name: 0.0 for names in facs.BLENDSHAPES.values() for name in names}
    scores |= {"mouthSmileLeft": 0.2, "mouthSmileRight": 0.6, "cheekSquintLeft": 0.9}
    units = facs.action_units_from_blendshapes(scores)
    assert units[12] == pytest.approx(0.4) and units[6] is None and units[4] == 0.0
