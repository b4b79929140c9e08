"""What pages share: the comparison, its controls, the one cache, the door for charts."""
