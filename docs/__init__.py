"""What is written for readers: the README's pictures, and the reference, made from the code."""
