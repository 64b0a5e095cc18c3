"""What can be seen of a person besides the face, how it is read, and what place and time would lead one to expect."""
