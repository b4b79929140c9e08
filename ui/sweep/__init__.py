"""The Sweep page: many trainings at once, and what they show."""
