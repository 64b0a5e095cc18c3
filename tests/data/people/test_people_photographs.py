"""The build of people from real photographs and a video, with MediaPipe."""

import numpy as np
import pytest

from catgan.data.people.build import build_people
from catgan.data.store import load_dataset

# Bodies in multi_face.jpg, read off by eye, and the middles of their faces.
BODIES = {(45, 10, 315, 640): (260, 124), (185, 205, 275, 462): (362, 302), (380, 170, 190, 270): (477, 265),
          (460, 285, 290, 382): (582, 378), (620, 245, 360, 422): (737, 363)}


@pytest.fixture
def recipe(tmp_path, media, landmarker_bundle, pose_bundle, segmenter_file, monkeypatch):
    monkeypatch.setenv("CATGAN_MODELS", str(landmarker_bundle.parent))
    rows = [f"multi_face.jpg,{','.join(map(str, box))},happy" for box in BODIES]
    rows += ["single_face.jpg,,,,,happy", "free-mountain-vector-01.jpg,,,,,neutral"]
    (tmp_path / "photos.csv").write_text("file,x,y,w,h,emotion\n" + "\n".join(rows) + "\n")
    (tmp_path / "clips.csv").write_text("file,frame,x,y,w,h,emotion\nsingle_face.mp4,20,190,80,220,240,happy\n"
                                        "single_face.mp4,20,0,0,60,60,happy\n")
    (tmp_path / "media").symlink_to(media)
    path = tmp_path / "r.yaml"
    path.write_text("""name: real
people: true
sources:
  - {name: photos, format: table, root: ., kind: human, follow_links: true, options: {file: photos.csv, image: file,
     images: media, expression: emotion, box: [x, y, w, h], box_of: body}}
  - {name: clips, format: table, root: ., kind: human, follow_links: true, options: {file: clips.csv, clip: file,
     images: media, expression: emotion, frame: frame, box: [x, y, w, h], box_of: face}}
""")
    return path


@pytest.mark.slow
def test_every_body_has_its_own_face_and_processes_change_nothing(recipe, tmp_path):
    result = build_people(recipe, tmp_path.parent / f"{tmp_path.name}-one", workers=1)
    assert result["used_rows"] == 7 and result["rejected"] == {"nobody at the box": 1, "nobody in the picture": 1}
    rows = load_dataset(result["folder"]).table().to_pylist()
    group = {tuple(map(int, row["body_box"])): row for row in rows if row["sources"] == ["photos/media/multi_face.jpg"]}
    for box, middle in BODIES.items():
        left, top, width, height = group[box]["face_box"]
        assert np.hypot(left + width / 2 - middle[0], top + height / 2 - middle[1]) < 15
    clip, = (row for row in rows if row["rate"])
    assert clip["face_known"] and len(clip["joints"]) >= 36 * 48 and clip["joints_depth"]
    again = build_people(recipe, tmp_path.parent / f"{tmp_path.name}-two", workers=2)
    assert again["hash"] == result["hash"]
