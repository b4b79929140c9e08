"""What all runs share, and the runs: the controls of a comparison, on every page that has one."""
