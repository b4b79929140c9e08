"""The Compare page: the charts of a comparison, in tabs."""
