"""What is minimised: a specification in, losses and gradients of many lanes out."""
