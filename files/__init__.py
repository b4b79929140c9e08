"""What enters or leaves as text: errors in words, and the document of a comparison."""
