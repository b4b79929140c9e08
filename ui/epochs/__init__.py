"""The parts of the Epochs page, one module a tab."""
