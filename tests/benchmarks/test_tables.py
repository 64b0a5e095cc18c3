import pytest

from catgan.benchmarks.tables import edit_lines, explain_lines, format_figure


@pytest.mark.parametrize("result, text", [
    ({"n": 3}, "3"), ({"n": None}, "-"), ({}, "-"), ({"n": 0.5}, "0.500"), ({"n": 0.0}, "0.000"),
    ({"n": 0.001234}, "0.00123"), ({"n": 0.5, "n_interval": [0.4, 0.6]}, "0.500 (0.400 .. 0.600)")])
def test_format_figure_rounds_and_shows_the_interval(result, text):
    assert format_figure(result, "n") == text


def test_edit_lines_of_photographs_names_judge_and_units():
    result = {"dataset": "d", "split": "test", "n": 2, "judge": "mediapipe", "slope": 0.9,
              "action_units": {"AU12": {"pcc": 0.8}, "AU26": {"pcc": None}}}
    lines = edit_lines(result)
    assert lines[0].startswith("d, test split, 2 faces") and lines[-1] == "judged by mediapipe"
    assert "slope of measured change" in lines[1] and lines[1].endswith(" 0.900") and lines[2] == "AU12 0.80"


def test_explain_lines_has_a_column_per_method_and_a_line_per_kind():
    kind = {"validity": 1.0, "au_jaccard": None}
    methods = {name: {"n": 4, "validity": share, "kinds": {"au": kind}}
               for name, share in {"search": 1.0, "pixels": 0.25}.items()}
    lines = explain_lines({"dataset": "d", "split": "test", "methods": methods, "peak_memory_mb": 1234.5,
                           "planted": {"one": {"named": 0.5, "n": 2}}})
    assert lines[1].split() == ["search", "pixels"] and lines[3].split()[-2:] == ["1.000", "0.250"]
    assert lines[4].startswith("au: validity, Jaccard") and lines[4].count("1.000, -") == 2
    assert lines[5].startswith("planted cause named: AU12") and lines[5].endswith("0.500 of 2")
    assert lines[6] == "at most 1,234 MB"
