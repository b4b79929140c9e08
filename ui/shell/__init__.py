"""What all pages stand on: the comparison of a session, its controls, trainings and charts."""
