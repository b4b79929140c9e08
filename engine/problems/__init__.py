"""What is minimised: a description goes in, losses and gradients of many lanes come out."""
