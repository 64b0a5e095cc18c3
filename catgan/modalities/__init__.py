"""What can be seen of a person besides the face, and what place and time would lead one to expect."""
