"""Sentences about a comparison: documents, histories and errors go in, words come out."""
