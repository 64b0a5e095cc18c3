"""Speed of data and training, quality of edits and explanations against rendered truth."""
