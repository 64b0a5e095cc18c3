"""A face in a photograph: reading, landmarks, alignment. Importing this loads no MediaPipe."""
