"""Readers of ratings over time and of logs of videos: raters, delays, frames, and the traps of each layout."""

import numpy as np
import pytest

from catgan.data.sources import read, timeline
from catgan.data.sources.records import Record, Rejected
from catgan.data.sources.timeline import Series, aggregate, sample
from catgan.errors import AnnotationError, CatganError
from tests.harness.filming import film, greys


def rows(format_name, root, **options):
    return list(read(format_name, "src", root, options))


def write(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


def write_video(path, frames, times=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    film(path, greys(frames, 32, 32), times=times, container="mp4")


# === Timeline ===


def test_sampling_between_and_beyond():
    rating = Series(np.array([1.0, 2.0, 5.0]), np.array([0.0, 0.5, -0.4]))
    values = sample(rating, np.array([0.9, 1.0, 1.5, 2.0, 3.0, 5.0, 5.1]))
    np.testing.assert_allclose(values, [np.nan, 0.0, 0.25, 0.5, np.nan, -0.4, np.nan])  # 2 to 5 s is a gap


def test_the_delay_of_raters_is_taken_back():
    rating = Series(np.arange(0, 10, 0.5), np.arange(0, 10, 0.5) / 10)
    np.testing.assert_allclose(sample(rating, np.array([0.0, 3.0, 8.0]), delay=2.0), [0.2, 0.5, np.nan])


def test_aggregation_by_hand():
    ratings = np.array([[0.1, 0.3, np.nan], [0.3, np.nan, np.nan]])
    np.testing.assert_allclose(aggregate(ratings), [0.2, 0.3, np.nan])
    np.testing.assert_allclose(aggregate(ratings, least=2), [0.2, np.nan, np.nan])
    # Means of the raters .2 and .3, together .25: centred to (-.1, .1) and (0) around .25.
    np.testing.assert_allclose(aggregate(ratings, centre=True), [0.2, 0.35, np.nan])


def test_time_must_rise(tmp_path):
    with pytest.raises(AnnotationError, match="a.csv:3: time must rise"):
        timeline.series([(0.0, 0.1), (1.0, 0.1), (1.0, 0.2)], tmp_path / "a.csv")


# === RECOLA, SEWA, SEMAINE ===

RECOLA = "time;FM1 ;FM2 ;FF1 \n0.00;0.2;0.0;\n0.04;0,4;0.0;0.2\n0.08;-0.2;0.0;0.2\n"


def test_recola_is_the_mean_of_raters_with_blanks_in_their_names(tmp_path):
    write(tmp_path / "emotional_behaviour" / "valence" / "P16.csv", RECOLA)
    write(tmp_path / "emotional_behaviour" / "arousal" / "P16.csv", "time;FM1 \n0.00;1\n0.04;-1\n")
    first, second, third = rows("recola", tmp_path)
    assert (first.valence, second.valence, third.valence) == (0.1, 0.2, 0.0)
    assert (first.arousal, second.arousal, third.arousal) == (1.0, -1.0, None)
    assert (first.subject, first.frame, first.key) == ("P16", 1, "images/P16/00001.jpg")


def test_recola_with_a_video_and_a_delay(tmp_path):
    write(tmp_path / "emotional_behaviour" / "valence" / "P16.csv", RECOLA)
    write_video(tmp_path / "videos" / "P16.mp4", 3)
    found = rows("recola", tmp_path, delay=0.04)
    assert [row.valence for row in found if isinstance(row, Record)] == [0.2, 0.0]
    assert [row.position for row in found if isinstance(row, Record)] == [0, 1]
    assert found[0].path.name == "P16.mp4" and found[0].key == "videos/P16.mp4#0"
    assert found[2].reason == "no label"  # 0.08 s + 0.04 s lies behind the last rating


@pytest.mark.parametrize("options, message", [
    ({"delay": "two"}, "Option 'delay' must be a number"), ({"delay": -1}, "0..60"), ({"fps": 0}, "0.1..1000")])
def test_options_out_of_range(tmp_path, options, message):
    write(tmp_path / "emotional_behaviour" / "valence" / "P16.csv", RECOLA)
    with pytest.raises(CatganError, match=message):
        rows("recola", tmp_path, **options)


def test_sewa(tmp_path):
    gold = "name,timestamp,value\nSEW0001,0.00,{0}\nSEW0001,0.02,{1}\nSEW0002,0.00,{0}\n"
    write(tmp_path / "SEW_labels_valence_100Hz_gold_shifted.csv", gold.format(0.5, 0.7))
    write(tmp_path / "SEW_labels_arousal_100Hz_gold_shifted.csv", gold.format(-0.5, -0.7), "utf-16")
    first, second, other = rows("sewa", tmp_path)
    assert (first.valence, first.arousal, second.valence, second.arousal) == (0.5, -0.5, 0.7, -0.7)
    assert (first.subject, other.subject, other.frame) == ("SEW0001", "SEW0002", 1)


def test_sewa_joystick_and_hostile_names(tmp_path):
    write(tmp_path / "a_valence.csv", "name;timestamp;value\nSEW1;0,00;-500\n")
    write(tmp_path / "a_arousal.csv", "name;timestamp;value\nSEW1;0,00;250\n")
    record, = rows("sewa", tmp_path, scale=1000)
    assert (record.valence, record.arousal) == (-0.5, 0.25)
    with pytest.raises(AnnotationError, match="a_valence.csv:2: value must lie in -1..1"):
        rows("sewa", tmp_path)
    write(tmp_path / "a_valence.csv", "name;timestamp;value\n../../etc;0,00;0\n")
    with pytest.raises(AnnotationError, match="inside its root"):
        rows("sewa", tmp_path, scale=1000)


def test_semaine_needs_two_raters(tmp_path):
    write(tmp_path / "12" / "R1_valence.txt", "0.00 -0.041\n0.02 -0.041\n")
    write(tmp_path / "12" / "R2_valence.txt", "0.00 0.041\n")
    write(tmp_path / "12" / "R1_arousal.txt", "0.00 0.5\n")
    first, second = rows("semaine", tmp_path)
    assert (first.valence, first.arousal) == (0.0, None)  # arousal: one rater
    assert isinstance(second, Rejected)  # one rater is left at 0.02 s
    assert rows("semaine", tmp_path, valence="R*_valence.txt")[0].valence == 0.0
    with pytest.raises(CatganError, match="pattern of file names"):
        rows("semaine", tmp_path, valence="../*")


ELAN = """<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="20"/>
<TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="60"/></TIME_ORDER><TIER TIER_ID="AU12"><ANNOTATION>
<ALIGNABLE_ANNOTATION TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"/></ANNOTATION></TIER><TIER TIER_ID="AU2"/>
<TIER TIER_ID="notes"/></ANNOTATION_DOCUMENT>"""


def test_semaine_action_units(tmp_path):
    write(tmp_path / "12" / "session.eaf", ELAN)
    found = rows("semaine", tmp_path)
    assert [row.presence if isinstance(row, Record) else None for row in found] == [None, {12: 1}, {12: 1}, None]
    coded = rows("semaine", tmp_path, coded=True)
    assert [row.presence for row in coded] == [{12: 0, 2: 0}, {12: 1, 2: 0}, {12: 1, 2: 0}, {12: 0, 2: 0}]
    write(tmp_path / "12" / "session.eaf", ELAN.replace('_REF1="a"', '_REF1="z"'))
    with pytest.raises(CatganError, match="not an ELAN file"):
        rows("semaine", tmp_path)


# === Aff-Wild ===


def test_aff_wild_counts_that_differ(tmp_path):
    write(tmp_path / "annotations" / "train" / "valence" / "105.txt", "0.112\n0.115\n0.121\n")
    write(tmp_path / "annotations" / "train" / "arousal" / "105.txt", "-0.5\n-0.4\n")
    first, second, extra = rows("aff_wild", tmp_path)
    assert (first.valence, first.arousal, first.frame, first.official_split) == (0.112, -0.5, 1, "training")
    assert second.arousal == -0.4 and extra.reason == "counts differ"
    write(tmp_path / "annotations" / "train" / "arousal" / "105.txt", "-0.5\n\n-0.4\n")
    with pytest.raises(AnnotationError, match="105.txt:2: a blank line"):
        rows("aff_wild", tmp_path)


def test_aff_wild_video(tmp_path):
    for dimension in ("valence", "arousal"):
        write(tmp_path / "annotations" / "train" / dimension / "105.txt", "0\n0\n")
    write_video(tmp_path / "videos" / "train" / "105.mp4", 2)
    assert [row.position for row in rows("aff_wild", tmp_path)] == [0, 1]


def test_a_rating_is_that_of_the_time_at_which_a_frame_is_shown(tmp_path):
    """The frames of this video are not evenly spaced; a phone wrote it, whatever its ending."""
    times = [0.0, 0.04, 0.5, 1.0]
    write(tmp_path / "emotional_behaviour" / "valence" / "P16.csv",
          "time;FM1\n" + "".join(f"{step / 100:.2f};{step / 200}\n" for step in range(101)))
    write_video(tmp_path / "videos" / "P16.3gp", 4, times)
    found = rows("recola", tmp_path)
    assert [row.valence for row in found] == pytest.approx([time / 2 for time in times])
    assert [row.position for row in found] == [0, 1, 2, 3]
    assert [row.valence for row in rows("recola", tmp_path, fps=25)] == pytest.approx([0, 0.02, 0.04, 0.06])


# === FaceReader, AFFDEX ===

FACEREADER = ("Video analysis detailed log\nFace Model:\tGeneral\n\n"
              "Video Time\tNeutral\tHappy\tValence\tArousal\tAction Unit 01 - Inner Brow Raiser\t"
              "Action Unit 12 - Lip Corner Puller\tAction Unit 12 - Lip Corner Puller - Left\n"
              "00:00:00.000\t0,81\t0,10\t0,07\t0,25\tNotActive\tB\tC\n"
              "00:00:00.040\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIT_FAILED\n"
              "00:00:00.080\t0,1\t0,9\t0,8\t0,5\t0,05\t0,7\t\n")


@pytest.mark.parametrize("encoding, end", [("utf-8-sig", "\r\n"), ("utf-16", "\n"), ("utf-16-le", "\r")])
def test_facereader(tmp_path, encoding, end):
    write(tmp_path / "P1.txt", FACEREADER.replace("\n", end), encoding)
    first, failed, third = rows("facereader", tmp_path, fps=25)
    assert first.intensity == {1: 0.0, 12: 2.0} and (first.valence, first.arousal) == (0.07, -0.5)
    assert first.expression == "neutral" and first.frame == 1 and failed.reason == "no face"
    assert third.presence == {1: 0, 12: 1} and third.expression == "happiness" and third.frame == 3


def test_logs_of_times_take_the_frames_that_are_shown_then(tmp_path):
    """Of a video whose frames are not evenly spaced, the nearest; a time beyond its end is no frame of it."""
    times = [0.0, 0.04, 0.5, 0.54, 1.0]
    write_video(tmp_path / "face" / "videos" / "P1.mp4", 5, times)
    write(tmp_path / "face" / "P1.txt", FACEREADER.replace(":00.040", ":00.530").replace(":00.080", ":00.980"))
    first, failed, third = rows("facereader", tmp_path / "face")
    assert (first.frame, third.frame, third.position) == (1, 5, 4) and failed.path == "videos/P1.mp4#3"
    write_video(tmp_path / "affdex" / "videos" / "P1.MOV", 5, times)
    header = "Timestamp\tBrow Furrow\n"
    moments = (0, 21, 260, 290, 999, 1400)
    write(tmp_path / "affdex" / "P1.txt", header + "".join(f"{moment}\t60\n" for moment in moments))
    assert [row.position for row in rows("affdex", tmp_path / "affdex")] == [0, 1, 1, 2, 4, 6]
    assert [row.position for row in rows("affdex", tmp_path / "affdex", fps=10)] == [0, 0, 3, 3, 10, 14]


def test_facereader_damage(tmp_path):
    write(tmp_path / "P1.txt", FACEREADER.replace("00:00:00.080", "later"))
    with pytest.raises(AnnotationError, match="P1.txt:7: Video Time"):
        rows("facereader", tmp_path)
    write(tmp_path / "P1.txt", FACEREADER.replace("0,25", "1,25"))
    with pytest.raises(AnnotationError, match="Arousal must lie in 0..1"):
        rows("facereader", tmp_path)


def test_affdex(tmp_path):
    write(tmp_path / "P1.txt", "#METADATA\n\nTimestamp\tEventSource\tBrow Furrow\tSmile\tSmirk\tEngagement\tValence\n"
          "0\tAFFDEX\t12.5\t98,1\t99\t50\t-30\n40\tET\t\t\t\t\t\n80\tAFFDEX\t50\t49\t0\t1\t100\n")
    first, blank, third = rows("affdex", tmp_path, fps=25)
    assert first.presence == {4: 0, 12: 1} and first.valence == -0.3 and first.arousal is None and first.frame == 0
    assert blank.reason == "no label" and third.presence == {4: 1, 12: 0} and third.frame == 2


def test_affdex_by_frame_number_with_names_in_one_word(tmp_path):
    write(tmp_path / "P1.csv", "FrameNo,browFurrow,innerBrowRaise\n-1,3,4\n7,3,60\n")
    unnumbered, record = rows("affdex", tmp_path)
    assert unnumbered.reason == "no frame number" and record.frame == 7 and record.presence == {1: 1, 4: 0}
