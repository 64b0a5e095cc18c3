"""Which of the persons found in a picture an annotated box means."""

from catgan.data.people.matching import Found, largest, matched

TALL = Found((10.0, 30.0, 80.0, 100.0), (40.0, 10.0, 20.0, 20.0))
CHILD = Found((40.0, 110.0, 30.0, 60.0), (48.0, 100.0, 12.0, 12.0))
BODY = Found((200.0, 50.0, 50.0, 100.0), None)
FACE = Found(None, (320.0, 20.0, 20.0, 20.0))


def test_bodies():
    people = [CHILD, TALL, BODY, FACE]
    boxes = [(0.0, 0.0, 100.0, 200.0), (35.0, 90.0, 40.0, 110.0), (190.0, 20.0, 70.0, 180.0),
             (290.0, 0.0, 80.0, 200.0), (500.0, 0.0, 50.0, 50.0)]
    assert matched(people, boxes, ["body"] * 5) == [1, 0, 2, 3, None]


def test_a_child_before_somebody_is_not_that_body():
    assert matched([CHILD], [(20.0, 40.0, 70.0, 100.0)], ["body"]) == [None]
    lying = (20.0, 80.0, 100.0, 90.0)  # wider than high: the face may lie anywhere
    assert matched([CHILD], [lying], ["body"]) == [0]


def test_faces_and_nobody_is_meant_twice():
    people = [TALL, BODY]
    assert matched(people, [(38.0, 8.0, 24.0, 24.0)], ["face"]) == [0]
    # The head of a body whose face was not found lies at its top.
    assert matched(people, [(215.0, 40.0, 20.0, 20.0)], ["face"]) == [1]
    assert matched(people, [(215.0, 130.0, 20.0, 20.0)], ["face"]) == [None]
    near, exact = (36.0, 12.0, 20.0, 20.0), TALL.face
    assert matched(people, [near, exact], ["face", "face"]) == [None, 0]
    assert matched([], [near], ["face"]) == [None]


def test_the_largest_face_is_meant_without_a_box():
    assert largest([BODY, CHILD, TALL]) == 2 and largest([BODY, FACE]) == 1 and largest([BODY]) == 0
    assert largest([]) is None
    assert TALL.all == (10.0, 10.0, 80.0, 120.0) and Found(None, None).all is None
