"""Networks on sequences of facial landmarks: one binary for each expression, trained or partly random."""
