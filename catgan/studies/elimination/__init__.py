"""How few landmarks are enough: eliminate, rank again, retrain, on people who are never seen (`catgan eliminate`)."""
