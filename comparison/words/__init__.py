"""What a comparison says of itself: documents, histories and errors in, sentences out."""
