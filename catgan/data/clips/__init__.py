"""Reads clips from data sets with frames of videos: tracks of one face, and windows of them on a common time grid."""
