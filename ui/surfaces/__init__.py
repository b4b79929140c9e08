"""The Surfaces page: what is drawn, the clock, the controls and the tabs."""
